/* captured.h: a target and a capture of it made by hand, without core/capture: who its threads are, and in which system
 * call each is. */
#ifndef TESTS_CAPTURED_H
#define TESTS_CAPTURED_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/target.h"
#include "core/capture.h"
#include "core/procparse_task.h"

enum { CAPTURED_MAX = 16 };

struct captured {
	struct procfs proc;
	struct target target;
	struct capture capture;
	struct capture_thread threads[CAPTURED_MAX];
};

static inline void captured_open(struct captured *c, pid_t pid)
{
	memset(c, 0, sizeof(*c));
	ck_assert_int_eq(procfs_open_own(&c->proc), 0);
	ck_assert_int_eq(target_open(&c->proc, pid, &c->target), 0);
	c->capture.pid = pid;
	c->capture.threads = c->threads;
}

static inline void captured_done(struct captured *c)
{
	target_done(&c->target);
	procfs_done(&c->proc);
}

static inline int captured_add(pid_t tid, int dir, void *context)
{
	struct captured *c = context;
	struct capture_thread *thread;
	struct buf text = BUF(4096);
	struct procparse_stat stat;

	ck_assert_uint_lt(c->capture.thread_count, CAPTURED_MAX);
	if (procfs_stat(dir, &stat) < 0)
		return 0;
	thread = &c->threads[c->capture.thread_count++];
	memset(thread, 0, sizeof(*thread));
	thread->tid = tid;
	thread->state = stat.state;
	thread->how = CAPTURE_ASLEEP;
	snprintf(thread->comm, sizeof(thread->comm), "%s", stat.comm);
	thread->call.number = PROCPARSE_CALL_UNKNOWN;
	if (procfs_read(dir, "syscall", &text) == 0)
		(void)procparse_syscall(text.data, text.len, &thread->call);
	buf_done(&text);
	return 0;
}

/* Look anew. The kernel lists the main thread first. Returns how many there are. */
static inline size_t captured_look(struct captured *c)
{
	c->capture.thread_count = 0;
	(void)procfs_each_thread(c->target.dir, captured_add, c);
	return c->capture.thread_count;
}

#endif
