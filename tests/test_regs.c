/* Registers; the kernel's own bytes come in test_capture_stop.c. */
#include "core/regs.h"

#include <check.h>
#include <errno.h>
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

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, of_a_system_call);
	tcase_add_test(t, of_another_processor);
	tcase_add_test(t, no_frame_of_a_signal);
	return suite_run("regs", t);
}
