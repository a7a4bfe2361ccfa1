/* Who is reported may be read by the guard's other children, where Yama asks for it. The calls are seen by a prctl(2)
 * of our own, so that this is known on kernels without Yama, too. */
#include <check.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/spawn.h"
#include "tests/suite.h"

static volatile unsigned long *said; /* shared with children */

int prctl(int option, ...)
{
	unsigned long words[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		words[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_PTRACER && said)
		*said = words[0];
	return (int)syscall(SYS_prctl, option, words[0], words[1], words[2], words[3]);
}

static unsigned long said_by(bool readable)
{
	char *const words[] = { (char *)"true", NULL };
	const struct spawn how = { .argv = words, .in = -1, .out = -1, .err = -1, .readable = readable };
	pid_t pid;
	int status;

	*said = 0;
	pid = spawn_start(&how);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return *said;
}

START_TEST(only_when_asked_for)
{
	said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)(uintptr_t)said, MAP_FAILED);
	ck_assert_uint_eq(said_by(true), (unsigned long)getpid());
	ck_assert_uint_eq(said_by(false), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("readable");

	tcase_add_test(tests, only_when_asked_for);
	return suite_run("spawn_readable", tests);
}
