/* System calls by name, against the numbers of the headers that we are built with. */
#include "applets/gmr/syscalls.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/suite.h"

enum { NUMBERS_MAX = 1024 };

#if defined(__x86_64__) || defined(__aarch64__)

START_TEST(some)
{
	ck_assert_str_eq(syscall_name(SYS_read), "read");
	ck_assert_str_eq(syscall_name(SYS_futex), "futex");
	ck_assert_str_eq(syscall_name(SYS_epoll_pwait), "epoll_pwait");
	ck_assert_str_eq(syscall_name(SYS_ppoll), "ppoll");
	ck_assert_str_eq(syscall_name(SYS_clock_nanosleep), "clock_nanosleep");
	ck_assert_str_eq(syscall_name(SYS_wait4), "wait4");
	ck_assert_str_eq(syscall_name(SYS_rt_sigtimedwait), "rt_sigtimedwait");
	ck_assert_str_eq(syscall_name(SYS_accept4), "accept4");
}
END_TEST

/* "#define __NR_read 0", as the preprocessor gives it where a compiler is there (a name that stands for another, as
 * __NR_fstat for __NR3264_fstat, has no number there). */
static bool take_define(const char *line, char name[static 64], long *ret)
{
	return sscanf(line, "#define __NR_%63s %ld", name, ret) == 2 && strcmp(name, "syscalls") != 0 &&
	       strcmp(name, "arch_specific_syscall") != 0;
}

START_TEST(every_one_of_the_header)
{
	FILE *defines = popen("echo '#include <asm/unistd.h>' | ${CC:-cc} -E -dM - 2>/dev/null", "r");
	char line[256], name[64];
	int count = 0;
	long number;

	ck_assert_ptr_nonnull(defines);
	while (fgets(line, sizeof(line), defines)) {
		if (!take_define(line, name, &number))
			continue;
		count++;
		ck_assert_msg(syscall_name(number), "no name for %ld: %s", number, name);
		ck_assert_str_eq(syscall_name(number), name);
	}
	pclose(defines);
	printf("%d of the header\n", count);
	ck_assert(count == 0 || count > 200); /* 0: there is no compiler here */
}
END_TEST

#endif

START_TEST(no_such_call)
{
	ck_assert_ptr_null(syscall_name(-1));
	ck_assert_ptr_null(syscall_name(-2));
	ck_assert_ptr_null(syscall_name(NUMBERS_MAX));
	ck_assert_ptr_null(syscall_name(400)); /* a gap */
	ck_assert_ptr_null(syscall_name((long)(~0UL >> 1)));
	ck_assert_ptr_null(syscall_name(-(long)(~0UL >> 1) - 1));
}
END_TEST

static const struct {
	const char *name;
	enum syscall_first first;
} firsts[] = {
	{ "read", SYSCALL_FIRST_FD },         { "writev", SYSCALL_FIRST_FD },     { "accept", SYSCALL_FIRST_FD },
	{ "epoll_wait", SYSCALL_FIRST_FD },   { "flock", SYSCALL_FIRST_FD },      { "openat", SYSCALL_FIRST_FD },
	{ "recvmsg", SYSCALL_FIRST_FD },      { "ioctl", SYSCALL_FIRST_FD },      { "fsync", SYSCALL_FIRST_FD },
	{ "poll", SYSCALL_FIRST_OTHER },      { "select", SYSCALL_FIRST_OTHER },  { "nanosleep", SYSCALL_FIRST_OTHER },
	{ "mmap", SYSCALL_FIRST_OTHER },      { "open", SYSCALL_FIRST_OTHER },    { "waitid", SYSCALL_FIRST_OTHER },
	{ "pause", SYSCALL_FIRST_NONE },      { "vfork", SYSCALL_FIRST_NONE },    { "wait4", SYSCALL_FIRST_PID },
	{ "kill", SYSCALL_FIRST_PID },        { "futex", SYSCALL_FIRST_ADDRESS }, { "", SYSCALL_FIRST_OTHER },
};

START_TEST(first_argument)
{
	ck_assert_int_eq(syscall_first(firsts[_i].name), firsts[_i].first);
}
END_TEST

/* Each name of the lists is found in them (they are sorted), and is one of a call. */
START_TEST(lists_are_sorted)
{
	int count = 0;

	for (long number = 0; number < NUMBERS_MAX; number++)
		count += syscall_name(number) && syscall_first(syscall_name(number)) == SYSCALL_FIRST_FD;
#if defined(__x86_64__)
	ck_assert_int_eq(count, 123);
#else
	(void)count;
#endif
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

#if defined(__x86_64__) || defined(__aarch64__)
	tcase_add_test(t, some);
	tcase_add_test(t, every_one_of_the_header);
#endif
	tcase_add_test(t, no_such_call);
	tcase_add_loop_test(t, first_argument, 0, sizeof(firsts) / sizeof(*firsts));
	tcase_add_test(t, lists_are_sorted);
	return suite_run("syscalls", t);
}
