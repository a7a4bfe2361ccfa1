/* The file that says why a program ended: its text, and that it is whole, also where the disk is full. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/heart/reason.h"
#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static const struct reason plain = {
	.time = 1795266000, .program = "/srv/app", .pid = 4711, .cause = REASON_OVERDUE, .status = 9,
	.uptime_ms = 3605999, .restarts = 2, .text = "Processing requests...",
};

static const char plain_text[] =
	"TIME=2026-11-21T13:00:00Z\nPROGRAM=/srv/app\nPID=4711\nCAUSE=overdue\nEND=SIGKILL\nUPTIME=3605\nRESTARTS=2\n"
	"STATUS=Processing requests...\n";

static void set_up(void)
{
	fixture_make();
}

static void tear_down(void)
{
	fixture_remove();
}

static void assert_file(const char *name, const char *want)
{
	CLEANUP(fd_done) int fd = open(fixture_path(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	static char text[65536];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, want);
}

/* How many entries the directory has: nothing may be left behind. */
static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

/* ---- the text ---- */

START_TEST(the_text)
{
	ck_assert_int_eq(reason_write(fixture_path("reason"), &plain), 0);
	assert_file("reason", plain_text);
}
END_TEST

START_TEST(what_the_program_says_is_escaped)
{
	struct reason reason = plain;

	reason.program = "/srv/a b";
	reason.text = "x\nCAUSE=exit\r\t\x1b[1m \\ \xff \xc3\xa9";
	reason.error = 5;
	reason.status = 3 << 8;
	reason.cause = REASON_EXIT;
	reason.report = "/var/log/a\nb";
	ck_assert_int_eq(reason_write(fixture_path("reason"), &reason), 0);
	assert_file("reason", "TIME=2026-11-21T13:00:00Z\nPROGRAM=/srv/a b\nPID=4711\nCAUSE=exit\nEND=exit status 3\n"
		    "UPTIME=3605\nRESTARTS=2\nREPORT=/var/log/a\\x0ab\nERRNO=5\n"
		    "STATUS=x\\x0aCAUSE=exit\\x0d\\x09\\x1b[1m \\\\ \\xff \xc3\xa9\n");
}
END_TEST

START_TEST(what_is_not_known_is_not_there)
{
	struct reason left = plain, not_started = plain;

	left.status = -1;
	left.text = left.report = "";
	ck_assert_int_eq(reason_write(fixture_path("reason"), &left), 0);
	assert_file("reason", "TIME=2026-11-21T13:00:00Z\nPROGRAM=/srv/app\nPID=4711\nCAUSE=overdue\nUPTIME=3605\n"
		    "RESTARTS=2\n");
	not_started.cause = REASON_NOT_STARTED;
	not_started.report = "/var/log/of-the-one-before";
	ck_assert_int_eq(reason_write(fixture_path("reason"), &not_started), 0);
	assert_file("reason", "TIME=2026-11-21T13:00:00Z\nPROGRAM=/srv/app\nCAUSE=not-started\nRESTARTS=2\n");
}
END_TEST

START_TEST(very_long_values)
{
	static char text[100000], want[20000];
	struct reason reason = plain;
	size_t len = 0;

	memset(text, '\n', sizeof text - 1);
	reason.program = text;
	reason.text = text;
	reason.report = text;
	len += (size_t)sprintf(want + len, "TIME=2026-11-21T13:00:00Z\nPROGRAM=");
	for (int i = 0; i < 1024; i++)
		len += (size_t)sprintf(want + len, "\\x0a");
	len += (size_t)sprintf(want + len, "\nPID=4711\nCAUSE=overdue\nEND=SIGKILL\nUPTIME=3605\nRESTARTS=2\nREPORT=");
	for (int i = 0; i < 1024; i++)
		len += (size_t)sprintf(want + len, "\\x0a");
	len += (size_t)sprintf(want + len, "\nSTATUS=");
	for (int i = 0; i < 1024; i++)
		len += (size_t)sprintf(want + len, "\\x0a");
	sprintf(want + len, "\n");
	ck_assert_int_eq(reason_write(fixture_path("reason"), &reason), 0);
	assert_file("reason", want);
}
END_TEST

