/* stop.c: `stop` and `restart`: from outside, whether or not there is a daemon. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "applets/cluster/cluster.h"
#include "applets/cluster/commands.h"
#include "applets/cluster/found.h"
#include "applets/cluster/inside.h"
#include "applets/cluster/process.h"
#include "applets/cluster/start.h"
#include "applets/cluster/stopping.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sig.h"

enum { ANSWER_MS = 10000, LOOK_FIRST_MS = 1, LOOK_MAX_MS = 50 };

/* One stop. */
struct stop {
	const struct config *config;
	struct procfs procfs;
	struct loop *loop;
	int lock;
	struct found found;
	struct commands commands;
	struct runner runner;
	struct reporting reporting;
	bool never;                 /* nobody cancels it */
	bool inside;                /* we are one of its own processes */
};

#define STOP_NONE ((struct stop){ .procfs = { .fd = -1 }, .lock = -1, .found = { .daemon = PIDREF_NONE } })

static void stop_done(struct stop *s)
{
	commands_done(&s->commands);
	found_done(&s->found);
	fd_done(&s->lock);
	loop_free(s->loop);
	procfs_done(&s->procfs);
}

/* ---- what there is ---- */

static int load(struct stop *s, struct found *ret)
{
	char why[PIDFILE_WHY_SIZE];
	int r = found_wait(&s->procfs, s->config->pid_path, ret);

	if (r < 0)
		log_fail("cannot read pid file '%s': %s; nothing was stopped", s->config->pid_file,
			 pidfile_why(s->config->pid_path, r, why));
	return r;
}

/* Is there anything to be stopped? */
static int judge(const struct stop *s, const struct found *found)
{
	switch (found->state) {
	case FOUND_NOTHING:
		log_line("Could not stop, pid file '%s' missing.", s->config->pid_file);
		return -ENOENT;
	case FOUND_HELD:
		log_fail("'%s.lock' is held: the cluster is just being started, or runs in another container "
			 "(nothing was stopped)", s->config->pid_file);
		return -EBUSY;
	case FOUND_DEAD:
	case FOUND_ALIVE:
		break;
	}
	return 0;
}

static int look(struct stop *s, struct found *ret)
{
	int r = load(s, ret);

	return r < 0 ? r : judge(s, ret);
}

static int take_lock(struct stop *s)
{
	int r;

	s->lock = lock_open(s->config->pid_path);
	r = s->lock < 0 ? s->lock : lock_take(s->lock, LOCK_STOP, false);
	if (r == -EWOULDBLOCK && !s->inside) {
		log_line("The cluster is being stopped already: waiting for that");
		r = lock_take(s->lock, LOCK_STOP, true);
	}
	if (r == -EWOULDBLOCK)
		log_fail("the cluster is being stopped, and this process is part of it (nothing was done)");
	else if (r < 0)
		log_fail("cannot lock '%s.lock': %s (nothing was stopped%s)", s->config->pid_file, log_errno(r),
			 r == -EPERM || r == -EACCES ? "; run as root, or as its user" : "");
	return r;
}

/* A line of a start or of a stop, whose end is waited for, waits in vain for that of the cluster. */
static int begin_inside(struct stop *s)
{
	if (s->found.state == FOUND_ALIVE && s->found.roster.state == ROSTER_STARTING) {
		log_fail("the cluster is just being started, and this process is part of it (nothing was stopped)");
		return -EBUSY;
	}
	inside_see_through();
	return 0;
}

/* Without the lock first: where nothing runs, none is made. With it once more: somebody else may have stopped the
 * cluster meanwhile, and started it anew. */
static int open_stop(struct stop *s)
{
	CLEANUP(found_done) struct found before = { .daemon = PIDREF_NONE };
	int r = procfs_open_own(&s->procfs);

	if (r < 0) {
		log_fail("cannot read /proc: %s (without it no process is told from another: mount it)", log_errno(r));
		return r;
	}
	r = look(s, &before);
	s->inside = r == 0 && inside_is(&s->procfs, &before);
	if (r == 0)
		r = take_lock(s);
	if (r == 0)
		r = look(s, &s->found);
	if (r == 0 && s->inside)
		r = begin_inside(s);
	if (r == 0 && s->found.state == FOUND_DEAD)
		log_line("Pid file '%s' is stale: %s", s->config->pid_file, s->found.why);
	return r;
}

