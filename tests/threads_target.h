/* threads_target.h: a process of tests/progs/threads.c, and captures of it. */
#ifndef TESTS_THREADS_TARGET_H
#define TESTS_THREADS_TARGET_H

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/capture.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/pidref.h"
#include "core/procfs.h"
#include "tests/child.h"

#define TARGET_MARK 0x6b72616d2061206eUL

struct target {
	struct procfs proc;
	struct pidref ref;
	int dir, in;
	FILE *out;
	struct capture_options options; /* for its captures: with patience */
};

/* The program stands beside the tests that were built with it. */
static inline void target_program(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);
	char *slash;

	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	slash = strrchr(path, '/');
	ck_assert_ptr_nonnull(slash);
	strcpy(slash, "/progs/threads");
}

static inline pid_t target_spawn(struct target *t, const char *path, const char *const argv[])
{
	int in[2], out[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execv(path, (char **)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	t->in = in[1];
	t->out = fdopen(out[0], "r");
	return pid;
}

static inline void target_start_at(struct target *t, const char *path, const char *sleepers, const char *busy,
				   const char *kind)
{
	char line[16] = "";
	pid_t pid = target_spawn(t, path, (const char *const[]){ "threads", sleepers, busy, kind, NULL });

	ck_assert_ptr_nonnull(fgets(line, sizeof line, t->out));
	ck_assert_str_eq(line, "ready\n");
	ck_assert_int_eq(procfs_open_own(&t->proc), 0);
	ck_assert_int_eq(pidref_open(&t->proc, pid, &t->ref), 0);
	t->dir = procfs_process(&t->proc, pid);
	ck_assert_int_ge(t->dir, 0);
	t->options = (struct capture_options){
		.look_ns = 20000000, .max_stop_ns = 5000000000, .stack_max = 1 << 20, .total_max = 64 << 20,
	};
}

static inline void target_start(struct target *t, const char *sleepers, const char *busy, const char *kind)
{
	char path[PATH_MAX];

	target_program(path);
	target_start_at(t, path, sleepers, busy, kind);
}

static inline int target_try(struct target *t, enum capture_mode mode, struct capture **ret)
{
	t->options.mode = mode;
	t->options.deadline_ns = clock_ns() + 40 * INT64_C(1000000000);
	return capture_take(&t->proc, t->dir, &t->ref, &t->options, ret);
}

static inline struct capture *target_take(struct target *t, enum capture_mode mode)
{
	struct capture *c = NULL;

	ck_assert_int_eq(target_try(t, mode, &c), 0);
	return c;
}

/* Close its input and reap it. What it counted: signals, and calls that were interrupted. */
static inline int target_finish(struct target *t, int *ret_interrupted)
{
	int counted = -1, status = -1;

	close(t->in);
	ck_assert_int_eq(fscanf(t->out, "%d %d", &counted, ret_interrupted), 2);
	ck_assert_int_eq(waitpid(t->ref.pid, &status, 0), t->ref.pid);
	ck_assert_int_eq(status, 0);
	fclose(t->out);
	close(t->dir);
	pidref_done(&t->ref);
	procfs_done(&t->proc);
	return counted;
}

static inline void target_end(struct target *t)
{
	close(t->in);
	child_end(t->ref.pid);
	fclose(t->out);
	close(t->dir);
	pidref_done(&t->ref);
	procfs_done(&t->proc);
}

static inline bool target_marked(const struct capture_thread *thread)
{
	const unsigned long mark[2] = { TARGET_MARK, TARGET_MARK };

	return thread->stack && memmem(thread->stack, thread->stack_len, mark, sizeof mark);
}

/* How many threads were read so; all must have an error where they were not read, and none where they were. */
static inline size_t target_count(const struct capture *c, enum capture_how how)
{
	size_t count = 0;

	for (size_t i = 0; i < c->thread_count; i++) {
		ck_assert_int_eq(c->threads[i].how == CAPTURE_UNREAD, c->threads[i].error < 0);
		count += c->threads[i].how == how;
	}
	return count;
}

static inline size_t target_count_marked(const struct capture *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->thread_count; i++)
		count += target_marked(&c->threads[i]);
	return count;
}

struct target_traces { pid_t tracer; int held; };

static inline int target_look(pid_t tid, int dir, void *context)
{
	CLEANUP(buf_done) struct buf status = BUF(16384);
	struct target_traces *traces = context;
	uint64_t tracer = 0;

	(void)tid;
	if (procfs_read(dir, "status", &status) < 0)
		return 0;
	ck_assert_int_eq(procparse_field_number(status.data, status.len, "TracerPid", &tracer), 0);
	if (tracer)
		traces->tracer = (pid_t)tracer;
	traces->held += memmem(status.data, status.len, "State:\tt", 8) != NULL;
	return 0;
}

/* Who traces any thread of it, 0: nobody, and none is held in a stop of ptrace(2); -1: nobody, but one is. */
static inline pid_t target_tracer(const struct target *t)
{
	struct target_traces traces = { 0 };

	ck_assert_int_eq(procfs_each_thread(t->dir, target_look, &traces), 0);
	return traces.tracer ? traces.tracer : traces.held ? -1 : 0;
}

#endif
