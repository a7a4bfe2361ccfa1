/* The state directory: whom it trusts, whole files, locks, names. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/statedir.h"

static char base[64];
static int here;

static void set_up(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(base, sizeof(base), "%.40s/statedir-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(base));
	here = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(here, 0);
}

static void tear_down(void)
{
	char command[128];

	close(here);
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

START_TEST(made_with_a_private_mode)
{
	CLEANUP(fd_done) int dir = statedir_open(path_of("new")), again = statedir_open(path_of("new"));
	CLEANUP(fd_done) int below = statedir_open_below(dir, "77-123");
	struct stat st;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_ge(again, 0);
	ck_assert_int_ge(below, 0);
	ck_assert_int_eq(fstat(below, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(fcntl(dir, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(statedir_open_below(dir, "a/b"), -EINVAL);
	ck_assert_int_eq(statedir_open(path_of("no/such")), -ENOENT);
}
END_TEST

START_TEST(distrusted_directories)
{
	ck_assert_int_eq(mkdirat(here, "open", 0700) + fchmodat(here, "open", 0770, 0), 0);
	ck_assert_int_eq(statedir_open(path_of("open")), -EPERM);
	ck_assert_int_eq(mkdirat(here, "fine", 0755), 0);
	ck_assert_int_eq(symlinkat("fine", here, "link"), 0);
	ck_assert_int_eq(statedir_open(path_of("link")), -EPERM);
	ck_assert_int_eq(symlinkat("nothing", here, "dangling"), 0);
	ck_assert_int_eq(statedir_open(path_of("dangling")), -EPERM);
	close(openat(here, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ck_assert_int_eq(statedir_open(path_of("file")), -ENOTDIR);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchownat(here, "fine", 1, 1, 0), 0);
		ck_assert_int_eq(statedir_open(path_of("fine")), -EPERM);
	}
}
END_TEST

START_TEST(which_directory)
{
	char wanted[128], found[PATH_MAX] = "", small[4];
	int fd;

	snprintf(wanted, sizeof(wanted), "%s", path_of("wanted"));
	fd = statedir_find(wanted, "procguard-test", found, sizeof(found));
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(found, wanted);
	close(fd);
	ck_assert_int_eq(statedir_find(wanted, "procguard-test", small, sizeof(small)), -ENAMETOOLONG);
	ck_assert_int_eq(statedir_find(path_of("a/b"), "procguard-test", found, sizeof(found)), -ENOENT);
	ck_assert_str_eq(found, wanted); /* untouched */
	setenv("XDG_RUNTIME_DIR", base, 1);
	fd = statedir_find(NULL, "procguard-test", found, sizeof(found));
	ck_assert_int_ge(fd, 0);
	close(fd);
	if (geteuid() == 0)
		ck_assert_str_eq(found, "/run/procguard-test");
	else
		ck_assert_str_eq(found, path_of("procguard-test"));
	rmdir(found);
}
END_TEST

START_TEST(written_whole)
{
	CLEANUP(buf_done) struct buf b = BUF(64);

	ck_assert_int_eq(statedir_read(here, "x", &b), -ENOENT);
	ck_assert_int_eq(statedir_write(here, "x", "first", 5), 0);
	ck_assert_int_eq(statedir_write(here, "x", "2nd", 3), 0);
	ck_assert_int_eq(statedir_read(here, "x", &b), 0);
	ck_assert_str_eq(b.data, "2nd");
	ck_assert_int_eq(faccessat(here, "x.new", F_OK, 0), -1);
	/* What a crash left behind does not matter. */
	close(openat(here, "x.new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ck_assert_int_eq(statedir_write(here, "x", "3rd", 3), 0);
	buf_reset(&b);
	ck_assert_int_eq(statedir_read(here, "x", &b), 0);
	ck_assert_str_eq(b.data, "3rd");
}
END_TEST

START_TEST(a_failed_write_leaves_the_old)
{
	CLEANUP(buf_done) struct buf b = BUF(64);
	struct rlimit none = { 4, 4 };
	pid_t pid;
	int status;

	ck_assert_int_eq(statedir_write(here, "x", "old", 3), 0);
	pid = fork();
	if (pid == 0) { /* a full disk: no file may grow beyond 4 bytes */
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &none);
		_exit(statedir_write(here, "x", "a new one", 9) == -EFBIG ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(statedir_read(here, "x", &b), 0);
	ck_assert_str_eq(b.data, "old");
	ck_assert_int_eq(faccessat(here, "x.new", F_OK, 0), -1);
}
END_TEST

START_TEST(one_owner_until_the_last_copy_is_closed)
{
	int lock = statedir_lock(here, "x"), other, ends[2];
	pid_t pid;

	ck_assert_int_ge(lock, 0);
	ck_assert_int_eq(statedir_lock(here, "x"), -EWOULDBLOCK);
	other = statedir_lock(here, "y");
	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) { /* a worker that inherited it works until we close the pipe */
		char c;

		close(ends[1]);
		_exit(read(ends[0], &c, 1) == 0 ? 0 : 1);
	}
	close(lock);
	ck_assert_int_eq(statedir_lock(here, "x"), -EWOULDBLOCK);
	close(ends[1]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	lock = statedir_lock(here, "x");
	ck_assert_int_ge(lock, 0);
	close(lock);
	close(other);
	close(ends[0]);
}
END_TEST

START_TEST(removed_with_its_files)
{
	int below = statedir_open_below(here, "old");

	ck_assert_int_ge(below, 0);
	ck_assert_int_eq(statedir_write(below, "x", "1", 1), 0);
	close(statedir_lock(below, "x"));
	close(below);
	ck_assert_int_eq(statedir_remove_below(here, "old"), 0);
	ck_assert_int_eq(faccessat(here, "old", F_OK, 0), -1);
	ck_assert_int_eq(statedir_remove_below(here, "old"), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statedir");
	TCase *tcase = tcase_create("statedir");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, made_with_a_private_mode);
	tcase_add_test(tcase, distrusted_directories);
	tcase_add_test(tcase, which_directory);
	tcase_add_test(tcase, written_whole);
	tcase_add_test(tcase, a_failed_write_leaves_the_old);
	tcase_add_test(tcase, one_owner_until_the_last_copy_is_closed);
	tcase_add_test(tcase, removed_with_its_files);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
