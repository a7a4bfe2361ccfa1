/* The pid file: whom it trusts, replaced whole; the lock beside it. */
#include "applets/cluster/pidfile.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { OTHER = 65534 }; /* a user that is nobody special */

static char path[PATH_MAX];
static const char small[] = "4711:4720\n"
			    "state=running\n"
			    "id=9f86d081884c7d659a2feaa0c55ad015\n"
			    "boot=0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55\n"
			    "namespace=4026531836\n"
			    "start=8123456\n"
			    "member=worker background 4720 8123470 1763742000 0\n";

static void set_up(void)
{
	fixture_make();
	snprintf(path, sizeof(path), "%s", fixture_path("cluster.pid"));
}

static struct roster sample(void)
{
	struct roster roster;

	ck_assert_int_eq(roster_parse(small, strlen(small), &roster), 0);
	return roster;
}

static int reads(struct pidfile_stat *ret_stat)
{
	CLEANUP(roster_done) struct roster roster = { 0 };

	return pidfile_read(path, &roster, ret_stat);
}

static void expect_text(const char *name, const char *expected)
{
	char text[1024];
	FILE *file = fopen(fixture_path(name), "re");
	size_t len;

	ck_assert_ptr_nonnull(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	ck_assert_str_eq(text, expected);
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(fixture_path(name), &st) == 0;
}

START_TEST(written_and_read)
{
	CLEANUP(roster_done) struct roster roster = sample(), again = { 0 };
	struct pidfile_stat got;
	struct stat st;
	mode_t before;

	fixture_text("cluster.pid.new", "of a crash");
	before = umask(0777);
	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	umask(before);
	expect_text("cluster.pid", small);
	ck_assert(!exists("cluster.pid.new"));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(pidfile_read(path, &again, &got), 0);
	ck_assert_uint_eq(again.count, 1);
	ck_assert_uint_eq(got.uid, geteuid());
	ck_assert_int_eq(got.mtime_ms / 1000, st.st_mtime);
	ck_assert_int_eq(pidfile_remove(path), 0);
	ck_assert_int_eq(reads(&got), -ENOENT);
	ck_assert_int_eq(pidfile_remove(path), 0);
}
END_TEST

/* Whoever reads meanwhile sees a whole file: the old one is not written to. */
START_TEST(replaced_not_overwritten)
{
	CLEANUP(roster_done) struct roster roster = sample();
	CLEANUP(fd_done) int old = -1;
	char text[sizeof(small)];

	fixture_text("cluster.pid", "7\n");
	old = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	ck_assert_int_eq(pread(old, text, sizeof(text), 0), 2);
	expect_text("cluster.pid", small);
}
END_TEST

START_TEST(what_is_no_pid_file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_done) int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pidfile_stat got;

	fixture_text("cluster.pid", "4711:4720\nstate=running\n");
	ck_assert_int_eq(reads(&got), -EBADMSG);
	ck_assert_int_eq(truncate(path, ROSTER_BYTES_MAX + 1), 0);
	ck_assert_int_eq(reads(&got), -EBADMSG);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(reads(&got), -EBADMSG);
	remove(path);
	fixture_directory("cluster.pid");
	ck_assert_int_eq(reads(&got), -EBADMSG);
	remove(path);
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	ck_assert_int_eq(reads(&got), -EBADMSG);
	remove(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(reads(&got), -EBADMSG);
	remove(path);
	fixture_text("another", small);
	fixture_link("cluster.pid", "another");
	ck_assert_int_eq(reads(&got), -ELOOP);
}
END_TEST

START_TEST(whose_file_is_trusted)
{
	struct pidfile_stat got = { 0 };
	char why[PIDFILE_WHY_SIZE];

	fixture_text("cluster.pid", small);
	ck_assert_int_eq(chmod(path, 0664), 0);
	ck_assert_int_eq(reads(&got), -EPERM);
	ck_assert_uint_eq(got.uid, geteuid());
	ck_assert_ptr_nonnull(strstr(pidfile_why(path, -EPERM, why), "others may write it"));
	ck_assert_int_eq(chmod(path, 0646), 0);
	ck_assert_int_eq(reads(&got), -EPERM);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ck_assert_int_eq(reads(&got), 0);
	ck_assert_ptr_nonnull(strstr(pidfile_why(path, -EPERM, why), "its daemon is hidden from us in /proc"));
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, OTHER, OTHER), 0);
		ck_assert_int_eq(reads(&got), -EPERM);
		ck_assert_uint_eq(got.uid, OTHER);
		ck_assert_str_eq(pidfile_why(path, -EPERM, why), "it belongs to uid 65534 (run as that user)");
	}
	ck_assert_str_eq(pidfile_why(path, -ELOOP, why), "it is a link");
}
END_TEST

