/* loop.c: see loop.h.
 *
 * The arrays of entries may grow and shrink while their callbacks run, so dispatch never keeps a pointer or an index
 * across a callback: every entry has a serial number that is never used twice, and what poll(2) said is looked up by it. */
#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { PIDREF_LOOK_MS = 100, TABLE_FIRST = 8 };

struct entry_fd { uint64_t serial; int fd; short events; loop_fd_fn function; void *context; };
struct entry_timer { uint64_t serial; bool armed; int64_t when; loop_timer_fn function; void *context; };
struct entry_child { pid_t pid; loop_child_fn function; void *context; };
struct entry_pidref {
	uint64_t serial;
	const struct pidref *ref;
	const struct procfs *proc;
	int64_t look; /* when to look next, where there is no pidfd */
	loop_pidref_fn function;
	void *context;
};
struct entry_signal { loop_signal_fn function; void *context; };

struct loop {
	int signal_fd;
	sigset_t mask, old_mask;
	bool stopped;
	int status;
	uint64_t serial;
	struct entry_fd *fds;
	size_t fd_count, fd_size;
	struct entry_timer *timers;
	size_t timer_count, timer_size;
	struct entry_child *children;
	size_t child_count, child_size;
	struct entry_pidref *pidrefs;
	size_t pidref_count, pidref_size;
	struct entry_signal signals[_NSIG];
	struct pollfd *poll; /* room for signal_fd, all fds, all pidrefs */
	size_t poll_size;
	uint64_t *polled; /* the serial number of the entry behind each slot of poll */
	size_t polled_size;
};

/* Room for COUNT items of ITEM_SIZE at *ITEMS. */
static int grow(void *items, size_t *size, size_t count, size_t item_size)
{
	void **array = items, *bigger;
	size_t new_size = *size ? *size : TABLE_FIRST;

	if (count <= *size)
		return 0;
	while (new_size < count)
		new_size *= 2;
	bigger = reallocarray(*array, new_size, item_size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*size = new_size;
	return 0;
}

#define GROW(loop, items, size, count) grow(&(loop)->items, &(loop)->size, count, sizeof(*(loop)->items))

/* Remove item AT of an array of COUNT. Order is kept: callbacks run in the order in which they were added. */
static void cut(void *items, size_t *count, size_t at, size_t item_size)
{
	char *base = items;

	(*count)--;
	memmove(base + at * item_size, base + (at + 1) * item_size, (*count - at) * item_size);
}

#define CUT(loop, items, count, at) cut((loop)->items, &(loop)->count, at, sizeof(*(loop)->items))

int64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Before an entry that poll(2) looks at is added: dispatch itself must not allocate. */
static int reserve_poll(struct loop *loop)
{
	size_t needed = 1 + loop->fd_count + loop->pidref_count + 1;
	int r = GROW(loop, poll, poll_size, needed);

	return r < 0 ? r : GROW(loop, polled, polled_size, needed);
}

int loop_new(struct loop **ret)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (!loop)
		return -ENOMEM;
	sigemptyset(&loop->mask);
	sigaddset(&loop->mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &loop->mask, &loop->old_mask);
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would make the kernel throw statuses away */
	loop->signal_fd = signalfd(-1, &loop->mask, SFD_CLOEXEC | SFD_NONBLOCK);
	r = loop->signal_fd < 0 ? -errno : reserve_poll(loop);
	if (r < 0) {
		loop_free(loop);
		return r;
	}
	*ret = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	fd_close(loop->signal_fd);
	sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
	free(loop->fds);
	free(loop->timers);
	free(loop->children);
	free(loop->pidrefs);
	free(loop->poll);
	free(loop->polled);
	free(loop);
}

void loop_stop(struct loop *loop, int status)
{
	loop->stopped = true;
	loop->status = status;
}

static struct entry_fd *find_fd(struct loop *loop, int fd)
{
	for (size_t i = 0; i < loop->fd_count; i++)
		if (loop->fds[i].fd == fd)
			return &loop->fds[i];
	return NULL;
}

int loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn function, void *context)
{
	int r;

	if (find_fd(loop, fd))
		return -EEXIST;
	r = reserve_poll(loop);
	if (r == 0)
		r = GROW(loop, fds, fd_size, loop->fd_count + 1);
	if (r < 0)
		return r;
	loop->fds[loop->fd_count++] = (struct entry_fd){ ++loop->serial, fd, events, function, context };
	return 0;
}

void loop_remove_fd(struct loop *loop, int fd)
{
	const struct entry_fd *entry = find_fd(loop, fd);

	if (entry)
		CUT(loop, fds, fd_count, (size_t)(entry - loop->fds));
}

static struct entry_timer *find_timer(struct loop *loop, loop_timer_fn function, const void *context)
{
	for (size_t i = 0; i < loop->timer_count; i++)
		if (loop->timers[i].function == function && loop->timers[i].context == context)
			return &loop->timers[i];
	return NULL;
}

int loop_set_timer(struct loop *loop, int64_t delay_ms, loop_timer_fn function, void *context)
{
	struct entry_timer *timer = find_timer(loop, function, context);
	int64_t now = loop_now();
	int r;

	if (delay_ms < 0)
		delay_ms = 0;
	if (delay_ms > INT64_MAX - now)
		delay_ms = INT64_MAX - now;
	if (!timer) {
		r = GROW(loop, timers, timer_size, loop->timer_count + 1);
		if (r < 0)
			return r;
		timer = &loop->timers[loop->timer_count++];
	}
	*timer = (struct entry_timer){ ++loop->serial, true, now + delay_ms, function, context };
	return 0;
}

void loop_clear_timer(struct loop *loop, loop_timer_fn function, void *context)
{
	const struct entry_timer *timer = find_timer(loop, function, context);

	if (timer)
		CUT(loop, timers, timer_count, (size_t)(timer - loop->timers));
}

int loop_add_signal(struct loop *loop, int signal, loop_signal_fn function, void *context)
{
	sigset_t mask = loop->mask;

	if (signal <= 0 || signal >= _NSIG || signal == SIGCHLD)
		return -EINVAL;
	sigaddset(&mask, signal);
	if (signalfd(loop->signal_fd, &mask, 0) < 0)
		return -errno;
	loop->mask = mask;
	loop->signals[signal] = (struct entry_signal){ function, context };
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return 0;
}

int loop_reserve_child(struct loop *loop)
{
	return GROW(loop, children, child_size, loop->child_count + 1);
}

int loop_add_child(struct loop *loop, pid_t pid, loop_child_fn function, void *context)
{
	int r = loop_reserve_child(loop);

	if (r < 0)
		return r;
	loop->children[loop->child_count++] = (struct entry_child){ pid, function, context };
	return 0;
}

int loop_add_pidref(struct loop *loop, const struct procfs *proc, const struct pidref *ref, loop_pidref_fn function,
		    void *context)
{
	int r = reserve_poll(loop);

	if (r == 0)
		r = GROW(loop, pidrefs, pidref_size, loop->pidref_count + 1);
	if (r < 0)
		return r;
	loop->pidrefs[loop->pidref_count++] = (struct entry_pidref){
		.serial = ++loop->serial, .ref = ref, .proc = proc, .look = loop_now(),
		.function = function, .context = context,
	};
	return 0;
}

void loop_remove_pidref(struct loop *loop, const struct pidref *ref)
{
	for (size_t i = 0; i < loop->pidref_count; i++)
		if (loop->pidrefs[i].ref == ref) {
			CUT(loop, pidrefs, pidref_count, i);
			return;
		}
}

/* ---- one turn ---- */

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
			CUT(loop, children, child_count, i);
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

	CUT(loop, pidrefs, pidref_count, at);
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
			CUT(loop, fds, fd_count, i);
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

/* A timer that sets itself anew in its function is run again in the next turn at the earliest, and finds its entry: it is
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
		due = find_timer(loop, function, context);
		if (due && !due->armed)
			CUT(loop, timers, timer_count, (size_t)(due - loop->timers));
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
