/* nest.h: tests/progs/nest.c as a process that waits, and what is read of it. */
#ifndef TESTS_NEST_H
#define TESTS_NEST_H

#include <check.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "tests/unwind.h"

enum { NEST_FRAMES_MAX = 512 };

/* A stack as it was handed on. */
struct nest_stack {
	struct unwind_frame frame[NEST_FRAMES_MAX];
	size_t count;
	enum unwind_end end;
};

/* AddressSanitizer takes what lies before the thread-local variables of a library, which libdw has, for a header that
 * glibc had once; at times LeakSanitizer follows it to nowhere. */
#ifndef NEST_ASAN_OPTIONS
#define NEST_ASAN_OPTIONS ""
#endif
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "intercept_tls_get_addr=0:" NEST_ASAN_OPTIONS;
}

static pid_t nest_pid;

static inline void nest_path(char ret[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);

	ck_assert_int_gt(n, 0);
	ret[n] = '\0';
	ck_assert_ptr_nonnull(strrchr(ret, '/'));
	strcpy(strrchr(ret, '/'), "/progs/nest");
}

static inline char nest_state(void)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)nest_pid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	return strrchr(text, ')')[2];
}

/* Start PROGRAM, wait until it waits. */
static inline void nest_start_program(const char *program, const char *mode, const char *n)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	nest_pid = fork();
	ck_assert_int_ge(nest_pid, 0);
	if (nest_pid == 0) {
		dup2(ready[1], 1);
		execl(program, program, mode, n, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	for (int i = 0; i < 30000 && nest_state() != 'S'; i++)
		nanosleep(&moment, NULL);
	ck_assert_int_eq(nest_state(), 'S');
}

static inline void nest_start(const char *mode, const char *n)
{
	char program[PATH_MAX];

	nest_path(program);
	nest_start_program(program, mode, n);
}

static inline void nest_end(void)
{
	kill(nest_pid, SIGKILL);
	waitpid(nest_pid, NULL, 0);
}

static inline int nest_take_frame(const struct unwind_frame *frame, void *context)
{
	struct nest_stack *stack = context;

	ck_assert_uint_lt(stack->count, NEST_FRAMES_MAX);
	stack->frame[stack->count++] = *frame;
	return 0;
}

/* The process, at most STACK_MAX bytes of its stack, and a session on it. */
static inline struct unwind *nest_open(size_t stack_max, const struct unwind_options *options, struct capture *ret)
{
	struct unwind *unwind = NULL;
	const char *why = "";

	unwind_take(nest_pid, stack_max, ret);
	ck_assert_uint_eq(ret->thread_count, 1);
	ck_assert_int_eq(ret->threads[0].how, CAPTURE_STOPPED);
	ck_assert_msg(unwind_open(ret, options, &unwind, &why) == 0, "%s", why);
	return unwind;
}

static inline void nest_unwind(struct unwind *unwind, const struct capture_thread *thread, struct nest_stack *ret)
{
	ret->count = 0;
	ck_assert_int_eq(unwind_thread(unwind, thread, nest_take_frame, ret, &ret->end), 0);
	ck_assert_uint_gt(ret->count, 0);
}

/* Where NAME stands in STACK from frame FROM on; the stack's length: nowhere. */
static inline size_t nest_find(const struct nest_stack *stack, size_t from, const char *name)
{
	while (from < stack->count && (!stack->frame[from].name || strcmp(stack->frame[from].name, name) != 0))
		from++;
	return from;
}

/* Are NAMES (ends with NULL) in STACK, in this order? */
static inline void nest_has(const struct nest_stack *stack, const char *const *names)
{
	size_t at = 0;

	for (size_t i = 0; names[i]; i++) {
		at = nest_find(stack, at, names[i]);
		ck_assert_msg(at < stack->count, "%s is missing", names[i]);
		at++;
	}
}

#endif
