#include "applets/cluster/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/cluster/options.h"
#include "applets/cluster/path.h"
#include "applets/cluster/sources.h"
#include "core/cleanup.h"
#include "core/log.h"

struct loading {
	struct config config;
	struct resolve *resolve;
	struct fault *fault;
	const char *file; /* as messages call it */
};

static void loading_done(struct loading *l)
{
	config_done(&l->config);
	resolve_free(l->resolve);
}

/* ---- which file, which section ---- */

static int find_file(const struct config_request *request, struct fault *fault, const char **ret)
{
	static const char *const names[] = { "buildout.cfg", "cluster.cfg" };
	CLEANUP(free_done) char *here = NULL;

	*ret = request->file;
	for (size_t i = 0; !*ret && i < sizeof(names) / sizeof(names[0]); i++)
		if (access(names[i], F_OK) == 0 || errno != ENOENT)
			*ret = names[i];
	if (*ret)
		return 0;
	here = getcwd(NULL, 0);
	return fault_say(fault, NULL, 0, "no buildout.cfg and no cluster.cfg in '%s' (-f FILE names another)",
			 here ? here : ".");
}

/* The words behind the last slash: "pound"; of "procguard cluster" the last. */
static const char *called_name(const char *called)
{
	const char *name = path_name(called), *blank = strrchr(name, ' ');

	return blank ? blank + 1 : name;
}

static int choose_section(struct loading *l, const struct config_request *request)
{
	const char *name = request->section, *called = called_name(request->called ? request->called : "cluster");
	const struct ini_section *section;
	struct fault ignored;
	int r;

	if (!name && sections_get(resolve_sections(l->resolve), called, &section, &ignored) == 0 &&
	    ini_option(section, "start"))
		name = called;
	if (!name)
		name = "cluster";
	r = sections_get(resolve_sections(l->resolve), name, &section, l->fault);
	if (r == -ENOENT) {
		const char *near = sections_near(resolve_sections(l->resolve), name);

		return fault_say(l->fault, l->file, 0, near ? "no section '%s' (did you mean '%s'?)"
			      : "no section '%s' (-s SECTION names another)", name, near);
	}
	if (r < 0)
		return r;
	l->config.section = strdup(name);
	return l->config.section ? 0 : -ENOMEM;
}

/* ---- what is left out ---- */

static int add_left_out(struct config *c, const struct fault *first, size_t count, const char *why)
{
	char more[48] = "";
	size_t i = c->left_out[0] ? 1 : 0;

	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", count - 1);
	if (asprintf(&c->left_out[i], "%s%s: left out: %s", first->text, more, why) < 0) {
		c->left_out[i] = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int note_left_out(struct config *c, const struct sources *s)
{
	const struct ini_condition *condition = s->ini.conditions;
	struct fault first;
	int r = 0;

	if (s->remote)
		r = add_left_out(c, &s->remote_first, s->remote, "only local files are read");
	if (r == 0 && s->ini.condition_count) {
		fault_say(&first, condition->file, condition->line, "[%s:%s]", condition->section,
			  condition->expression);
		r = add_left_out(c, &first, s->ini.condition_count, "conditions are not evaluated");
	}
	return r;
}

/* ---- for callers ---- */

/* Where the file lies. A script that was called by a link lies where that leads to. */
static int locate(struct loading *l, const struct config_request *request)
{
	struct config *c = &l->config;
	CLEANUP(free_done) char *behind = NULL;

	c->file = path_absolute(l->file);
	if (!c->file)
		return fault_say(l->fault, NULL, 0, "cannot find '%s': %s", l->file, log_errno(errno));
	if (!request->called || strcmp(l->file, request->called) != 0)
		return 0;
	behind = path_of_link(l->file);
	if (!behind)
		return -ENOMEM;
	if (strcmp(behind, c->file) != 0) {
		free(c->file);
		l->file = c->file = TAKE_PTR(behind);
	}
	return 0;
}

static int load(struct loading *l, const struct config_request *request)
{
	CLEANUP(sources_done) struct sources sources = { 0 };
	int r = find_file(request, l->fault, &l->file);

	if (r == 0)
		r = locate(l, request);
	if (r == 0)
		r = sources_load(l->file, l->config.file, &sources, l->fault);
	if (r == 0)
		r = note_left_out(&l->config, &sources);
	if (r == 0)
		r = resolve_new(&sources, &l->resolve);
	if (r == 0)
		r = choose_section(l, request);
	return r == 0 ? options_take(l->resolve, l->file, &l->config, l->fault) : r;
}

int config_load(const struct config_request *request, struct config *ret, struct resolve **ret_resolve,
		struct fault *ret_fault)
{
	CLEANUP(loading_done) struct loading l = { .fault = ret_fault };
	int r = load(&l, request);

	if (r < 0)
		return r;
	*ret = l.config;
	l.config = (struct config){ 0 };
	if (ret_resolve)
		*ret_resolve = TAKE_PTR(l.resolve);
	return 0;
}

static void lines_done(struct config_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		line_done(&lines->items[i]);
	free(lines->items);
}

void config_done(struct config *config)
{
	if (!config)
		return;
	lines_done(&config->start);
	lines_done(&config->stop);
	lines_done(&config->restart);
	for (char **item = config->environment; item && *item; item++)
		free(*item);
	for (char **item = config->left_out; *item; item++)
		free(*item);
	free(config->environment);
	free(config->file);
	free(config->section);
	free(config->home);
	free(config->directory);
	free(config->pid_file);
	free(config->pid_path);
	free(config->log_path);
	free(config->user);
	free(config->report);
	*config = (struct config){ 0 };
}
