/* Registers; the kernel's own bytes come in test_capture_stop.c. */
#include "core/regs.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(of_a_system_call)
{
	struct regs regs = { .thread_pointer = 9 };
	int known = 0;

	regs_of_syscall(0x1230, 0x4560, &regs);
	ck_assert_uint_eq(regs.sp, 0x1230);
	ck_assert_uint_eq(regs.pc, 0x4560);
	ck_assert_uint_eq(regs.thread_pointer, 0);
	for (int i = 0; i < REGS_MAX; i++) {
		if (!(regs.known >> i & 1))
			continue;
		ck_assert(regs.value[i] == 0x1230 || regs.value[i] == 0x4560);
		known++;
	}
	ck_assert_int_ge(known, 1);
	ck_assert_int_le(known, 2);
}
END_TEST

/* That of a 32-bit program, one that was cut, none. */
START_TEST(of_another_processor)
{
	static const size_t sizes[] = { 0, 68, 72, 8 };
	const char bytes[128] = "";
	struct regs regs = { .pc = 7 };
	uint64_t args[6] = { 7 };
	long number = 7;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		ck_assert_int_lt(regs_of_prstatus(bytes, sizes[i], &regs), 0);
		ck_assert_int_eq(regs_call_of_prstatus(bytes, sizes[i], &number, args), -ENOSYS);
	}
	ck_assert_uint_eq(regs.pc, 7);
	ck_assert_int_eq(number, 7);
}
END_TEST

START_TEST(no_frame_of_a_signal)
{
	struct regs_interrupted interrupted = { .sp = 7 };
	uint64_t bytes[64];

	memset(bytes, 0xff, sizeof bytes);
	ck_assert(!regs_of_ucontext(bytes, sizeof bytes, &interrupted));
	ck_assert(!regs_of_ucontext(bytes, 0, &interrupted));
	memset(bytes, 0, sizeof bytes);
	ck_assert(!regs_of_ucontext(bytes, 100, &interrupted));
	ck_assert_uint_eq(interrupted.sp, 7);
}
END_TEST

#if defined(__x86_64__) || defined(__aarch64__)
static uint64_t handler_stack;
static struct regs interrupted_at;

static void handler(int number, siginfo_t *info, void *context)
{
	char bytes[REGS_CONTEXT_SIZE];

	(void)number, (void)info;
	handler_stack = (uintptr_t)bytes;
	memcpy(bytes, context, sizeof bytes);
	ck_assert_int_eq(regs_of_context(bytes, &interrupted_at), 0);
}

/* A ucontext_t of this libc, as a signal's handler gets it: where raise(3) is, below this. */
START_TEST(of_a_context)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	char here;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_uint_gt(interrupted_at.sp, handler_stack);
	ck_assert_uint_lt(interrupted_at.sp, (uintptr_t)&here);
	ck_assert_uint_ne(interrupted_at.pc, 0);
	ck_assert_uint_ge(__builtin_popcountll(interrupted_at.known), 17);
}
END_TEST

START_TEST(of_a_switch)
{
	const uint64_t words[3] = { 0x4560, 0x1230, 0x1280 };
	struct regs regs = { .thread_pointer = 9 };
	char bytes[REGS_SAVED_SIZE];
	size_t found = 0;

	memcpy(bytes, words, sizeof bytes);
	ck_assert_int_eq(regs_of_saved(bytes, &regs), 0);
	ck_assert_uint_eq(regs.pc, words[0]);
	ck_assert_uint_eq(regs.sp, words[1]);
	ck_assert_uint_eq(regs.thread_pointer, 0);
	for (int i = 0; i < REGS_MAX; i++)
		found += regs.known >> i & 1 && (regs.value[i] == words[1] || regs.value[i] == words[2]);
	ck_assert_uint_eq(found, 2);
}
END_TEST

static void add_contexts(TCase *t)
{
	tcase_add_test(t, of_a_context);
	tcase_add_test(t, of_a_switch);
}
#else
static void add_contexts(TCase *t)
{
	(void)t;
}
#endif

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, of_a_system_call);
	tcase_add_test(t, of_another_processor);
	tcase_add_test(t, no_frame_of_a_signal);
	add_contexts(t);
	return suite_run("regs", t);
}