START_TEST(every_cause_has_a_name)
{
	for (int a = 0; a < REASON_CAUSES; a++) {
		ck_assert_str_ne(reason_cause_name(a), "");
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(reason_cause_name(a), reason_cause_name(b));
	}
	ck_assert_str_eq(reason_cause_name(REASON_CAUSES), "unknown");
}
END_TEST

/* ---- the file ---- */

START_TEST(replaced_whole)
{
	struct stat st;
	mode_t mask = umask(077);

	fixture_text("reason",
		     "the old one, which is longer than the new one by far: the old one, which is longer than "
		     "the new one by far: the old one, which is longer than the new one by far: the old one, the old.");
	ck_assert_int_eq(chmod(fixture_path("reason"), 0600), 0);
	ck_assert_int_eq(reason_write(fixture_path("reason"), &plain), 0);
	umask(mask);
	assert_file("reason", plain_text);
	ck_assert_int_eq(stat(fixture_path("reason"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(entries(fixture_root), 1);
}
END_TEST

START_TEST(paths)
{
	char here[PATH_MAX], longest[NAME_MAX + 1], too_long[2 * PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	ck_assert_int_eq(chdir(fixture_root), 0);
	ck_assert_int_eq(reason_write("reason", &plain), 0);
	assert_file("reason", plain_text);
	fixture_directory("sub");
	ck_assert_int_eq(reason_write("sub//reason", &plain), 0);
	assert_file("sub/reason", plain_text);
	memset(longest, 'n', NAME_MAX);
	longest[NAME_MAX] = '\0';
	ck_assert_int_eq(reason_write(longest, &plain), 0);
	ck_assert_int_eq(reason_write("none/reason", &plain), -ENOENT);
	ck_assert_int_eq(reason_write("reason/reason", &plain), -ENOTDIR);
	ck_assert_int_eq(chdir(here), 0);
	ck_assert_int_eq(reason_write("", &plain), -EINVAL);
	memset(too_long, '/', sizeof too_long - 1);
	too_long[sizeof too_long - 1] = '\0';
	ck_assert_int_eq(reason_write(too_long, &plain), -ENAMETOOLONG);
}
END_TEST

START_TEST(checked_before)
{
	fixture_link("link", "none");
	fixture_directory("sub");
	ck_assert_int_eq(reason_check(fixture_path("reason")), 0);
	ck_assert_int_eq(reason_write(fixture_path("reason"), &plain), 0);
	ck_assert_int_eq(reason_check(fixture_path("reason")), 0);
	ck_assert_int_eq(reason_check(fixture_path("link")), -EINVAL);
	ck_assert_int_eq(reason_check("/nonexistent/reason"), -ENOENT);
	ck_assert_int_eq(reason_check(""), -EINVAL);
	ck_assert_int_eq(chmod(fixture_path("sub"), 0500), 0);
	ck_assert_int_eq(reason_check(fixture_path("sub/reason")), geteuid() == 0 ? 0 : -EACCES);
}
END_TEST

START_TEST(only_a_file_is_replaced)
{
	int before;

	fixture_text("target", "target");
	fixture_link("link", "target");
	fixture_link("dangling", "none");
	fixture_directory("directory");
	ck_assert_int_eq(mkfifo(fixture_path("fifo"), 0600), 0);
	before = entries(fixture_root);
	ck_assert_int_eq(reason_write(fixture_path("link"), &plain), -EINVAL);
	ck_assert_int_eq(reason_write(fixture_path("dangling"), &plain), -EINVAL);
	ck_assert_int_eq(reason_write(fixture_path("directory"), &plain), -EINVAL);
	ck_assert_int_eq(reason_write(fixture_path("directory/"), &plain), -EINVAL);
	ck_assert_int_eq(reason_write(fixture_path("directory/.."), &plain), -EINVAL);
	ck_assert_int_eq(reason_write(fixture_path("fifo"), &plain), -EINVAL);
	ck_assert_int_eq(reason_write("/dev/null", &plain), -EINVAL);
	assert_file("target", "target");
	ck_assert_int_eq(entries(fixture_root), before);
}
END_TEST

static bool text_is(const char *path, const char *want)
{
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	return fd >= 0 && read(fd, text, sizeof text - 1) >= 0 && strcmp(text, want) == 0;
}

/* SIGXFSZ would end us. The exit status: what is wrong. */
static int below_a_limit(void)
{
	const struct rlimit limit = { 10, 10 };
	struct sigaction action;

	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	if (reason_write(fixture_path("reason"), &plain) != -EFBIG)
		return 2;
	return sigaction(SIGXFSZ, NULL, &action) == 0 && action.sa_handler == SIG_DFL ? 0 : 3;
}

START_TEST(a_limit_of_file_sizes)
{
	int status = -1;
	pid_t pid;

	fixture_text("reason", "old");
	pid = fork();
	if (pid == 0)
		_exit(below_a_limit());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	assert_file("reason", "old");
	ck_assert_int_eq(entries(fixture_root), 1);
}
END_TEST

static void fill(int fd)
{
	static char block[4096];

	memset(block, 'x', sizeof block);
	while (write(fd, block, sizeof block) > 0)
		;
}

enum { UNABLE = 77 };

/* On a file system of its own, of two pages. The exit status: what is wrong. */
static int on_a_full_disk(void)
{
	char path[PATH_MAX + 16], big[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof path, "%s/reason", fixture_root);
	snprintf(big, sizeof big, "%s/big", fixture_root);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("full", fixture_root, "tmpfs", 0, "size=8k") < 0)
		return UNABLE;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, "old", 3) != 3 || close(fd) < 0)
		return 1;
	fd = open(big, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return 2;
	fill(fd);
	if (reason_write(path, &plain) != -ENOSPC)
		return 3;
	if (!text_is(path, "old") || entries(fixture_root) != 2)
		return 4;
	if (ftruncate(fd, 0) < 0 || close(fd) < 0)
		return 5;
	return reason_write(path, &plain) == 0 && !text_is(path, "old") ? 0 : 6;
}

START_TEST(a_full_disk)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(on_a_full_disk());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) != UNABLE)
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

