#include "applets/gmr/locks.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/syscalls.h"
#include "core/cleanup.h"
#include "core/memory.h"
#include "core/procparse_task.h"
#include "core/procfs.h"

/* A thread by the id that it has in the pid namespace of its process. */
struct locks_thread {
	pid_t tid;
	size_t index;
};

struct locks {
	const struct target *target;
	const struct capture *capture;
	struct locks_thread *threads; /* by tid */
	size_t count;
};

enum { STATUS_MAX = 16384, TASK_FILE_MAX = 32 };

static int by_tid(const void *one, const void *other)
{
	pid_t a = ((const struct locks_thread *)one)->tid, b = ((const struct locks_thread *)other)->tid;

	return (a > b) - (a < b);
}

/* "task/7/status" */
static int read_task(const struct target *target, pid_t tid, const char *file, struct buf *ret)
{
	char name[TASK_FILE_MAX];

	snprintf(name, sizeof(name), "task/%d/%s", tid, file);
	buf_reset(ret);
	return procfs_read(target->dir, name, ret);
}

static void list_threads(struct locks *locks)
{
	const struct capture *capture = locks->capture;
	bool is_inner = locks->target->inner_pid != locks->target->ref.pid;
	CLEANUP(buf_done) struct buf status = BUF(STATUS_MAX);

	for (size_t i = 0; i < capture->thread_count; i++) {
		pid_t tid = capture->threads[i].tid;

		if (is_inner)
			tid = target_inner_tid(locks->target, tid, &status);
		if (tid > 0)
			locks->threads[locks->count++] = (struct locks_thread){ .tid = tid, .index = i };
	}
	qsort(locks->threads, locks->count, sizeof(*locks->threads), by_tid);
}

int locks_open(const struct target *target, const struct capture *capture, struct locks **ret)
{
	struct locks *locks = calloc(1, sizeof(*locks));

	if (!locks)
		return -ENOMEM;
	locks->target = target;
	locks->capture = capture;
	locks->threads = calloc(capture->thread_count + 1, sizeof(*locks->threads));
	if (!locks->threads) {
		locks_free(locks);
		return -ENOMEM;
	}
	list_threads(locks);
	*ret = locks;
	return 0;
}

void locks_free(struct locks *locks)
{
	if (!locks)
		return;
	free(locks->threads);
	free(locks);
}

static bool is_futex(const struct capture_thread *thread)
{
	const char *name = thread->call.number >= 0 ? syscall_name(thread->call.number) : NULL;

	return thread->how != CAPTURE_UNREAD && name && strcmp(name, "futex") == 0;
}

/* Does it still wait in the call in which it was captured? */
static bool still_waits(const struct locks *locks, const struct capture_thread *thread, struct buf *text)
{
	struct procparse_syscall call;

	if (read_task(locks->target, thread->tid, "syscall", text) < 0 ||
	    procparse_syscall(text->data, text->len, &call) < 0)
		return false;
	return call.number == thread->call.number && call.sp == thread->call.sp &&
	       memcmp(call.args, thread->call.args, sizeof(call.args)) == 0;
}

ssize_t locks_owner(const struct locks *locks, size_t index)
{
	const struct capture_thread *thread = &locks->capture->threads[index];
	CLEANUP(buf_done) struct buf text = BUF(STATUS_MAX);
	const struct locks_thread *found;
	struct locks_thread owner;
	struct lock_words words;

	/* By the thread: a process whose first thread has ended has no memory by its own id. */
	if (!is_futex(thread) || memory_read(thread->tid, thread->call.args[0], &words, sizeof(words)) < 0)
		return -1;
	owner.tid = lock_words_owner(&words, thread->call.args[1], thread->call.args[2]);
	if (owner.tid <= 0)
		return -1;
	found = bsearch(&owner, locks->threads, locks->count, sizeof(owner), by_tid);
	/* The mutex may have gone from hand to hand since. */
	return found && still_waits(locks, thread, &text) ? (ssize_t)found->index : -1;
}

/* How often it has been switched away from, where it still waits. */
static bool look_again(const struct locks *locks, size_t index, struct buf *text, uint64_t *ret_switches)
{
	const struct capture_thread *thread = &locks->capture->threads[index];

	return read_task(locks->target, thread->tid, "status", text) == 0 &&
	       procparse_switches(text->data, text->len, ret_switches) == 0 && still_waits(locks, thread, text);
}

/* Who is switched away from as often as before has slept since then. */
bool locks_confirm(const struct locks *locks, const size_t *ring, size_t count)
{
	CLEANUP(buf_done) struct buf text = BUF(STATUS_MAX);
	CLEANUP(free_done) uint64_t *before = calloc(count + 1, sizeof(*before));
	uint64_t now;

	if (!before)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!look_again(locks, ring[i], &text, &before[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		if (locks_owner(locks, ring[i]) != (ssize_t)ring[(i + 1) % count])
			return false;
	for (size_t i = 0; i < count; i++)
		if (!look_again(locks, ring[i], &text, &now) || now != before[i])
			return false;
	return pidref_verify(locks->target->proc, &locks->target->ref) == 0;
}
