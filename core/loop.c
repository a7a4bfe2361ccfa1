/* loop.c: see loop.h: what is added to a loop. What runs is in loop_run.c. */
#include "core/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/grow.h"
#include "core/loop_private.h"

/* 31 years: that much may be added to any clock. */
#define DELAY_MAX_MS INT64_C(1000000000000)

void loop_cut(void *items, size_t *count, size_t at, size_t item_size)
{
	char *base = items;

	(*count)--;
	memmove(base + at * item_size, base + (at + 1) * item_size, (*count - at) * item_size);
}

int64_t loop_now(void)
{
	return clock_ms();
}

/* Before an entry that poll(2) looks at is added: dispatch itself must not allocate. */
static int reserve_poll(struct loop *loop)
{
	size_t needed = POLL_FIRST + loop->fd_count + loop->pidref_count + 1;
	int r = GROW(loop->poll, loop->poll_size, needed);

	return r < 0 ? r : GROW(loop->polled, loop->polled_size, needed);
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
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
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
	fd_close(loop->timer_fd);
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
		r = GROW(loop->fds, loop->fd_size, loop->fd_count + 1);
	if (r < 0)
		return r;
	loop->fds[loop->fd_count++] = (struct entry_fd){ ++loop->serial, fd, events, function, context };
	return 0;
}

void loop_remove_fd(struct loop *loop, int fd)
{
	const struct entry_fd *entry = find_fd(loop, fd);

	if (entry)
		LOOP_CUT(loop, fds, fd_count, (size_t)(entry - loop->fds));
}

struct entry_timer *loop_find_timer(struct loop *loop, loop_timer_fn function, const void *context)
{
	for (size_t i = 0; i < loop->timer_count; i++)
		if (loop->timers[i].function == function && loop->timers[i].context == context)
			return &loop->timers[i];
	return NULL;
}

/* The entry of a timer, made if there is none; NULL: no memory for it. */
static struct entry_timer *have_timer(struct loop *loop, loop_timer_fn function, void *context)
{
	struct entry_timer *timer = loop_find_timer(loop, function, context);

	if (timer || GROW(loop->timers, loop->timer_size, loop->timer_count + 1) < 0)
		return timer;
	timer = &loop->timers[loop->timer_count++];
	*timer = (struct entry_timer){ .function = function, .context = context };
	return timer;
}

int loop_set_timer(struct loop *loop, int64_t delay_ms, loop_timer_fn function, void *context)
{
	struct entry_timer *timer = have_timer(loop, function, context);

	if (!timer)
		return -ENOMEM;
	if (delay_ms < 0)
		delay_ms = 0;
	if (delay_ms > DELAY_MAX_MS)
		delay_ms = DELAY_MAX_MS;
	timer->serial = ++loop->serial;
	timer->armed = true;
	timer->when_ns = clock_ns() + delay_ms * LOOP_NS_PER_MS;
	return 0;
}

int loop_reserve_timer(struct loop *loop, loop_timer_fn function, void *context)
{
	struct entry_timer *timer = have_timer(loop, function, context);

	if (!timer)
		return -ENOMEM;
	timer->reserved = true;
	return 0;
}

void loop_drop_timer(struct loop *loop, struct entry_timer *timer)
{
	timer->armed = false;
	if (!timer->reserved)
		LOOP_CUT(loop, timers, timer_count, (size_t)(timer - loop->timers));
}

void loop_clear_timer(struct loop *loop, loop_timer_fn function, void *context)
{
	struct entry_timer *timer = loop_find_timer(loop, function, context);

	if (timer)
		loop_drop_timer(loop, timer);
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
	return GROW(loop->children, loop->child_size, loop->child_count + 1);
}

int loop_add_child(struct loop *loop, pid_t pid, loop_child_fn function, void *context)
{
	int r = loop_reserve_child(loop);

	if (r < 0)
		return r;
	loop->children[loop->child_count++] = (struct entry_child){ pid, function, context };
	return 0;
}

void loop_set_orphans(struct loop *loop, loop_child_fn function, void *context)
{
	loop->orphans = function;
	loop->orphans_context = context;
}

bool loop_has_child(const struct loop *loop, pid_t pid)
{
	for (size_t i = 0; i < loop->child_count; i++)
		if (loop->children[i].pid == pid)
			return true;
	return false;
}

void loop_remove_child(struct loop *loop, pid_t pid)
{
	for (size_t i = loop->child_count; i > 0; i--)
		if (loop->children[i - 1].pid == pid)
			LOOP_CUT(loop, children, child_count, i - 1);
}

int loop_add_pidref(struct loop *loop, const struct procfs *proc, const struct pidref *ref, loop_pidref_fn function,
		    void *context)
{
	int r = reserve_poll(loop);

	if (r == 0)
		r = GROW(loop->pidrefs, loop->pidref_size, loop->pidref_count + 1);
	if (r < 0)
		return r;
	loop->pidrefs[loop->pidref_count++] = (struct entry_pidref){
		.serial = ++loop->serial, .ref = ref, .proc = proc, .look_ns = clock_ns(),
		.function = function, .context = context,
	};
	return 0;
}

void loop_remove_pidref(struct loop *loop, const struct pidref *ref)
{
	for (size_t i = loop->pidref_count; i > 0; i--)
		if (loop->pidrefs[i - 1].ref == ref)
			LOOP_CUT(loop, pidrefs, pidref_count, i - 1);
}
