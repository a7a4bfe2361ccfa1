#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "applets/gmr/arguments.h"
#include "applets/gmr/configuration_parse.h"
#include "applets/gmr/configuration_private.h"
#include "applets/gmr/denied.h"
#include "applets/gmr/registered.h"
#include "core/cleanup.h"
#include "core/procparse_task.h"
#include "core/report.h"

enum { ARGUMENTS_MAX = 4096, STAT_MAX = 4096, STAT_TTY = 7, LIMITS_MAX = 1 << 16 };

struct value *configuration_group(struct configuration *c, const char *name)
{
	return value_add_map(&c->report->tree, c->section, name);
}

void configuration_span(struct configuration *c, struct value *group, const char *key, const struct span *text)
{
	value_add_bytes(&c->report->tree, group, key, text->at, span_len(text));
}

void configuration_field(struct configuration *c, struct value *group, const char *key)
{
	struct span text;

	if (procparse_field(c->target->status.data, c->target->status.len, key, &text) == 0)
		configuration_span(c, group, key, &text);
}

void configuration_denied(struct configuration *c, const char *what, int error)
{
	if (error == -EACCES || error == -EPERM || (error == -ENOENT && target_is_headless(c->target)))
		denied_add(&c->report->tree, c->report->denied, c->target, REPORT_CONFIGURATION, what, error, false);
	else if (error != -ENOENT && error != -ESRCH)
		c->report->incomplete = true;
}

/* "cwd", "root": as seen from our root. A kernel thread has neither. */
static void add_link(struct configuration *c, struct value *group, const char *key, const char *link)
{
	char text[PATH_MAX];
	int r = procfs_link(c->target->dir, link, text, sizeof text);

	if (r < 0)
		configuration_denied(c, key, r);
	else
		value_add_string(&c->report->tree, group, key, text);
}

static void add_executable(struct configuration *c, struct value *group)
{
	const struct target *target = c->target;

	if (target->exe_error < 0)
		configuration_denied(c, "executable", target->exe_error);
	else
		value_add_format(&c->report->tree, group, "executable", "%s%s", target->exe,
				 target->exe_deleted ? " (deleted)" : "");
}

static void add_start(struct configuration *c, struct value *group)
{
	int64_t age = procfs_age_ms(c->target->stat.start_ticks);
	struct timespec now;
	char text[WORD_SIZE];

	clock_gettime(CLOCK_REALTIME, &now);
	time_word((time_t)(((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - age) / 1000), text);
	value_add_string(&c->report->tree, group, "started", text);
	age_word(age, text);
	value_add_string(&c->report->tree, group, "age", text);
}

static void add_terminal(struct configuration *c, struct value *group)
{
	CLEANUP(buf_done) struct buf stat = BUF(STAT_MAX);
	char name[TERMINAL_MAX];
	int64_t number;

	if (procfs_read(c->target->dir, "stat", &stat) < 0 || stat_field(stat.data, stat.len, STAT_TTY, &number) < 0)
		return;
	terminal_name((uint32_t)number, name);
	value_add_string(&c->report->tree, group, "terminal", name);
}

static void add_process(struct configuration *c)
{
	const struct target *target = c->target;
	struct value_tree *tree = &c->report->tree;
	struct value *group = configuration_group(c, "process");

	arguments_add(tree, group, "command line", target->cmdline.data, target->cmdline.len,
		      target->cmdline.max > 0 && target->cmdline.len == target->cmdline.max, ARGUMENTS_MAX);
	add_link(c, group, "working directory", "cwd");
	add_link(c, group, "root", "root");
	add_executable(c, group);
	add_start(c, group);
	add_terminal(c, group);
	value_add_int(tree, group, "process group", target->stat.pgrp);
	value_add_int(tree, group, "session", target->stat.session);
	if (target->inner_pid != target->ref.pid)
		value_add_int(tree, group, "pid in its own namespace", target->inner_pid);
}

static void add_limits(struct configuration *c)
{
	CLEANUP(buf_done) struct buf text = BUF(LIMITS_MAX);
	struct value *group = configuration_group(c, "limits");
	int r = procfs_read(c->target->dir, "limits", &text);
	struct limit_line limit;
	struct span s;

	if (r < 0) {
		configuration_denied(c, "limits", r);
		return;
	}
	s = span_of(text.data, text.len);
	while (limit_line_next(&s, &limit)) {
		char name[32];

		if (span_copy(&limit.name, name, sizeof name) == 0 && !value_get(group, name))
			value_add_format(&c->report->tree, group, name, "%.*s / %.*s%s%.*s",
					 (int)span_len(&limit.soft), limit.soft.at, (int)span_len(&limit.hard),
					 limit.hard.at, span_len(&limit.unit) > 0 ? " " : "",
					 (int)span_len(&limit.unit), limit.unit.at);
	}
}

void section_configuration(struct gmr_report *report, const struct target *target,
			   const struct registered *registered, const struct sections_options *options)
{
	struct configuration c = { .report = report, .target = target };

	c.section = value_add_map(&report->tree, &report->tree.root, REPORT_CONFIGURATION);
	add_process(&c);
	add_limits(&c);
	configuration_cgroup(&c);
	configuration_memory(&c);
	configuration_namespaces(&c);
	configuration_capabilities(&c);
	configuration_scheduling(&c);
	configuration_signals(&c);
	configuration_files(&c);
	if (options->environ)
		configuration_environment(&c);
	registered_options(report, c.section, registered);
}
