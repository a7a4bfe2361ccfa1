/* loop_run.c: see loop.h: the turns of a loop. */
#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/loop_private.h"

static size_t fill_poll(struct loop *loop)
{
	size_t n = 1;

	loop->poll[0] = (struct pollfd){ .fd = loop->signal_fd, .events = POLLIN };
	for (size_t i = 0; i < loop->fd_count; i++) {
		loop->polled[n] = loop->fds[i].serial;
		loop->poll[n++] = (struct pollfd){ .fd = loop->fds[i].fd, .events = loop->fds[i].events };
	}
	for (size_t i = 0; i < loop->pidref_count; i++) {
		if (loop->pidrefs[i].ref->fd < 0)
			continue;
		loop->polled[n] = loop->pidrefs[i].serial;
		loop->poll[n++] = (struct pollfd){ .fd = loop->pidrefs[i].ref->fd, .events = POLLIN };
	}
	return n;
}

/* poll(2)'s time-out: -1 at rest. */
static int next_timeout(const struct loop *loop)
{
	int64_t next = INT64_MAX, wait;

	for (size_t i = 0; i < loop->timer_count; i++)
		if (loop->timers[i].armed && loop->timers[i].when < next)
			next = loop->timers[i].when;
	for (size_t i = 0; i < loop->pidref_count; i++)
		if (loop->pidrefs[i].ref->fd < 0 && loop->pidrefs[i].look < next)
			next = loop->pidrefs[i].look;
	if (next == INT64_MAX)
		return -1;
	wait = next - loop_now();
	return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static void child_changed(struct loop *loop, pid_t pid, int status)
{
	for (size_t i = 0; i < loop->child_count; i++) {
		const struct entry_child child = loop->children[i];

		if (child.pid != pid)
			continue;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			LOOP_CUT(loop, children, child_count, i);
		child.function(loop, pid, status, child.context);
		return;
	}
}

static void reap(struct loop *loop)
{
	int status;
	pid_t pid;

	while (!loop->stopped) {
		pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
		if (pid <= 0)
			return;
		child_changed(loop, pid, status);
	}
}

/* Signals are read one at a time: after loop_stop() the rest stays pending and is not lost. */
static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (!loop->stopped && read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		const struct entry_signal *entry;

		if (info.ssi_signo == SIGCHLD) {
			reap(loop);
			continue;
		}
		entry = info.ssi_signo < _NSIG ? &loop->signals[info.ssi_signo] : NULL;
		if (entry && entry->function)
			entry->function(loop, (int)info.ssi_signo,
					info.ssi_code == SI_KERNEL ? 0 : (pid_t)info.ssi_pid, entry->context);
	}
}

static void pidref_ended(struct loop *loop, size_t at)
{
	const struct entry_pidref entry = loop->pidrefs[at];

	LOOP_CUT(loop, pidrefs, pidref_count, at);
	entry.function(loop, entry.ref, entry.context);
}

static void dispatch_polled(struct loop *loop, uint64_t serial, short revents)
{
	for (size_t i = 0; i < loop->pidref_count; i++)
		if (loop->pidrefs[i].serial == serial) {
			pidref_ended(loop, i);
			return;
		}
	for (size_t i = 0; i < loop->fd_count; i++) {
		const struct entry_fd entry = loop->fds[i];

		if (entry.serial != serial)
			continue;
		if (revents & POLLNVAL)
			LOOP_CUT(loop, fds, fd_count, i);
		entry.function(loop, entry.fd, revents, entry.context);
		return;
	}
}

/* The pidrefs without a pidfd whose look is due. NEWEST: entries behind it were added in this turn. */
static void look_at_pidrefs(struct loop *loop, uint64_t newest)
{
	int64_t now = loop_now();

	for (size_t i = 0; !loop->stopped && i < loop->pidref_count; i++) {
		struct entry_pidref *entry = &loop->pidrefs[i];

		if (entry->ref->fd >= 0 || entry->look > now || entry->serial > newest)
			continue;
		entry->look = now + PIDREF_LOOK_MS;
		if (pidref_verify(entry->proc, entry->ref) != -ESRCH)
			continue;
		pidref_ended(loop, i);
		i = (size_t)-1; /* from the start: anything may have changed, and what was looked at is not due */
	}
}

static struct entry_timer *due_timer(struct loop *loop, int64_t now, uint64_t newest)
{
	struct entry_timer *due = NULL;

	for (size_t i = 0; i < loop->timer_count; i++) {
		struct entry_timer *timer = &loop->timers[i];

		if (timer->armed && timer->when <= now && timer->serial <= newest && (!due || timer->when < due->when))
			due = timer;
	}
	return due;
}

/* A timer that sets itself anew in its function runs again in the next turn at the earliest, and finds its entry: it is
 * removed only behind the function, so that setting it anew allocates nothing. */
static void run_timers(struct loop *loop, uint64_t newest)
{
	int64_t now = loop_now();
	struct entry_timer *due;

	while (!loop->stopped && (due = due_timer(loop, now, newest))) {
		loop_timer_fn function = due->function;
		void *context = due->context;

		due->armed = false;
		function(loop, context);
		due = loop_find_timer(loop, function, context);
		if (due && !due->armed)
			loop_drop_timer(loop, due);
	}
}

static int turn(struct loop *loop)
{
	const struct timespec pause = { .tv_nsec = PIDREF_LOOK_MS * 1000000L };
	size_t count = fill_poll(loop);
	uint64_t newest = loop->serial;
	int ready = poll(loop->poll, count, next_timeout(loop));

	if (ready < 0 && (errno == ENOMEM || errno == EAGAIN))
		nanosleep(&pause, NULL); /* the kernel is out of memory: a guard does not end of that */
	else if (ready < 0 && errno != EINTR)
		return -errno;
	if (ready > 0 && loop->poll[0].revents)
		take_signals(loop);
	for (size_t i = 1; ready > 0 && i < count && !loop->stopped; i++)
		if (loop->poll[i].revents)
			dispatch_polled(loop, loop->polled[i], loop->poll[i].revents);
	look_at_pidrefs(loop, newest);
	run_timers(loop, newest);
	return 0;
}

int loop_run(struct loop *loop)
{
	int r = 0;

	reap(loop); /* a child that ended before loop_new() blocked SIGCHLD left no signal behind */
	while (!loop->stopped && r == 0)
		r = turn(loop);
	loop->stopped = false;
	return r < 0 ? r : loop->status;
}
