/* service_before.c: see service.h: the lock, and what there was before. */
#include <errno.h>
#include <unistd.h>

#include "applets/cluster/found.h"
#include "applets/cluster/inside.h"
#include "applets/cluster/process.h"
#include "applets/cluster/service.h"
#include "applets/cluster/stopping.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/sig.h"

enum { LOOK_MS = 20, HELD_MS = 6000 }; /* a daemon that ends may wait 5 s for its logger */

static int say_alive(const struct service *s)
{
	log_line("Start aborded since pid file '%s' exists.", s->config->pid_file);
	return -EEXIST;
}

/* ---- the lock ---- */

/* Somebody has it: a daemon; or without a pid file one that is about to write it, or has just removed it. */
static int wait_for_lock(struct service *s)
{
	int r = -EWOULDBLOCK;

	for (int64_t until = loop_now() + HELD_MS; r == -EWOULDBLOCK && !s->cancelled && loop_now() < until;) {
		if (access(s->config->pid_path, F_OK) == 0)
			return say_alive(s);
		service_pause(s, LOOK_MS);
		r = lock_take(s->lock, LOCK_DAEMON, false);
	}
	if (r == -EWOULDBLOCK)
		log_fail("'%s.lock' is held: the cluster is just being started, or runs in another container "
			 "(nothing was started)", s->config->pid_file);
	return r;
}

int service_take_lock(struct service *s)
{
	const struct config *c = s->config;
	int r;

	s->lock = lock_open(c->pid_path);
	if (s->lock < 0) {
		log_fail("cannot open '%s.lock': %s (nothing was started)", c->pid_file, log_errno(s->lock));
		return s->lock;
	}
	r = lock_take(s->lock, LOCK_DAEMON, false);
	if (r == -EWOULDBLOCK)
		return wait_for_lock(s);
	if (r < 0)
		log_fail("cannot lock '%s.lock': %s (nothing was started)", c->pid_file, log_errno(r));
	return r;
}

/* ---- what a daemon that was killed has left ---- */

static void say_left(const struct service *s, const struct found *found)
{
	char name[ROSTER_NAME_SIZE];

	log_line("Pid file '%s' is stale: %s", s->config->pid_file, found->why);
	for (size_t i = 0; i < found->left_count; i++) {
		found_name(&s->procfs, found, &found->left[i], name);
		log_line("%s (pid %d) is left of it: ended", name, (int)found->left[i].pid);
	}
}

/* It is ended, since the cluster is to be started once. Nobody else is about to. */
static int end_left(struct service *s, const struct found *found)
{
	struct roster roster = found->roster;
	struct stopping stopping = { .runner = &s->runner, .roster = &roster, .config = s->config,
				     .left = found->left, .left_count = found->left_count };
	char mark[COMMANDS_MARK_SIZE];
	int r = process_identify(&s->procfs, getpid(), &s->roster.daemon);

	if (r < 0) {
		log_fail("cannot tell our process from others: %s", log_errno(r));
		return r;
	}
	commands_mark(roster.id, mark);
	stopping.mark = roster.bare ? NULL : mark;
	stopping.self = s->roster.daemon;
	roster.daemon = (struct tree_node){ 0 };
	return stopping_rest(&stopping);
}

static int load(struct service *s, struct found *ret)
{
	char why[PIDFILE_WHY_SIZE];
	int r = found_load(&s->procfs, s->config->pid_path, true, ret);

	if (r < 0)
		log_fail("cannot read pid file '%s': %s; nothing was started", s->config->pid_file,
			 pidfile_why(s->config->pid_path, r, why));
	return r;
}

/* A stop may be at work on it already, and have nothing left for us. */
static int clear_stale(struct service *s)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };
	int r = load(s, &found);

	if (r < 0 || found.state == FOUND_NOTHING)
		return r;
	if (found.state != FOUND_DEAD)
		return say_alive(s);
	if (inside_is(&s->procfs, &found)) {
		log_fail("what a daemon that has ended has left of the cluster is to be ended first, and this process "
			 "is part of it (nothing was started; run it from elsewhere)");
		return -EBUSY;
	}
	say_left(s, &found);
	return found.left_count ? end_left(s, &found) : 0;
}

/* Our signals are blocked: who waits for the lock in fcntl(2) could not be told to give up. */
static int take_stop_lock(struct service *s)
{
	char name[24];
	int r = lock_take(s->lock, LOCK_STOP, false);

	while (r == -EWOULDBLOCK && !s->cancelled) {
		service_pause(s, LOOK_MS);
		r = lock_take(s->lock, LOCK_STOP, false);
	}
	if (r == -EWOULDBLOCK)
		log_line("The start is given up (%s)", sig_name(s->signal, name));
	else if (r < 0)
		log_fail("cannot lock '%s.lock': %s (nothing was started)", s->config->pid_file, log_errno(r));
	return r;
}

int service_look_before(struct service *s)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };
	int r = load(s, &found);

	if (r < 0 || found.state == FOUND_NOTHING)
		return r;
	if (found.state == FOUND_ALIVE)
		return say_alive(s);
	r = take_stop_lock(s);
	if (r < 0)
		return r;
	r = clear_stale(s);
	lock_release(s->lock, LOCK_STOP);
	return r;
}
