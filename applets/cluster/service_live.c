/* service_live.c: see service.h: what happens to a cluster that was started. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "applets/cluster/service.h"
#include "applets/cluster/stopping.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { LOCK_LOOK_MS = 50 };

/* ---- signals ---- */

static void on_end(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct service *s = context;

	(void)sender;
	if (s->signal && signal == SIGHUP) /* a terminal that goes says so more than once: no reason to give up more */
		return;
	s->signal = signal;
	s->cancelled = true;
	loop_stop(loop, 0);
}

/* A terminal that has gone is not ours, and there is nothing to be read anew. */
static void on_hangup(struct loop *loop, int signal, pid_t sender, void *context)
{
	(void)loop, (void)signal, (void)sender, (void)context;
}

static void on_stopper_gone(struct loop *loop, const struct pidref *ref, void *context)
{
	struct service *s = context;
	size_t living, count = roster_count(&s->roster, &living);

	service_say(s, "Who was stopping the cluster (pid %d) has gone: %zu of %zu members are there", (int)ref->pid,
		    living, count);
	pidref_done(&s->stopper);
	s->roster.state = ROSTER_RUNNING;
	lock_release(s->lock, LOCK_STOPPING);
	service_write(s);
	loop_stop(loop, 0);
}

/* Somebody stops the cluster from outside: nothing more is started, and who ends now was ended. There is one at a time,
 * who has the lock: another one that we know of has just gone. */
static void on_stopping(struct loop *loop, int signal, pid_t sender, void *context)
{
	CLEANUP(pidref_done) struct pidref stopper = PIDREF_NONE;
	struct service *s = context;

	(void)signal;
	if (!s->lines || pidref_open(&s->procfs, sender, &stopper) < 0)
		return;
	loop_remove_pidref(loop, &s->stopper);
	pidref_done(&s->stopper);
	s->stopper = stopper;
	stopper = PIDREF_NONE;
	if (loop_add_pidref(loop, &s->procfs, &s->stopper, on_stopper_gone, s) < 0) {
		pidref_done(&s->stopper);
		return;
	}
	s->roster.state = ROSTER_STOPPING;
	if (!s->attached || s->foreground)
		service_say(s, "Cluster is going down... (by pid %d)", (int)sender);
	s->cancelled = true; /* a start */
	if (service_write(s) < 0)
		lock_take(s->lock, LOCK_STOPPING, false);
	loop_stop(loop, 0);
}

/* That one is through. Of anybody else it is the wish for a report of ourselves. */
static void on_stopped(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct service *s = context;

	(void)signal;
	if (s->stopper.pid != sender || sender == 0) {
		selfreport_ask(&s->selfreport);
		return;
	}
	loop_remove_pidref(loop, &s->stopper);
	s->over = true;
	loop_stop(loop, 0);
}

int service_take_signals(struct service *s)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGQUIT };
	int r = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && r == 0; i++)
		r = loop_add_signal(s->loop, ends[i], on_end, s);
	if (r == 0)
		r = loop_add_signal(s->loop, SIGHUP, s->foreground ? on_end : on_hangup, s);
	if (r == 0)
		r = loop_add_signal(s->loop, SIGUSR1, on_stopping, s);
	return r < 0 ? r : loop_add_signal(s->loop, SIGUSR2, on_stopped, s);
}

/* ---- the end ---- */

bool service_may_stop(struct service *s)
{
	while (!s->over && !s->stopper.pid) {
		if (lock_take(s->lock, LOCK_STOP, false) != -EWOULDBLOCK)
			return true;
		service_pause(s, LOCK_LOOK_MS);
	}
	return false;
}

int service_stop(struct service *s, bool stop_lines)
{
	struct stopping stopping = {
		.runner = &s->runner, .roster = &s->roster, .config = s->config, .mark = s->commands.mark,
		.self = s->roster.daemon,
	};
	int r;

	s->lines = NULL;
	s->cancelled = false; /* what is run now is not given up */
	s->roster.state = ROSTER_STOPPING;
	service_write(s);
	r = stopping_all(&stopping, stop_lines);
	if (r == -EBUSY)
		s->has_pid_file = false; /* it stays: by it `status`, `stop` and `start` know who is left */
	return r;
}

/* Until it is to be stopped by us, or is: what a signal says waits while somebody stops it from outside. -errno. */
static int wait_for_end(struct service *s, int *status)
{
	int r = 0;

	*status = roster_exit_status(&s->roster, s->exit_on);
	while (r >= 0 && !s->over && (s->stopper.pid || (!s->signal && !s->given_up && *status < 0))) {
		r = loop_run(s->loop);
		*status = roster_exit_status(&s->roster, s->exit_on);
	}
	return r < 0 ? r : 0;
}

int service_live(struct service *s)
{
	int r, status;

	do
		r = wait_for_end(s, &status);
	while (r == 0 && !s->over && !service_may_stop(s));
	if (r < 0)
		service_say(s, "cannot go on: %s", log_errno(r));
	if (s->over)
		return 0;
	service_say(s, "Cluster is going down...");
	if (service_stop(s, true) < 0 && status < 0)
		return 1;
	return status < 0 ? 0 : status;
}
