/* The process that a report is about. */
#include "applets/gmr/target.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

START_TEST(ourselves)
{
	struct target target;
	char exe[PATH_MAX];
	/* valgrind would answer for /proc/self/exe itself. */
	ssize_t n = readlink("/proc/./self/exe", exe, sizeof exe - 1);

	ck_assert_int_gt(n, 0);
	exe[n] = '\0';
	ck_assert_int_eq(target_open(&proc, getpid(), &target), 0);
	ck_assert_int_eq(target.ref.pid, getpid());
	ck_assert_int_eq(target.stat.ppid, getppid());
	ck_assert_int_eq(target.inner_pid, getpid());
	ck_assert_uint_eq(target.uid, getuid());
	ck_assert_uint_eq(target.egid, getegid());
	ck_assert_str_eq(target.exe, exe);
	ck_assert(!target.exe_deleted);
	ck_assert_int_eq(target.exe_error, 0);
	ck_assert_int_ge(target.root, 0);
	ck_assert_str_eq(target_name(&target), strrchr(exe, '/') + 1);
	ck_assert_uint_gt(target.cmdline.len, 0);
	target_done(&target);
	target_done(NULL);
}
END_TEST

START_TEST(nobody)
{
	struct target target = { .dir = 77 };
	pid_t pid = child_start();

	kill(pid, SIGKILL);
	child_await_zombie(pid);
	ck_assert_int_eq(target_open(&proc, pid, &target), -ESRCH);
	child_end(pid);
	ck_assert_int_eq(target_open(&proc, pid, &target), -ESRCH);
	ck_assert_int_eq(target_open(&proc, 0, &target), -ESRCH);
	ck_assert_int_eq(target_open(&proc, -1, &target), -ESRCH);
	ck_assert_int_eq(target.dir, 77);
}
END_TEST

static bool link_is(const char *name, const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(proc.fd, name, text, sizeof text);

	return n > 0 && (size_t)n == strlen(path) && memcmp(text, path, (size_t)n) == 0;
}

/* A copy of sleep(1) that is deleted while it runs. */
START_TEST(deleted)
{
	char command[PATH_MAX], *path = strdup(fixture_path("my (sleep")), name[64];
	struct target target;
	pid_t pid;

	snprintf(command, sizeof command, "cp \"$(command -v sleep)\" '%s'", path);
	ck_assert_int_eq(system(command), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(path, "sleep", "600", (char *)NULL);
		_exit(127);
	}
	snprintf(name, sizeof name, "%d/exe", pid);
	CHILD_UNTIL(link_is(name, path) && child_runs(pid, "my (sleep"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(target_open(&proc, pid, &target), 0);
	ck_assert(target.exe_deleted);
	ck_assert_str_eq(target.exe, path);
	ck_assert_str_eq(target_name(&target), "my (sleep");
	ck_assert_uint_eq(target.cmdline.len, sizeof "sleep\0" "600");
	target_done(&target);
	child_end(pid);
	free(path);
}
END_TEST

START_TEST(kernel_thread)
{
	struct target target;

	/* kthreadd, where this pid namespace has it. */
	if (target_open(&proc, 2, &target) < 0)
		return;
	if (strcmp(target.stat.comm, "kthreadd") == 0) {
		ck_assert_uint_eq(target.cmdline.len, 0);
		ck_assert_int_lt(target.exe_error, 0);
		ck_assert_str_eq(target.exe, "");
		ck_assert_str_eq(target_name(&target), "kthreadd");
	}
	target_done(&target);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("target");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, ourselves);
	tcase_add_test(tests, nobody);
	tcase_add_test(tests, deleted);
	tcase_add_test(tests, kernel_thread);
	return suite_run("target", tests);
}
