/* show.c: `config`: every value that is used, and where it stands.
 *
 *	default: buildout:bin-directory = /srv/app/bin
 *	buildout.cfg:9: cluster:start = background:/srv/app/bin/worker
 *	buildout.cfg:10: cluster:start = /srv/app/bin/zeoserver start
 *	environment: env:HOME = /srv/app */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/cluster.h"
#include "applets/cluster/options.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/units.h"

enum { ROW_MAX = 2 << 20 };

/* One line of what is printed. */
struct row { const char *section, *option, *text; struct ini_line place; size_t number; };

struct rows { struct row *items; size_t count; };

static void rows_done(struct rows *rows)
{
	free(rows->items);
}

static int add_row(struct rows *rows, const char *section, const char *option, const struct ini_line *line)
{
	struct row *grown = reallocarray(rows->items, rows->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	rows->items = grown;
	grown[rows->count] = (struct row){ section, option, line->text, *line, rows->count };
	rows->count++;
	return 0;
}

/* The value TEXT of the cluster's own OPTION, as it is used. It stands where the option does, if it does. */
static int add_own(struct rows *rows, struct cluster *c, const char *option, const char *text)
{
	const struct ini_value *said;
	struct ini_line line = { .text = text };
	struct fault ignored;

	if (resolve_get(c->resolve, c->config.section, option, &said, &ignored) == 0 && *said->lines[0].text)
		line = (struct ini_line){ text, said->lines[0].file, said->lines[0].line };
	return add_row(rows, c->config.section, option, &line);
}

/* As texts, for as long as the rows are there. */
struct numbers { char stop[32], command[32], deadline[32], keep[16]; };

static void format_numbers(const struct config *f, struct numbers *ret)
{
	units_format_time(f->stop_timeout_ms, ret->stop);
	if (f->command_timeout_ms < 0)
		strcpy(ret->command, "none");
	else
		units_format_time(f->command_timeout_ms, ret->command);
	units_format_time(f->report_deadline_ms, ret->deadline);
	snprintf(ret->keep, sizeof(ret->keep), "%d", f->report_keep);
}

static int add_options(struct rows *rows, struct cluster *c, const struct numbers *as)
{
	const struct config *f = &c->config;
	const struct { const char *option, *text; } own[] = {
		{ "command-timeout", as->command },
		{ "debug", f->debug ? "1" : "0" },
		{ "directory", f->directory },
		{ "log-file", f->log_path },
		{ "pid-file", f->pid_path },
		{ "report", f->report },
		{ "report-deadline", f->report ? as->deadline : NULL },
		{ "report-keep", f->report ? as->keep : NULL },
		{ "stop-timeout", as->stop },
		{ "user", f->user },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && r == 0; i++)
		if (own[i].text)
			r = add_own(rows, c, own[i].option, own[i].text);
	return r;
}

static bool is_list(const char *option)
{
	return !strcmp(option, "start") || !strcmp(option, "stop") || !strcmp(option, "restart") ||
	       !strcmp(option, "environment");
}

/* What has been resolved on the way, and the lists. */
static int add_resolved(struct rows *rows, const struct cluster *c)
{
	const struct resolved *value;
	int r = 0;

	for (size_t i = 0; (value = resolve_nth(c->resolve, i)) && r == 0; i++) {
		bool own = !strcmp(value->section, c->config.section) && options_has(value->option);

		if (own && !is_list(value->option))
			continue;
		for (size_t j = 0; j < value->value.count && r == 0; j++)
			if (!own || !line_is_blank(value->value.lines[j].text))
				r = add_row(rows, value->section, value->option, &value->value.lines[j]);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = strcmp(x->section, y->section);

	if (order == 0)
		order = strcmp(x->option, y->option);
	return order ? order : x->number < y->number ? -1 : 1;
}

static int print_row(const struct row *row, struct buf *text)
{
	char place[FAULT_PLACE_SIZE];
	struct span value = ini_strip(row->text);
	int r;

	buf_reset(text);
	r = buf_printf(text, "%s: %s:%s =%s%s", fault_place(&row->place, place), row->section, row->option,
		       span_len(&value) ? " " : "", value.at);
	if (r == 0) {
		CLEANUP(buf_done) struct buf shown = BUF(4 * ROW_MAX);

		r = buf_add_escaped(&shown, text->data, text->len, false);
		if (r == 0)
			puts(shown.data);
	}
	return r;
}

/* A variable of the section that nothing uses, but whose name is nearly that of an option. */
static void warn_of_near(struct cluster *c, const struct rows *rows)
{
	const struct ini_section *section;
	struct fault ignored;

	if (sections_get(resolve_sections(c->resolve), c->config.section, &section, &ignored) < 0)
		return;
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_option *option = &section->options[i];
		const char *near = options_has(option->name) ? NULL : options_near(option->name);
		char place[FAULT_PLACE_SIZE];
		bool used = false;

		for (size_t j = 0; near && j < rows->count; j++)
			used |= !strcmp(rows->items[j].section, section->name) &&
				!strcmp(rows->items[j].option, option->name);
		if (near && !used)
			log_line("%s: nothing uses '%s' (did you mean '%s'?)",
				 fault_place(&option->value.lines[0], place), option->name, near);
	}
}

int show_main(struct cluster *c)
{
	CLEANUP(rows_done) struct rows rows = { 0 };
	CLEANUP(buf_done) struct buf text = BUF(ROW_MAX);
	struct numbers numbers;
	int r;

	format_numbers(&c->config, &numbers);
	r = add_options(&rows, c, &numbers);
	if (r == 0)
		r = add_resolved(&rows, c);
	if (rows.count)
		qsort(rows.items, rows.count, sizeof(*rows.items), compare);
	for (size_t i = 0; i < rows.count && r == 0; i++)
		r = print_row(&rows.items[i], &text);
	if (r < 0) {
		log_fail("cannot show the configuration: %s", log_errno(r));
		return 1;
	}
	warn_of_near(c, &rows);
	return 0;
}
