/* loop_run.c: see loop.h: the turns of a loop. */
#include "core/loop.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop_private.h"

/* What poll(2) itself waits for may be late by a thousandth of the time (the kernel's select_estimate_accuracy()), by
 * five where nice(1) was used: up to this long that does not matter, and takes no more system calls. */
#define POLL_IS_EXACT_NS ((int64_t)PIDREF_LOOK_MS * LOOP_NS_PER_MS)

static size_t fill_poll(struct loop *loop)
{
	size_t n = POLL_FIRST;

	loop->poll[POLL_SIGNALS] = (struct pollfd){ .fd = loop->signal_fd, .events = POLLIN };
	loop->poll[POLL_TIMER] = (struct pollfd){ .fd = loop->timer_fd, .events = POLLIN };
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

/* When the next timer or look is due; 0: none is. */
static int64_t next_due(const struct loop *loop)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < loop->timer_count; i++)
		if (loop->timers[i].armed && loop->timers[i].when_ns < next)
			next = loop->timers[i].when_ns;
	for (size_t i = 0; i < loop->pidref_count; i++)
		if (loop->pidrefs[i].ref->fd < 0 && loop->pidrefs[i].look_ns < next)
			next = loop->pidrefs[i].look_ns;
	return next == INT64_MAX ? 0 : next;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
}

/* Have the timerfd become readable at WHEN, 0: not at all; setting it also ends that it is. False: there is none. */
static bool set_timer_fd(struct loop *loop, int64_t when)
{
	const struct itimerspec spec = { .it_value = timespec_of(when) };

	if (when == loop->timer_fd_ns)
		return true;
	if (loop->timer_fd < 0 || timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		return false;
	loop->timer_fd_ns = when;
	return true;
}

/* poll(2)'s time-out, NULL: none. What it would be late for is the timerfd's; that stays set, behind a nearer timer,
 * for what it was set to, unless it is due and would wake us for nothing. */
static const struct timespec *set_alarm(struct loop *loop, struct timespec *wait)
{
	int64_t next = next_due(loop), now = next ? clock_ns() : 0, left = next > now ? next - now : 0;

	*wait = timespec_of(left);
	if (next && left <= POLL_IS_EXACT_NS) {
		if (loop->timer_fd_ns <= now)
			set_timer_fd(loop, 0);
		return wait;
	}
	return set_timer_fd(loop, next) || !next ? NULL : wait;
}

static void child_changed(struct loop *loop, pid_t pid, int status)
{
	bool ended = WIFEXITED(status) || WIFSIGNALED(status);

	for (size_t i = 0; i < loop->child_count; i++) {
		const struct entry_child child = loop->children[i];

		if (child.pid != pid)
			continue;
		if (ended)
			LOOP_CUT(loop, children, child_count, i);
		child.function(loop, pid, status, child.context);
		return;
	}
	if (ended && loop->orphans)
		loop->orphans(loop, pid, status, loop->orphans_context);
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
	int64_t now = clock_ns();

	for (size_t i = 0; !loop->stopped && i < loop->pidref_count; i++) {
		struct entry_pidref *entry = &loop->pidrefs[i];

		if (entry->ref->fd >= 0 || entry->look_ns > now || entry->serial > newest)
			continue;
		entry->look_ns = now + (int64_t)PIDREF_LOOK_MS * LOOP_NS_PER_MS;
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

		if (timer->armed && timer->when_ns <= now && timer->serial <= newest &&
		    (!due || timer->when_ns < due->when_ns))
			due = timer;
	}
	return due;
}

/* A timer that sets itself anew in its function runs again in the next turn at the earliest, and finds its entry: it is
 * removed only behind the function, so that setting it anew allocates nothing. */
static void run_timers(struct loop *loop, uint64_t newest)
{
	int64_t now = clock_ns();
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
	const struct timespec pause = { .tv_nsec = PIDREF_LOOK_MS * (long)LOOP_NS_PER_MS };
	struct timespec wait;
	const struct timespec *timeout = set_alarm(loop, &wait);
	size_t count = fill_poll(loop);
	uint64_t newest = loop->serial;
	int ready = ppoll(loop->poll, count, timeout, NULL);

	if (ready < 0 && (errno == ENOMEM || errno == EAGAIN))
		nanosleep(&pause, NULL); /* the kernel is out of memory: a guard does not end of that */
	else if (ready < 0 && errno != EINTR)
		return -errno;
	if (ready > 0 && loop->poll[POLL_SIGNALS].revents)
		take_signals(loop);
	for (size_t i = POLL_FIRST; ready > 0 && i < count && !loop->stopped; i++)
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