/* A link at PIDFILE or PIDFILE.new is replaced: what it leads to stays as it is. */
START_TEST(links_are_not_followed)
{
	CLEANUP(roster_done) struct roster roster = sample();

	fixture_text("victim", "precious\n");
	fixture_link("cluster.pid", "victim");
	fixture_link("cluster.pid.new", "victim");
	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	expect_text("victim", "precious\n");
	expect_text("cluster.pid", small);
	ck_assert_int_eq(pidfile_remove(path), 0);
	fixture_link("cluster.pid.lock", "victim");
	ck_assert_int_eq(lock_open(path), -ELOOP);
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), -ELOOP);
}
END_TEST

START_TEST(nothing_left_of_what_failed)
{
	CLEANUP(roster_done) struct roster roster = sample();
	char missing[PATH_MAX];
	struct rlimit before, tiny;

	snprintf(missing, sizeof(missing), "%.2000s.d/cluster.pid", path);
	ck_assert_int_eq(pidfile_write(missing, &roster), -ENOENT);
	fixture_text("cluster.pid", "7\n");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	tiny = (struct rlimit){ .rlim_cur = 40, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	ck_assert_int_eq(pidfile_write(path, &roster), -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect_text("cluster.pid", "7\n");
	ck_assert(!exists("cluster.pid.new"));
	/* A directory in the way of the rename, of the new one. */
	remove(path);
	fixture_directory("cluster.pid");
	ck_assert_int_eq(pidfile_write(path, &roster), -EISDIR);
	ck_assert(!exists("cluster.pid.new"));
	fixture_directory("cluster.pid.new");
	ck_assert_int_eq(pidfile_write(path, &roster), -EEXIST);
	memset(missing, 'x', sizeof(missing) - 1);
	missing[sizeof(missing) - 1] = '\0';
	ck_assert_int_eq(pidfile_write(missing, &roster), -ENAMETOOLONG);
	ck_assert_int_eq(lock_open(missing), -ENAMETOOLONG);
	ck_assert_int_eq(lock_is_held(missing, LOCK_DAEMON), -ENAMETOOLONG);
}
END_TEST

/* As a user who may read the directory and no more: in a child, which does not come back. */
START_TEST(a_directory_that_is_not_ours)
{
	CLEANUP(roster_done) struct roster roster = sample();
	int status;
	pid_t pid;

	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	close(lock_open(path));
	ck_assert_int_eq(chmod(fixture_root, 0555), 0);
	pid = fork();
	if (pid == 0) {
		struct pidfile_stat got;

		if (geteuid() == 0 && (setgid(OTHER) < 0 || setuid(OTHER) < 0))
			_exit(1);
		if (access(path, R_OK) < 0) /* TMPDIR itself is private */
			_exit(0);
		if (pidfile_write(path, &roster) != -EACCES || pidfile_remove(path) != -EACCES)
			_exit(2);
		if (getuid() == OTHER && (lock_open(path) != -EACCES || lock_is_held(path, LOCK_DAEMON) != 0))
			_exit(3);
		_exit(reads(&got) == 0 ? 0 : 4);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(chmod(fixture_root, 0755), 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- The lock ---- */

/* A child that has PART, and does THEN: waits to be killed, or calls exec. */
static pid_t start_holder(enum lock_part part, bool then_exec)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = lock_open(path);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fd < 0 || lock_take(fd, part, false) < 0)
			_exit(1);
		if (then_exec)
			execlp("sleep", "sleep", "1000", (char *)NULL);
		else if (write(ready[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ready[1]);
	/* By its byte, or by its exec, which closes the pipe. */
	ck_assert_int_eq(read(ready[0], &byte, 1), then_exec ? 0 : 1);
	close(ready[0]);
	return pid;
}

START_TEST(one_holder_of_each_part)
{
	CLEANUP(fd_done) int fd = -1;
	struct stat st;
	pid_t holder;

	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), 0);
	ck_assert(!exists("cluster.pid.lock"));
	holder = start_holder(LOCK_DAEMON, false);
	fd = lock_open(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(lock_take(fd, LOCK_DAEMON, false), -EWOULDBLOCK);
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), 1);
	ck_assert_int_eq(lock_is_held(path, LOCK_STOP), 0);
	ck_assert_int_eq(lock_take(fd, LOCK_STOP, false), 0);
	ck_assert_int_eq(lock_take(fd, LOCK_STOP, false), 0); /* it is ours */
	ck_assert_int_eq(lock_is_held(path, LOCK_STOP), 1);
	lock_release(fd, LOCK_STOP);
	ck_assert_int_eq(lock_is_held(path, LOCK_STOP), 0);
	child_end(holder);
	/* The kernel has let go of it before it says that the process has ended. */
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), 0);
	ck_assert_int_eq(lock_take(fd, LOCK_DAEMON, false), 0);
	ck_assert_int_eq(lock_take(fd, LOCK_STOP, true), 0);
}
END_TEST

