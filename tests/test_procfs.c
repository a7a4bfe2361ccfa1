/* Reading a proc tree: made-up ones, and the kernel's. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/cleanup.h"
#include "core/procfs.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

static void use_kernels(void)
{
	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
}

static bool is_gone(int r)
{
	return r == -ESRCH || r == -ENOENT;
}

START_TEST(open_nothing)
{
	struct procfs none = { .fd = -7 };

	ck_assert_int_eq(procfs_open("/nonexistent/proc", &none), -ENOENT);
	ck_assert_int_eq(none.fd, -7);
	ck_assert_int_eq(procfs_process(&proc, 7), -ENOENT);
	ck_assert_int_eq(procfs_process(&proc, 0), -ESRCH);
	ck_assert_int_eq(procfs_process(&proc, -1), -ESRCH);
	procfs_done(NULL);
}
END_TEST

/* /proc/self names the process that reads it, by the pid that it has there. */
START_TEST(whose_pids)
{
	CLEANUP(procfs_done) struct procfs own = { .fd = -1 };
	char text[PROCFS_PID_TEXT];

	ck_assert(!procfs_shows_us(&proc));
	procfs_pid_text(text, getpid());
	ck_assert_int_eq(symlinkat(text, proc.fd, "self"), 0);
	ck_assert(procfs_shows_us(&proc));
	ck_assert_int_eq(unlinkat(proc.fd, "self", 0), 0);
	procfs_pid_text(text, getpid() + 1);
	ck_assert_int_eq(symlinkat(text, proc.fd, "self"), 0);
	ck_assert(!procfs_shows_us(&proc));
	ck_assert_int_eq(unlinkat(proc.fd, "self", 0), 0);
	ck_assert_int_eq(procfs_open_own(&own), 0);
	ck_assert(procfs_shows_us(&own));
}
END_TEST

START_TEST(pid_text)
{
	char text[PROCFS_PID_TEXT];
	static const pid_t pids[] = { 1, 9, 10, 4711, 2147483647 };

	for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
		char *end = procfs_pid_text(text, pids[i]);

		ck_assert_int_eq(atol(text), pids[i]);
		ck_assert_ptr_eq(end, text + strlen(text));
	}
}
END_TEST

/* All pids of the tree. */
static void all_pids(struct pidset *ret)
{
	struct procfs_iter iter;
	pid_t pid;
	int r;

	ck_assert_int_eq(procfs_iterate(&proc, &iter), 0);
	while ((r = procfs_next(&iter, &pid)) > 0)
		ck_assert_int_eq(pidset_add(ret, pid), 0);
	ck_assert_int_eq(r, 0);
	procfs_iter_done(&iter);
}

START_TEST(iterate_odd_names)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	static const char *const names[] = {
		"1", "22", "2147483647", "self", "x1", "1x", "2147483648", "99999999999999999999", "0", "007", "-3",
		"3 ", " 3",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		fixture_directory(names[i]);
	fixture_text("5", "a file");
	all_pids(&set);
	ck_assert_uint_eq(set.count, 3);
	ck_assert(pidset_has(&set, 1) && pidset_has(&set, 22) && pidset_has(&set, 2147483647));
}
END_TEST

START_TEST(iterate_many)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	char name[16];

	for (int i = 1; i <= 2000; i++) {
		snprintf(name, sizeof name, "%d", i);
		fixture_directory(name);
	}
	all_pids(&set);
	ck_assert_uint_eq(set.count, 2000);
	for (int i = 1; i <= 2000; i++)
		ck_assert(pidset_has(&set, i));
}
END_TEST

START_TEST(iterate_kernels)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	use_kernels();
	all_pids(&set);
	ck_assert(pidset_has(&set, getpid()));
	for (size_t i = 1; i < set.count; i++)
		ck_assert_int_lt(set.pids[i - 1], set.pids[i]);
}
END_TEST