static void on_line_ended(void *context, pid_t pid, int status)
{
	struct stop *s = context;

	(void)pid, (void)status;
	loop_stop(s->loop, 0);
}

static int open_runner(struct stop *s)
{
	char why[USER_WHY_SIZE];
	int r = loop_new(&s->loop);

	if (r < 0) {
		log_fail("cannot stop: %s", log_errno(r));
		return r;
	}
	sig_ignore_pipe();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = commands_make(s->config, s->found.roster.id, &s->commands, why);
	if (r < 0) {
		log_fail("%s", why);
		return r;
	}
	s->runner = (struct runner){
		.loop = s->loop, .proc = &s->procfs, .config = s->config, .cancelled = &s->never,
		.user = s->commands.user.is_another ? &s->commands.user.spawn : NULL,
		.environment = s->commands.environment, .ended = on_line_ended, .context = s,
		.reporting = reporting_if_wanted(&s->reporting),
	};
	return 0;
}

/* ---- the daemon ---- */

static bool is_alive(const struct stop *s)
{
	return s->found.state == FOUND_ALIVE && pidref_verify(&s->procfs, &s->found.daemon) == 0;
}

static bool has_answered(const struct stop *s)
{
	return s->found.roster.state == ROSTER_STOPPING || lock_is_held(s->config->pid_path, LOCK_STOPPING) > 0;
}

/* Look anew. That the file cannot be read for a moment says nothing of a daemon that lives, which makes it anew; and
 * one that was started meanwhile is not who is to be stopped. */
static void look_again(struct stop *s)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };

	if (found_load(&s->procfs, s->config->pid_path, false, &found) < 0)
		return;
	if (found.state == FOUND_ALIVE ? strcmp(found.roster.id, s->found.roster.id) != 0 : is_alive(s))
		return;
	found_done(&s->found);
	s->found = found;
	found = (struct found){ .daemon = PIDREF_NONE };
}

/* Tell it, and wait until it starts nothing more: its pid file says so, or where the disk is full its lock. One that is
 * held, or that is the original's, does not answer. */
static int tell_daemon(struct stop *s)
{
	int64_t until = loop_now() + ANSWER_MS;
	int r;

	if (!is_alive(s) || s->found.roster.bare)
		return 0;
	r = pidref_signal(&s->procfs, &s->found.daemon, SIGUSR1);
	if (r == -EPERM) {
		log_fail("may not stop the daemon (pid %d): %s (run as root or as its user)", (int)s->found.daemon.pid,
			 log_errno(r));
		return r;
	}
	pidref_signal(&s->procfs, &s->found.daemon, SIGCONT);
	for (int pause = LOOK_FIRST_MS; is_alive(s) && !has_answered(s);
	     pause = pause * 2 < LOOK_MAX_MS ? pause * 2 : LOOK_MAX_MS) {
		if (loop_now() > until) {
			log_fail("the daemon (pid %d) does not answer: it is stopped all the same",
				 (int)s->found.daemon.pid);
			break;
		}
		pidref_wait(&s->procfs, &s->found.daemon, pause);
		look_again(s);
	}
	return 0;
}

static void report_daemon(struct stop *s)
{
	const struct tree_node daemon = { s->found.daemon.pid, s->found.daemon.start_ticks };

	reporting_take(s->runner.reporting, &s->procfs, &daemon, 1, "the daemon");
}

