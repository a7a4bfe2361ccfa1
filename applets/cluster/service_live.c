/* service_live.c: see service.h: what happens to a cluster that was started. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "applets/cluster/process.h"
#include "applets/cluster/service.h"
#include "applets/cluster/stopping.h"
#include "core/log.h"

/* ---- signals ---- */

static void on_end(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct service *s = context;

	(void)sender;
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

	(void)loop;
	service_say(s, "Who was stopping the cluster (pid %d) has gone: %zu of %zu members are there", (int)ref->pid,
		    living, count);
	pidref_done(&s->stopper);
	s->roster.state = ROSTER_RUNNING;
	lock_release(s->lock, LOCK_STOPPING);
	service_write(s);
}

/* Somebody stops the cluster from outside: nothing more is started, and who ends now was ended. */
static void on_stopping(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct service *s = context;

	(void)signal;
	if (s->stopper.pid || s->signal || pidref_open(&s->procfs, sender, &s->stopper) < 0)
		return;
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

/* That one is through. */
static void on_stopped(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct service *s = context;

	(void)signal;
	if (s->stopper.pid != sender || sender == 0)
		return;
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

int service_stop(struct service *s, bool stop_lines)
{
	struct stopping stopping = {
		.runner = &s->runner, .roster = &s->roster, .config = s->config, .mark = s->commands.mark,
		.self = process_node(&s->roster.daemon),
	};

	s->lines = NULL;
	s->cancelled = false; /* what is run now is not given up */
	s->roster.state = ROSTER_STOPPING;
	service_write(s);
	return stopping_all(&stopping, stop_lines);
}

/* Has a member ended that `run` is to end with? Its exit status then; else -1. */
static int exit_status(const struct service *s)
{
	size_t living, count = roster_count(&s->roster, &living);
	int status = 0;

	if (s->exit_on == EXIT_ON_TERM || count == 0 || living == count || (s->exit_on == EXIT_ON_ALL && living > 0))
		return -1;
	for (size_t i = 0; i < s->roster.count && status == 0; i++)
		if (s->roster.members[i].ended && member_counts(&s->roster.members[i]))
			status = spawn_exit_status(s->roster.members[i].status);
	return status;
}

int service_live(struct service *s)
{
	int status = -1;

	while (!s->over && !s->signal && status < 0) {
		if (loop_run(s->loop) < 0)
			return 1;
		if (!s->stopper.pid)
			status = exit_status(s);
	}
	if (s->over)
		return s->status;
	service_say(s, "Cluster is going down...");
	if (service_stop(s, true) < 0 && status < 0)
		return 1;
	return status < 0 ? 0 : status;
}