START_TEST(read_capped)
{
	CLEANUP(buf_done) struct buf exact = BUF(10), less = BUF(9), more = BUF(100);

	fixture_text("7/comm", "123456789\n");
	CLEANUP(fd_done) int dir = procfs_process(&proc, 7);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(procfs_read(dir, "comm", &exact), 0);
	ck_assert_str_eq(exact.data, "123456789\n");
	ck_assert_int_eq(procfs_read(dir, "comm", &less), -ENOBUFS);
	ck_assert_str_eq(less.data, "123456789");
	for (int i = 0; i < 2; i++) { /* replaced, not appended */
		ck_assert_int_eq(procfs_read(dir, "comm", &more), 0);
		ck_assert_uint_eq(more.len, 10);
	}
	ck_assert_int_eq(procfs_read(dir, "missing", &more), -ENOENT);
	ck_assert_int_eq(procfs_read(proc.fd, "7/comm", &more), 0);
}
END_TEST

START_TEST(read_empty_command_line)
{
	CLEANUP(buf_done) struct buf text = BUF(100);

	fixture_text("7/cmdline", "");
	CLEANUP(fd_done) int dir = procfs_process(&proc, 7);
	ck_assert_int_eq(procfs_read(dir, "cmdline", &text), 0);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(stat_of_fixture)
{
	struct procparse_stat stat = { .pid = -5 };

	fixture_stat(7, ") (", 'Z', 1, 99);
	fixture_text("8/stat", "8 (cut) S 1 8 8 0");
	fixture_directory("9");
	CLEANUP(fd_done) int seven = procfs_process(&proc, 7);
	CLEANUP(fd_done) int eight = procfs_process(&proc, 8);
	CLEANUP(fd_done) int nine = procfs_process(&proc, 9);
	ck_assert_int_eq(procfs_stat(eight, &stat), -EBADMSG);
	ck_assert_int_eq(procfs_stat(nine, &stat), -ENOENT);
	ck_assert_int_eq(stat.pid, -5);
	ck_assert_int_eq(procfs_stat(seven, &stat), 0);
	ck_assert_str_eq(stat.comm, ") (");
	ck_assert(procparse_stat_ended(&stat));
}
END_TEST

/* More groups than fit into what is read of status. */
START_TEST(status_of_fixture)
{
	static char text[16384] = "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t";
	struct procparse_status status;
	size_t len = strlen(text);

	while (len < sizeof text - 16)
		len += (size_t)sprintf(text + len, "%zu ", 4294900000u + len);
	fixture_bytes("7/status", text, len);
	CLEANUP(fd_done) int dir = procfs_process(&proc, 7);
	ck_assert_int_eq(procfs_status(dir, &status), 0);
	ck_assert_uint_eq(status.fsuid, 4);
	ck_assert_uint_eq(status.fsgid, 8);
	ck_assert_uint_eq(status.group_count, PROCPARSE_GROUPS_MAX);
	ck_assert_int_eq(status.groups_cut, 1);
}
END_TEST

START_TEST(status_of_us)
{
	struct procparse_status status;
	struct procparse_stat stat;

	use_kernels();
	CLEANUP(fd_done) int dir = procfs_process(&proc, getpid());
	ck_assert_int_eq(procfs_status(dir, &status), 0);
	ck_assert_uint_eq(status.uid, getuid());
	ck_assert_uint_eq(status.gid, getgid());
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert_int_eq(stat.pid, getpid());
	ck_assert_int_eq(stat.ppid, getppid());
	ck_assert_int_eq(stat.pgrp, getpgrp());
	ck_assert_int_eq(stat.num_threads, 1);
	ck_assert(!procparse_stat_ended(&stat));
}
END_TEST

/* A process that vanishes between two reads through one descriptor: fixture. */
START_TEST(vanishes_in_fixture)
{
	CLEANUP(buf_done) struct buf text = BUF(100);
	struct procparse_stat stat;

	fixture_stat(7, "x", 'S', 1, 99);
	CLEANUP(fd_done) int dir = procfs_process(&proc, 7);
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert_int_eq(unlink(fixture_path("7/stat")), 0);
	ck_assert_int_eq(rmdir(fixture_path("7")), 0);
	fixture_stat(7, "y", 'S', 1, 100); /* the pid is another's now */
	fixture_text("7/comm", "y\n");
	ck_assert_int_eq(procfs_stat(dir, &stat), -ENOENT);
	ck_assert_int_eq(procfs_read(dir, "comm", &text), -ENOENT);
}
END_TEST

START_TEST(vanishes_for_real)
{
	CLEANUP(buf_done) struct buf text = BUF(100);
	CLEANUP(pidset_done) struct pidset set = { 0 };
	struct procparse_stat stat;
	pid_t pid = child_start();

	use_kernels();
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert_int_eq(stat.pid, pid);
	kill(pid, SIGKILL);
	child_await_zombie(pid);
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert(procparse_stat_ended(&stat));
	child_end(pid);
	ck_assert(is_gone(procfs_stat(dir, &stat)));
	ck_assert(is_gone(procfs_read(dir, "comm", &text)));
	ck_assert(is_gone(procfs_cwd(dir)));
	ck_assert(is_gone(procfs_process(&proc, pid)));
	ck_assert_int_eq(procfs_children(&proc, pid, &set), -ESRCH);
}
END_TEST

/* An environment of more than 128 KiB, as execve(2) takes it. */
START_TEST(environ_of_128_KiB)
{
	enum { EACH = 32000, STRINGS = 5 };
	static char strings[STRINGS][EACH];
	char *envp[STRINGS + 2] = { 0 }, *argv[] = { "sleep", "60", NULL };
	CLEANUP(buf_done) struct buf text = BUF(1 << 20), little = BUF(131072);
	size_t len;
	int started[2];

	for (int i = 0; i < STRINGS; i++) {
		memset(strings[i], 'a' + i, EACH - 1);
		strings[i][1] = '=';
		envp[i] = strings[i];
	}
	envp[STRINGS] = "LAST=here";
	ck_assert_int_eq(pipe2(started, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execve("/bin/sleep", argv, envp);
		_exit(127);
	}
	close(started[1]);
	ck_assert_int_eq(read(started[0], strings[0], 1), 0); /* exec has closed it */
	close(started[0]);
	use_kernels();
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	CHILD_UNTIL(procfs_read(dir, "environ", &text) == 0 && text.len > 0);
	ck_assert_uint_eq(text.len, STRINGS * EACH + sizeof "LAST=here");
	ck_assert_str_eq(procparse_environ(text.data, text.len, "LAST", &len), "here");
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(procfs_read(dir, "environ", &little), -ENOBUFS);
	ck_assert_uint_eq(little.len, 131072);
	ck_assert_ptr_null(procparse_environ(little.data, little.len, "LAST", &len));
	child_end(pid);
}
END_TEST

/* Is what FUNCTION opens for the process DIR the directory PATH? */
static bool opens(int (*function)(int dir), int dir, const char *path)
{
	CLEANUP(fd_done) int fd = function(dir);
	struct stat a, b;

	ck_assert_int_ge(fd, 0);
	ck_assert(fstat(fd, &a) == 0 && stat(path, &b) == 0);
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

START_TEST(cwd_and_root)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(fixture_root) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	use_kernels();
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	CHILD_UNTIL(opens(procfs_cwd, dir, fixture_root));
	ck_assert(opens(procfs_root, dir, "/"));
	child_end(pid);
}
END_TEST

START_TEST(no_descriptors)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	CLEANUP(buf_done) struct buf text = BUF(100);
	struct procfs_iter iter;
	struct rlimit old, none = { 0 };

	use_kernels();
	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	int r[] = { procfs_process(&proc, getpid()), procfs_iterate(&proc, &iter),
		    procfs_children(&proc, getpid(), &set), procfs_read(proc.fd, "stat", &text) };
	setrlimit(RLIMIT_NOFILE, &old);
	for (size_t i = 0; i < sizeof r / sizeof *r; i++)
		ck_assert_int_eq(r[i], -EMFILE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, open_nothing);
	tcase_add_test(t, whose_pids);
	tcase_add_test(t, pid_text);
	tcase_add_test(t, iterate_odd_names);
	tcase_add_test(t, iterate_many);
	tcase_add_test(t, iterate_kernels);
	tcase_add_test(t, read_capped);
	tcase_add_test(t, read_empty_command_line);
	tcase_add_test(t, stat_of_fixture);
	tcase_add_test(t, status_of_fixture);
	tcase_add_test(t, status_of_us);
	tcase_add_test(t, vanishes_in_fixture);
	tcase_add_test(t, vanishes_for_real);
	tcase_add_test(t, environ_of_128_KiB);
	tcase_add_test(t, cwd_and_root);
	tcase_add_test(t, no_descriptors);
	return suite_run("procfs", t);
}