/* It was alive, and nobody else is left: it ends itself, or is ended: 1 then. */
static int end_daemon(struct stop *s)
{
	int r;

	if (!is_alive(s))
		return 0;
	if (s->inside)
		inside_leave_output();
	/* Woken first: while it ends, a SIGCONT would take away the SIGSTOP of who traces that: a look for leaks. */
	pidref_signal(&s->procfs, &s->found.daemon, SIGCONT);
	pidref_signal(&s->procfs, &s->found.daemon, s->found.roster.bare ? SIGTERM : SIGUSR2);
	if (pidref_wait(&s->procfs, &s->found.daemon, ANSWER_MS) == 0)
		return 0;
	report_daemon(s);
	log_fail("the daemon (pid %d) does not end: it is killed", (int)s->found.daemon.pid);
	pidref_signal(&s->procfs, &s->found.daemon, SIGKILL);
	r = pidref_wait(&s->procfs, &s->found.daemon, ANSWER_MS);
	if (r < 0)
		log_fail("the daemon (pid %d) does not end, though it was killed: %s", (int)s->found.daemon.pid,
			 log_errno(r));
	return r < 0 ? r : 1;
}

static bool is_the_same(const struct roster *a, const struct roster *b)
{
	return a->daemon.pid == b->daemon.pid && !strcmp(a->id, b->id);
}

/* A daemon removes its own; of one that was killed it is there still. One that starts now sees to it itself, and what
 * one has left that was killed meanwhile is not for us: its file stays. */
static int remove_pid_file(struct stop *s)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };
	int r;

	if (lock_take(s->lock, LOCK_DAEMON, false) < 0)
		return 0;
	r = found_load(&s->procfs, s->config->pid_path, true, &found);
	if (r == 0 && found.state == FOUND_DEAD && is_the_same(&found.roster, &s->found.roster))
		r = pidfile_remove(s->config->pid_path);
	lock_release(s->lock, LOCK_DAEMON);
	if (r < 0)
		log_fail("cannot remove pid file '%s': %s", s->config->pid_file, log_errno(r));
	return r;
}

/* ---- stop, restart ---- */

static int stop_all(struct stop *s, bool stop_lines)
{
	struct stopping stopping = {
		.runner = &s->runner, .roster = &s->found.roster, .config = s->config,
		.mark = s->found.roster.bare ? NULL : s->commands.mark,
		.left = s->found.left, .left_count = s->found.left_count,
	};
	struct tree_node self;
	int r = process_identify(&s->procfs, getpid(), &self), rest;

	if (r < 0) {
		log_fail("cannot tell our process from others: %s", log_errno(r));
		return r;
	}
	stopping.self = self;
	r = stopping_all(&stopping, stop_lines);
	if (r == -EBUSY)
		return r;
	rest = end_daemon(s);
	if (rest == 1) /* it did not listen, so it may have started somebody meanwhile */
		rest = stopping_rest(&stopping);
	if (rest == 0)
		rest = remove_pid_file(s);
	return rest < 0 ? rest : r;
}

/* Its last words are to be written; one that is stopped would wait for us for ever. */
static void wake_logger(const struct stop *s)
{
	const struct tree_node logger = s->found.roster.logger;

	if (logger.pid > 0)
		tree_signal_node(&s->procfs, &logger, SIGCONT);
}

/* 0; 1: something has failed, which is said; 2: what is there could not be stopped, or not be started again. A build
 * that makes no reports can stop what it could not start. */
static int stop(const struct config *config, bool stop_lines, bool to_start)
{
	CLEANUP(stop_done) struct stop s = STOP_NONE;
	int r;

	s.config = config;
	if (reporting_open(&s.reporting, config) < 0 && to_start)
		return 2;
	if (open_stop(&s) < 0 || open_runner(&s) < 0)
		return 2;
	log_line("Cluster is going down...");
	wake_logger(&s);
	if (tell_daemon(&s) < 0)
		return 2;
	r = stop_all(&s, stop_lines);
	if (r < 0 && r != -ECHILD)
		return 2;
	return r < 0 ? 1 : 0;
}

int stop_main(struct cluster *c)
{
	return stop(&c->config, true, false) ? 1 : 0;
}

int restart_main(struct cluster *c)
{
	bool has_lines = c->config.restart.count > 0;
	int stopped = stop(&c->config, !has_lines, true), started;

	if (stopped == 2)
		return 1;
	started = start_lines(c, has_lines ? &c->config.restart : &c->config.start);
	return started ? started : stopped;
}