enum { NOBODY = 65534 };

/* In a directory such as /tmp another's file stays, and so it does in one that may not be written. By relative paths:
 * what is above our directory may be closed. */
static int as_nobody(void)
{
	if (chdir(fixture_root) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 1;
	if (reason_write("sticky/reason", &plain) != -EPERM)
		return 2;
	if (reason_write("closed/reason", &plain) != -EACCES)
		return 3;
	return reason_write("blind/reason", &plain) == 0 ? 0 : 4;
}

START_TEST(directories_of_others)
{
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(fixture_root, 0755), 0);
	fixture_text("sticky/reason", "root's");
	fixture_text("closed/reason", "root's");
	fixture_directory("blind");
	ck_assert_int_eq(chmod(fixture_path("sticky"), 01777), 0);
	ck_assert_int_eq(chmod(fixture_path("blind"), 0733), 0);
	pid = fork();
	if (pid == 0)
		_exit(as_nobody());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	assert_file("sticky/reason", "root's");
	assert_file("closed/reason", "root's");
	assert_file("blind/reason", plain_text);
	ck_assert_int_eq(entries(fixture_path("sticky")), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, the_text);
	tcase_add_test(t, what_the_program_says_is_escaped);
	tcase_add_test(t, what_is_not_known_is_not_there);
	tcase_add_test(t, very_long_values);
	tcase_add_test(t, every_cause_has_a_name);
	tcase_add_test(t, replaced_whole);
	tcase_add_test(t, paths);
	tcase_add_test(t, checked_before);
	tcase_add_test(t, only_a_file_is_replaced);
	tcase_add_test(t, a_limit_of_file_sizes);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, directories_of_others);
	return suite_run("reason", t);
}
