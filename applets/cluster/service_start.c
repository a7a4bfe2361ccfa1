/* service_start.c: see service.h: the lines in their order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "applets/cluster/service.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/sig.h"

enum { PIDS_TEXT_MAX = 1 << 20 };

/* ---- one line ---- */

static int run_command(struct service *s, const struct line *line, struct runner_result *result)
{
	char name[ROSTER_NAME_SIZE];
	int r;

	service_say(s, "Running %s", line->text);
	roster_name(&s->roster, line->text, name);
	r = runner_command(&s->runner, line, result);
	if (result->rest >= 0) /* a daemon's standard output */
		logger_take(&s->logger, name, result->rest);
	result->rest = -1;
	return r;
}

static void ready_done(struct ready **ready)
{
	ready_free(*ready);
}

static int start_background(struct service *s, const struct line *line, struct runner_result *result)
{
	CLEANUP(fd_done) int out = -1;
	CLEANUP(ready_done) struct ready *ready = NULL;
	const char *environment = NULL;
	char name[ROSTER_NAME_SIZE];
	int r = ready_new(&s->runner, line, &ready, &environment, result);

	if (r < 0)
		return r;
	service_say(s, "Running in background %s", line->text);
	roster_name(&s->roster, line->text, name);
	out = logger_add(&s->logger, name);
	if (out < 0) {
		snprintf(result->why, sizeof(result->why), "no pipe for its output: %s", log_errno(out));
		return out;
	}
	r = runner_start(&s->runner, line, out, environment, result);
	if (r < 0)
		return r;
	service_say(s, "Background pid is %d", r);
	service_say(s, "Background subpid is %d", r);
	return ready_wait(ready, r, result);
}

static int run_pid(struct service *s, const struct line *line, struct runner_result *result)
{
	const struct tree_scope ours = { .mark = s->commands.mark };

	return runner_pid(&s->runner, line, &ours, result);
}

static int run_line(struct service *s, const struct line *line, struct buf *pids)
{
	struct runner_result result = { .rest = -1 };
	int r;

	if (line->kind == LINE_PID)
		r = run_pid(s, line, &result);
	else if (line->kind == LINE_BACKGROUND)
		r = start_background(s, line, &result);
	else
		r = run_command(s, line, &result);
	if (result.pid)
		buf_printf(pids, "%s%d", pids->len ? ", " : "", (int)result.pid);
	if (r == 0 || r == -ECANCELED)
		return r;
	service_say(s, "%s: '%s' failed: %s%s", line->place, line->text, result.why, line->may_fail ? " (it may)" : "");
	return line->may_fail ? 0 : -ECHILD;
}

/* ---- all of them ---- */

/* A member that has failed already: nobody would call that a start. */
static const struct member *failed_member(const struct service *s)
{
	for (size_t i = 0; i < s->roster.count; i++) {
		const struct member *member = &s->roster.members[i];

		if (member->ended && member->status != 0 && member_counts(member) &&
		    !s->lines->items[member->line].may_fail)
			return member;
	}
	return NULL;
}

static int run_lines(struct service *s, struct buf *pids)
{
	const struct member *failed;
	int r = 0;

	for (size_t i = 0; i < s->lines->count && r == 0; i++)
		r = s->cancelled ? -ECANCELED : run_line(s, &s->lines->items[i], pids);
	if (r < 0)
		return r;
	service_pause(s, 0); /* what has happened until now is seen */
	failed = failed_member(s);
	if (failed) {
		const struct line *line = &s->lines->items[failed->line];

		service_say(s, "%s: '%s' failed: it has ended already", line->place, line->text);
		return -ECHILD;
	}
	return s->cancelled ? -ECANCELED : 0;
}

static const char *why_cancelled(const struct service *s, char name[24])
{
	return s->signal ? sig_name(s->signal, name) : "by a stop that has gone";
}

/* What was started is ended again, unless somebody else is about to. */
static int undo(struct service *s, int error)
{
	char name[24];

	if (!service_may_stop(s)) {
		service_say(s, "The start is given up: pid %d stops the cluster", (int)s->stopper.pid);
		s->given_up = true;
		return 1;
	}
	if (error == -ECANCELED)
		service_say(s, "The start is given up (%s), and what was started ended again", why_cancelled(s, name));
	else
		service_say(s, "The start has failed, and what was started is ended again%s%s",
			    s->foreground ? "" : "; what it printed: ", s->foreground ? "" : s->config->log_path);
	service_stop(s, false);
	s->over = true;
	return 1;
}

int service_start(struct service *s, const struct config_lines *lines)
{
	CLEANUP(buf_done) struct buf pids = BUF(PIDS_TEXT_MAX);
	int r;

	s->lines = lines;
	service_say(s, "Cluster is starting...");
	r = run_lines(s, &pids);
	if (r < 0)
		return undo(s, r);
	s->roster.state = ROSTER_RUNNING;
	r = service_write(s);
	if (r < 0)
		return undo(s, r);
	service_say(s, "Child PIDs: %s", pids.data ? pids.data : "");
	service_say(s, "Started with pid %d", (int)s->roster.daemon.pid);
	service_say(s, "Cluster is alive...");
	return 0;
}