START_TEST(waited_for)
{
	pid_t holder = start_holder(LOCK_STOP, false), waiter = fork();
	int status;

	if (waiter == 0) {
		int fd = lock_open(path);

		_exit(fd >= 0 && lock_take(fd, LOCK_STOP, true) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(waiter, &status, WNOHANG), 0);
	child_end(holder);
	ck_assert_int_eq(waitpid(waiter, &status, 0), waiter);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(not_for_what_is_executed)
{
	pid_t holder = start_holder(LOCK_DAEMON, true);

	CHILD_UNTIL(lock_is_held(path, LOCK_DAEMON) == 0);
	ck_assert_int_eq(kill(holder, 0), 0);
	child_end(holder);
}
END_TEST

START_TEST(locks_that_are_not_ours)
{
	char ours[PATH_MAX];
	int fd;

	fixture_text("cluster.pid.lock", "");
	ck_assert_int_eq(chmod(fixture_path("cluster.pid.lock"), 0666), 0);
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), -EPERM);
	fd = lock_open(path); /* ours: it is put right */
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(fixture_path("cluster.pid.lock"), OTHER, OTHER), 0);
		ck_assert_int_eq(lock_open(path), -EPERM);
		ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), -EPERM);
	}
	remove(fixture_path("cluster.pid.lock"));
	fixture_text("ours", "");
	snprintf(ours, sizeof(ours), "%s", fixture_path("ours"));
	ck_assert_int_eq(link(ours, fixture_path("cluster.pid.lock")), 0);
	ck_assert_int_eq(lock_open(path), -EPERM); /* it would be another file that gets our mode */
	remove(fixture_path("cluster.pid.lock"));
	ck_assert_int_eq(mkfifo(fixture_path("cluster.pid.lock"), 0600), 0);
	ck_assert_int_eq(lock_open(path), -EPERM);
	ck_assert_int_eq(lock_is_held(path, LOCK_DAEMON), -EPERM);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("pidfile");

	tcase_add_checked_fixture(tests, set_up, fixture_remove);
	tcase_add_test(tests, written_and_read);
	tcase_add_test(tests, replaced_not_overwritten);
	tcase_add_test(tests, what_is_no_pid_file);
	tcase_add_test(tests, whose_file_is_trusted);
	tcase_add_test(tests, links_are_not_followed);
	tcase_add_test(tests, nothing_left_of_what_failed);
	tcase_add_test(tests, a_directory_that_is_not_ours);
	tcase_add_test(tests, one_holder_of_each_part);
	tcase_add_test(tests, waited_for);
	tcase_add_test(tests, not_for_what_is_executed);
	tcase_add_test(tests, locks_that_are_not_ours);
	return suite_run("pidfile", tests);
}
