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

static int run_pid(struct service *s, const struct line *line, struct runner_result *result)
{
	const struct tree_scope ours = { .mark = s->commands.mark };

	return runner_pid(&s->runner, line, &ours, result);
}

static void add_pid(struct buf *pids, const struct runner_result *result)
{
	if (result->pid)
		buf_printf(pids, "%s%d", pids->len ? ", " : "", (int)result->pid);
}

/* R is what came of LINE: said. Does it end the start? */
static int judge(struct service *s, const struct line *line, int r, const struct runner_result *result)
{
	if (r >= 0 || r == -ECANCELED)
		return r < 0 ? r : 0;
	service_say(s, "%s: '%s%s' failed: %s%s", line->place, line_prefix(line), line->text, result->why,
		    line->may_fail ? " (it may)" : "");
	return line->may_fail ? 0 : -ECHILD;
}

static int run_line(struct service *s, const struct line *line, struct buf *pids)
{
	struct runner_result result = { .rest = -1 };
	int r = line->kind == LINE_PID ? run_pid(s, line, &result) : run_command(s, line, &result);

	add_pid(pids, &result);
	return judge(s, line, r, &result);
}

/* ---- background lines ---- */

/* Those that stand one behind the other are started together, as by a shell's "&": they wait for the pid file, which is
 * written once, and not for each other's exec. */
enum { TOGETHER_MAX = 64 };

struct started {
	const struct line *line;
	struct ready *ready;
	struct runner_begun begun;
	struct runner_result result;
	int r;
};

static void begin(struct service *s, struct started *member)
{
	CLEANUP(fd_done) int out = -1;
	const char *environment = NULL;
	char name[ROSTER_NAME_SIZE];

	if (member->line->ready.kind != LINE_READY_AT_ONCE)
		member->r = ready_new(&s->runner, member->line, &member->ready, &environment, &member->result);
	if (member->r < 0)
		return;
	roster_name(&s->roster, member->line->text, name);
	out = logger_add(&s->logger, name);
	if (out >= 0) {
		member->r = runner_begin(&s->runner, member->line, out, environment, &member->begun, &member->result);
		return;
	}
	member->r = out;
	snprintf(member->result.why, sizeof(member->result.why), "no pipe for its output: %s%s", log_errno(out),
		 out == -EMFILE ? " (the limit is too low: ulimit -n)" : "");
}

static void begin_all(struct service *s, struct started *members, size_t count)
{
	int written;

	s->writes_later = true;
	for (size_t i = 0; i < count; i++)
		begin(s, &members[i]);
	s->writes_later = false;
	written = service_write(s);
	for (size_t i = 0; i < count; i++) {
		if (members[i].r == 0 && written == 0) {
			runner_go(&members[i].begun);
		} else if (members[i].r == 0) {
			runner_cancel(&s->runner, &members[i].begun, written, &members[i].result);
			members[i].r = written;
		}
	}
}

static int finish(struct service *s, struct started *member, struct buf *pids)
{
	log_line("Running in background %s", member->line->text);
	if (member->r == 0)
		member->r = runner_finish(&s->runner, &member->begun, &member->result);
	add_pid(pids, &member->result);
	if (member->r > 0) {
		log_line("Background pid is %d", member->r);
		log_line("Background subpid is %d", member->r);
		service_note(s, "Running in background, pid %d: %s", member->r, member->line->text);
	}
	return judge(s, member->line, member->r, &member->result);
}

/* How many lines from AT on: the last one alone may have to be waited for. */
static size_t count_together(const struct config_lines *lines, size_t at)
{
	size_t n = 0;

	while (at + n < lines->count && n < TOGETHER_MAX && lines->items[at + n].kind == LINE_BACKGROUND)
		if (lines->items[at + n++].ready.kind != LINE_READY_AT_ONCE)
			break;
	return n;
}

static int start_together(struct service *s, const struct line *lines, size_t count, struct buf *pids)
{
	CLEANUP(free_done) struct started *members = calloc(count, sizeof(*members));
	struct started *last;
	int r = 0;

	if (!members) {
		service_say(s, "cannot start: %s", log_errno(ENOMEM));
		return -ENOMEM;
	}
	last = &members[count - 1];
	for (size_t i = 0; i < count; i++)
		members[i].line = &lines[i];
	begin_all(s, members, count);
	for (size_t i = 0; i < count; i++) {
		int error = finish(s, &members[i], pids);

		r = r < 0 ? r : error;
	}
	if (r == 0 && last->r > 0 && last->ready)
		r = judge(s, last->line, ready_wait(last->ready, last->r, &last->result), &last->result);
	ready_free(last->ready);
	return r;
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
	const struct line *lines = s->lines->items;
	const struct member *failed;
	int r = 0;

	for (size_t i = 0, n; i < s->lines->count && r == 0; i += n) {
		n = count_together(s->lines, i);
		if (s->cancelled)
			return -ECANCELED;
		r = n ? start_together(s, &lines[i], n, pids) : run_line(s, &lines[i], pids);
		n = n ? n : 1;
	}
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
