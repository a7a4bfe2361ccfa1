#include "applets/cluster/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/path.h"
#include "core/cleanup.h"
#include "core/evidence.h"
#include "core/near.h"
#include "core/span.h"
#include "core/units.h"

enum { TIME_MAX_MS = 30 * 24 * 60 * 60 * INT64_C(1000) }; /* so that sums of a few thousand stay numbers */

struct taking {
	struct config *config;
	struct resolve *resolve;
	struct fault *fault;
	const char *file; /* as messages call it */
};

/* What options_has() knows: all that is read below. */
static const char *const names[] = {
	"start", "stop", "restart", "debug", "pid-file", "log-file", "directory", "environment", "user",
	"stop-timeout", "command-timeout", "report", "report-deadline", "report-keep",
};

bool options_has(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

const char *options_near(const char *name)
{
	struct near near = NEAR(name, strlen(name));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		near_offer(&near, names[i]);
	return near.best;
}

static int refuse(const struct taking *t, const struct ini_value *value, const char *option, const char *why)
{
	const struct ini_line *line = &value->lines[0];

	return fault_say(t->fault, line->file, line->line, "%s: %s", option, why);
}

/* ---- options of one line ---- */

/* NULL and 0: the option is not there, or empty. */
static int get_text(struct taking *t, const char *option, const char **ret, const struct ini_value **ret_value)
{
	const struct ini_value *value;
	int r = resolve_get(t->resolve, t->config->section, option, &value, t->fault);

	*ret = NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (value->count > 1)
		return refuse(t, value, option, "it takes one line");
	*ret_value = value;
	if (*value->lines[0].text)
		*ret = value->lines[0].text;
	return 0;
}

static int take_path(struct taking *t, const char *option, const char *base, char **ret)
{
	const struct ini_value *value;
	const char *text;
	int r = get_text(t, option, &text, &value);

	if (r < 0 || !text)
		return r;
	free(*ret);
	*ret = path_join(base, text);
	return *ret ? 0 : -ENOMEM;
}

static int take_time(struct taking *t, const char *option, bool may_be_none, int64_t *ret_ms)
{
	const struct ini_value *value;
	const char *text;
	int r = get_text(t, option, &text, &value);

	if (r < 0 || !text)
		return r;
	if (may_be_none && !strcmp(text, "none")) {
		*ret_ms = -1;
		return 0;
	}
	r = units_time(text, ret_ms);
	if (r == 0 && may_be_none && *ret_ms == 0)
		r = -EINVAL;
	if (r == 0 && *ret_ms > TIME_MAX_MS)
		r = -ERANGE;
	if (r < 0)
		return fault_say(t->fault, value->lines[0].file, value->lines[0].line,
				 "%s: '%s' is %s time (500ms, 30s, 5m; a bare number is seconds%s)", option, text,
				 r == -ERANGE ? "too long a" : "no", may_be_none ? "; or none" : "");
	return 0;
}

static int take_user(struct taking *t)
{
	const struct ini_value *value;
	const char *text;
	int r = get_text(t, "user", &text, &value);

	if (r < 0 || !text)
		return r;
	t->config->user = strdup(text);
	return t->config->user ? 0 : -ENOMEM;
}

static int take_debug(struct taking *t)
{
	static const char *const off[] = { "0", "false", "no", "off" };
	const struct ini_value *value;
	const char *text;
	int r = get_text(t, "debug", &text, &value);

	t->config->debug = text != NULL;
	for (size_t i = 0; text && i < sizeof(off) / sizeof(off[0]); i++)
		t->config->debug &= strcmp(text, off[i]) != 0;
	return r;
}

static int take_keep(struct taking *t)
{
	const struct ini_value *value;
	uint64_t keep = EVIDENCE_KEEP;
	struct span number;
	const char *text;
	int r = get_text(t, "report-keep", &text, &value);

	if (r == 0 && text) {
		number = ini_strip(text);
		if (span_take_number(&number, INT_MAX, &keep) < 0 || span_len(&number) > 0 || keep == 0)
			r = refuse(t, value, "report-keep", "it takes a number from 1");
	}
	t->config->report_keep = (int)keep;
	return r;
}

static int take_deadline(struct taking *t)
{
	int64_t *ms = &t->config->report_deadline_ms;
	const struct ini_value *value;
	const char *text;
	int r;

	*ms = EVIDENCE_DEADLINE_MS;
	r = take_time(t, "report-deadline", false, ms);
	if (r < 0 || (*ms > 0 && *ms <= CONFIG_REPORT_DEADLINE_MAX_MS))
		return r;
	r = get_text(t, "report-deadline", &text, &value);
	return r < 0 ? r : refuse(t, value, "report-deadline", "it takes a time from 1ms to 1h");
}

static int take_report(struct taking *t)
{
	int r = take_path(t, "report", t->config->home, &t->config->report);

	if (r == 0)
		r = take_deadline(t);
	return r == 0 ? take_keep(t) : r;
}

/* ---- options of several lines ---- */

static int take_line(struct taking *t, const struct ini_line *said, const char *option, struct line *ret)
{
	char why[LINE_WHY_SIZE], place[FAULT_PLACE_SIZE];
	int r = line_parse(said->text, t->config->directory, ret, why);

	if (r == -EBADMSG)
		return fault_say(t->fault, said->file, said->line, "%s: %s", option, why);
	if (r < 0)
		return r;
	ret->place = strdup(fault_place(said, place));
	return ret->place ? 0 : -ENOMEM;
}

static int take_lines(struct taking *t, const char *option, struct config_lines *ret)
{
	const struct ini_value *value;
	int r = resolve_get(t->resolve, t->config->section, option, &value, t->fault);

	if (r < 0)
		return r;
	ret->items = calloc(value->count, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < value->count && r == 0; i++) {
		if (line_is_blank(value->lines[i].text))
			continue;
		r = take_line(t, &value->lines[i], option, &ret->items[ret->count]);
		ret->count++;
	}
	return r;
}

/* "NAME=VALUE" a line. */
static int take_environment(struct taking *t)
{
	const struct ini_value *value;
	size_t count = 0;
	int r = resolve_get(t->resolve, t->config->section, "environment", &value, t->fault);
	size_t lines = r == 0 ? value->count : 0;

	if (r < 0 && r != -ENOENT)
		return r;
	t->config->environment = calloc(lines + 1, sizeof(*t->config->environment));
	if (!t->config->environment)
		return -ENOMEM;
	for (size_t i = 0; i < lines; i++) {
		const struct ini_line *line = &value->lines[i];
		struct span text = ini_strip(line->text);
		size_t name = strcspn(text.at, "= \t");

		if (line_is_blank(line->text))
			continue;
		if (name == 0 || text.at[name] != '=')
			return fault_say(t->fault, line->file, line->line, "environment: '%s' is no NAME=VALUE",
					 text.at);
		t->config->environment[count] = strndup(text.at, span_len(&text));
		if (!t->config->environment[count++])
			return -ENOMEM;
	}
	return 0;
}

/* ---- the whole ---- */

/* A section has a pid file and a log of its own beside those of others: NAME.pid, NAME.log. */
static char *default_name(const char *section, const char *ending)
{
	char *name;

	if (asprintf(&name, "%s%s", section, ending) < 0)
		return NULL;
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	return name;
}

static int take_files(struct taking *t)
{
	struct config *c = t->config;
	CLEANUP(free_done) char *name = default_name(c->section, ".pid"), *log = default_name(c->section, ".log");
	CLEANUP(free_done) char *beside = NULL;
	const struct ini_value *value;
	const char *text;
	int r = get_text(t, "pid-file", &text, &value);

	if (r < 0 || !name || !log)
		return r < 0 ? r : -ENOMEM;
	c->pid_file = strdup(text ? text : name);
	c->pid_path = c->pid_file ? path_join(c->home, c->pid_file) : NULL;
	beside = c->pid_path ? path_parent(c->pid_path) : NULL;
	c->log_path = beside ? path_join(beside, log) : NULL;
	return c->log_path ? take_path(t, "log-file", c->home, &c->log_path) : -ENOMEM;
}

static int take_options(struct taking *t)
{
	struct config *c = t->config;
	const struct ini_value *home;
	int r = resolve_get(t->resolve, "buildout", "directory", &home, t->fault);

	c->stop_timeout_ms = CONFIG_STOP_TIMEOUT_MS;
	c->command_timeout_ms = -1;
	if (r < 0)
		return r;
	c->home = strdup(home->lines[0].text);
	c->directory = strdup(home->lines[0].text);
	if (!c->home || !c->directory)
		return -ENOMEM;
	r = take_path(t, "directory", c->home, &c->directory);
	if (r == 0)
		r = take_files(t);
	if (r == 0)
		r = take_debug(t);
	if (r == 0)
		r = take_user(t);
	if (r == 0)
		r = take_time(t, "stop-timeout", false, &c->stop_timeout_ms);
	if (r == 0)
		r = take_time(t, "command-timeout", true, &c->command_timeout_ms);
	if (r == 0)
		r = take_report(t);
	return r == 0 ? take_environment(t) : r;
}

static int take_all_lines(struct taking *t)
{
	struct config *c = t->config;
	int r = take_lines(t, "start", &c->start);

	if (r == -ENOENT)
		return fault_say(t->fault, t->file, 0, "[%s] has no option 'start'", c->section);
	if (r == 0)
		r = take_lines(t, "stop", &c->stop);
	if (r == 0 || r == -ENOENT)
		r = take_lines(t, "restart", &c->restart);
	return r == -ENOENT ? 0 : r;
}

int options_take(struct resolve *r, const char *file, struct config *config, struct fault *ret_fault)
{
	struct taking t = { .config = config, .resolve = r, .fault = ret_fault, .file = file };
	int error = take_options(&t);

	return error < 0 ? error : take_all_lines(&t);
}
