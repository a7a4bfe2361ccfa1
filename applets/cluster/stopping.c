#include "applets/cluster/stopping.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "applets/cluster/ending.h"
#include "core/cleanup.h"
#include "core/log.h"

/* NAME: what reports call them; NULL: as they call themselves. */
static int end_all(struct stopping *s, const struct tree_scope *scope, const char *name)
{
	struct ending ending = { .loop = s->runner->loop, .proc = s->runner->proc,
				 .grace_ms = s->config->stop_timeout_ms, .reporting = s->runner->reporting,
				 .name = name };

	return ending_all(&ending, scope);
}

/* ---- members ---- */

/* The living processes that come from LINE: the member, and orphans of its own. */
static int add_processes(const struct roster *roster, size_t line, struct tree_node **ret, size_t *ret_count)
{
	struct tree_node *nodes = calloc(roster->count, sizeof(*nodes));
	size_t count = 0;

	if (!nodes)
		return -ENOMEM;
	for (size_t i = 0; i < roster->count; i++)
		if (roster->members[i].line == line && !roster->members[i].ended)
			nodes[count++] = roster->members[i].process;
	*ret = nodes;
	*ret_count = count;
	return 0;
}

static int end_member(struct stopping *s, const struct member *member)
{
	const struct member what = *member; /* the roster changes while we wait */
	CLEANUP(free_done) struct tree_node *nodes = NULL;
	struct tree_scope scope = { 0 };
	int r = add_processes(s->roster, what.line, &nodes, &scope.whole_count);

	scope.whole = nodes;
	if (r == 0)
		r = end_all(s, &scope, what.name);
	if (r < 0)
		log_fail("%s (pid %d) does not end%s: %s", what.name, (int)what.process.pid,
			 r == -ETIMEDOUT ? ", though it was killed" : "",
			 r == -ETIMEDOUT ? "it is held in the kernel, by a dead file system perhaps" : log_errno(r));
	return r < 0 ? -EBUSY : 0;
}

/* Who ends meanwhile may vanish from the roster, so the next one is looked for anew each time. */
static int end_members(struct stopping *s)
{
	const struct member *member;
	size_t before = SIZE_MAX;
	int status = 0;

	while ((member = roster_last(s->roster, before))) {
		before = member->line;
		if (end_member(s, member) < 0)
			status = -EBUSY;
	}
	return status;
}

/* ---- stop lines ---- */

static int run_pid(struct stopping *s, const struct line *line, struct runner_result *result)
{
	const struct tree_node below = s->roster->daemon;
	const struct tree_scope ours = { .whole = s->left, .whole_count = s->left_count, .mark = s->mark,
					 .below = &below, .below_count = below.pid ? 1 : 0 };

	return runner_pid(s->runner, line, &ours, result);
}

static int run_command(struct stopping *s, const struct line *line, struct runner_result *result)
{
	int r;

	log_line("Running %s", line->text);
	r = runner_command(s->runner, line, result);
	fd_close(result->rest);
	return r;
}

/* It runs beside the lines behind it, and prints where they do. */
static int run_background(struct stopping *s, const struct line *line, struct runner_result *result, pid_t *ret_pid)
{
	int r;

	log_line("Running in background %s", line->text);
	r = runner_start(s->runner, line, STDERR_FILENO, NULL, result);
	if (r < 0)
		return r;
	*ret_pid = r;
	log_line("Background pid is %d", r);
	log_line("Background subpid is %d", r);
	return 0;
}

static int run_line(struct stopping *s, const struct line *line, pid_t *ret_pid)
{
	struct runner_result result = { .rest = -1 };
	int r;

	if (line->kind == LINE_PID)
		r = run_pid(s, line, &result);
	else if (line->kind == LINE_BACKGROUND)
		r = run_background(s, line, &result, ret_pid);
	else
		r = run_command(s, line, &result);
	if (r == 0)
		return 0;
	log_line("%s: '%s%s' failed: %s%s", line->place, line_prefix(line), line->text, result.why,
		 line->may_fail ? " (it may)" : "; the cluster is stopped all the same");
	return line->may_fail ? 0 : -ECHILD;
}

static void on_time_over(struct loop *loop, void *context)
{
	*(bool *)context = true;
	loop_stop(loop, 0);
}

/* They are ended with the rest. */
static void report_late(struct stopping *s, const pid_t *pids, size_t count)
{
	struct runner *r = s->runner;
	struct procparse_stat stat;

	for (size_t i = 0; i < count && r->reporting; i++)
		if (pids[i] && loop_has_child(r->loop, pids[i]) && procfs_stat_of(r->proc, pids[i], &stat) == 0)
			reporting_take(r->reporting, r->proc, &(struct tree_node){ pids[i], stat.start_ticks }, 1,
				       NULL);
}

/* What runs in the background has as long as a member has to end. */
static void wait_for_background(struct stopping *s, const pid_t *pids, size_t count)
{
	struct loop *loop = s->runner->loop;
	bool over = false;

	if (loop_set_timer(loop, s->config->stop_timeout_ms, on_time_over, &over) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		while (!over && pids[i] && loop_has_child(loop, pids[i]) && loop_run(loop) >= 0)
			;
	loop_clear_timer(loop, on_time_over, &over);
	if (over)
		report_late(s, pids, count);
}

static int run_lines(struct stopping *s)
{
	const struct config_lines *lines = &s->config->stop;
	CLEANUP(free_done) pid_t *background = calloc(lines->count + 1, sizeof(*background));
	int status = 0;

	if (!background) {
		log_fail("cannot run the stop lines: %s", log_errno(ENOMEM));
		return -ECHILD;
	}
	for (size_t i = 0; i < lines->count; i++)
		if (run_line(s, &lines->items[i], &background[i]) < 0)
			status = -ECHILD;
	wait_for_background(s, background, lines->count);
	return status;
}

/* ---- whatever is left ---- */

int stopping_rest(struct stopping *s)
{
	const struct tree_node below[] = { s->self, s->roster->daemon };
	const struct tree_node spared = s->roster->logger;
	CLEANUP(free_done) struct tree_node *nodes = calloc(s->roster->count + s->left_count + 1, sizeof(*nodes));
	struct tree_scope scope = { .whole = nodes, .mark = s->mark,
				    .below = below, .below_count = s->roster->daemon.pid ? 2 : 1,
				    .spared = &spared, .spared_count = spared.pid ? 1 : 0 };
	int r;

	if (!nodes) {
		log_fail("cannot end what is left: %s", log_errno(ENOMEM));
		return -EBUSY;
	}
	for (size_t i = 0; i < s->roster->count; i++)
		if (!s->roster->members[i].ended)
			nodes[scope.whole_count++] = s->roster->members[i].process;
	for (size_t i = 0; i < s->left_count; i++)
		nodes[scope.whole_count++] = s->left[i];
	r = end_all(s, &scope, NULL);
	if (r < 0)
		log_fail("not all processes of the cluster end%s: %s",
			 r == -ETIMEDOUT ? ", though they were killed" : "",
			 r == -ETIMEDOUT ? "they are held in the kernel, by a dead file system perhaps" : log_errno(r));
	return r < 0 ? -EBUSY : 0;
}

int stopping_all(struct stopping *s, bool stop_lines)
{
	int members = end_members(s);
	int lines = stop_lines ? run_lines(s) : 0;
	int rest = stopping_rest(s);

	if (members < 0 || rest < 0)
		return -EBUSY;
	return lines;
}
