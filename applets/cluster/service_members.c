/* service_members.c: see service.h: who is there. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "applets/cluster/process.h"
#include "applets/cluster/service.h"
#include "core/log.h"

enum { FRESH_S = 1 }; /* so long after the end of a plain line its daemons may come to us */

/* ---- forked ---- */

/* Which line of those that are being started; one behind them all: a stop line. */
static size_t line_number(const struct service *s, const struct line *line)
{
	for (size_t i = 0; s->lines && i < s->lines->count; i++)
		if (&s->lines->items[i] == line)
			return i;
	return s->config->start.count + s->config->restart.count;
}

int service_forked(void *context, const struct line *line, pid_t pid)
{
	struct service *s = context;
	struct member member = { .kind = MEMBER_COMMAND, .since_s = time(NULL), .line = line_number(s, line) };
	int r = process_identify(&s->procfs, pid, &member.process);

	if (r < 0)
		return r;
	if (s->lines && line->kind == LINE_BACKGROUND)
		member.kind = MEMBER_BACKGROUND;
	roster_name(&s->roster, line->text, member.name);
	if (!roster_add(&s->roster, &member))
		return -ENOMEM;
	r = s->writes_later ? 0 : service_write(s);
	if (r < 0)
		roster_remove(&s->roster, s->roster.count - 1);
	return r;
}

/* ---- orphaned ---- */

struct adopting { struct service *s; const struct member *of; bool succeeds; size_t count; };

/* Is what MEMBER has left a daemon? Where it was a plain line, or a daemon itself, as those are that fork twice, and
 * ended well: what failed, or was ended, did not mean to leave anything. */
static bool leaves_daemons(const struct service *s, const struct member *member)
{
	return s->lines && member->status == 0 && (member->kind == MEMBER_COMMAND || member->kind == MEMBER_DAEMON);
}

/* Each line is run in a session of its own: who has not left it comes from there. */
static const struct member *of_session(const struct roster *roster, pid_t session)
{
	for (size_t i = roster->count; i-- > 0;)
		if (roster->members[i].process.pid == session)
			return &roster->members[i];
	return NULL;
}

/* A child that nobody of us has started had a parent that has ended: it belongs to what that belonged to. It is not
 * reaped, so its number is its own. */
static int adopt(pid_t pid, void *context)
{
	struct adopting *a = context;
	struct service *s = a->s;
	const struct member *of = of_session(&s->roster, getsid(pid));
	bool is_of_last = !of || of->process.pid == a->of->process.pid;
	struct member member = { .kind = MEMBER_ORPHAN, .since_s = time(NULL) };

	if (is_of_last)
		of = a->of;
	if (!of->process.pid || pid == s->logger.process.pid || roster_find(&s->roster, pid) ||
	    process_identify(&s->procfs, pid, &member.process) < 0)
		return 0;
	member.line = of->line;
	memcpy(member.name, of->name, sizeof(member.name));
	if (is_of_last && a->succeeds) {
		member.kind = MEMBER_DAEMON;
		if (a->count > 0)
			roster_name(&s->roster, of->name, member.name);
	}
	if (roster_add(&s->roster, &member) && is_of_last)
		a->count++;
	return 0;
}

/* What OF, a plain line, has left was an orphan of it as long as it ran itself: who forks twice may be so fast that the
 * second child comes to us before the line has ended. */
static void promote_orphans(struct adopting *a, const struct member *of)
{
	struct roster *roster = &a->s->roster;

	for (size_t i = 0; i < roster->count; i++) {
		struct member *member = &roster->members[i];

		if (member->ended || member->kind != MEMBER_ORPHAN || member->line != of->line)
			continue;
		member->kind = MEMBER_DAEMON;
		if (a->count++ > 0)
			roster_name(roster, of->name, member->name);
	}
}

/* ---- ended ---- */

static void say_end(struct service *s, const struct member *member)
{
	bool of_memory = WIFSIGNALED(member->status) && WTERMSIG(member->status) == SIGKILL &&
			 oomkill_struck(&s->killer);
	/* That what we end ourselves has ended is no news. */
	void (*say)(struct service *, const char *, ...) = s->lines ? service_say : service_log;
	char how[64];

	say(s, "%s (pid %d) ended: %s%s", member->name, (int)member->process.pid, spawn_describe(member->status, how),
	    of_memory ? ", out of memory: by the kernel" : "");
	if (of_memory)
		oomkill_start(&s->killer);
}

/* Its second child may have come to us in the same look as a daemon that forks twice. That one has its name then. */
static bool leave_to_heir(struct roster *roster, const struct member *ended)
{
	if (ended->ended_s - ended->since_s > FRESH_S)
		return false;
	for (size_t i = roster->count; i-- > 0;) {
		struct member *member = &roster->members[i];

		if (member->ended || member->kind != MEMBER_DAEMON || member->line != ended->line)
			continue;
		memcpy(member->name, ended->name, sizeof(member->name));
		return true;
	}
	return false;
}

/* Does it stay in the roster, as one that has ended? */
static bool is_kept(struct service *s, const struct member *ended, size_t adopted)
{
	if (ended->kind == MEMBER_BACKGROUND)
		return true;
	if (ended->kind != MEMBER_DAEMON)
		return false;
	if (ended->status != 0)
		return true;
	return adopted == 0 && !leave_to_heir(&s->roster, ended) && s->roster.state != ROSTER_STARTING;
}

/* It is at I; those that are adopted come behind it. */
static void member_ended(struct service *s, size_t i, int status)
{
	struct member *member = &s->roster.members[i];
	struct adopting adopting = { .s = s, .of = &s->last };

	member->ended = true;
	member->status = status;
	member->ended_s = time(NULL);
	s->last = *member;
	adopting.succeeds = leaves_daemons(s, member);
	if (adopting.succeeds && member->kind == MEMBER_COMMAND)
		promote_orphans(&adopting, &s->last);
	procfs_each_child(&s->procfs, s->roster.daemon.pid, adopt, &adopting);
	if (is_kept(s, &s->last, adopting.count))
		say_end(s, &s->last);
	else
		roster_remove(&s->roster, i);
}

/* One whom we did not know: it came to us and ended between two looks. What makes itself a daemon does so at once; what
 * comes later is a helper of some member, and none because its parent has ended. */
static void stranger_ended(struct service *s)
{
	struct adopting adopting = { .s = s, .of = &s->last };
	bool is_fresh = s->roster.state == ROSTER_STARTING ||
			(s->last.kind == MEMBER_COMMAND && time(NULL) - s->last.ended_s <= FRESH_S);

	adopting.succeeds = is_fresh && leaves_daemons(s, &s->last);
	procfs_each_child(&s->procfs, s->roster.daemon.pid, adopt, &adopting);
}

void service_ended(void *context, pid_t pid, int status)
{
	struct service *s = context;
	struct member *member = roster_find(&s->roster, pid);

	oomkill_settle(&s->killer);
	if (pid == s->logger.process.pid)
		service_restart_logger(s);
	else if (member)
		member_ended(s, (size_t)(member - s->roster.members), status);
	else
		stranger_ended(s);
	service_write(s);
	logger_sweep(&s->logger);
	loop_stop(s->loop, 0); /* who waits looks whether it was for that */
}

static void on_orphan(struct loop *loop, pid_t pid, int status, void *context)
{
	(void)loop;
	service_ended(context, pid, status);
}

void service_watch_orphans(struct service *s)
{
	loop_set_orphans(s->loop, on_orphan, s);
}
