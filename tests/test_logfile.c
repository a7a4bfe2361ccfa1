/* A log: what it is opened as, how it is rotated, and what is left of it when the disk is full. */
#include "applets/cluster/logfile.h"

#include <check.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static char path[PATH_MAX], old[PATH_MAX];

static void set_up(void)
{
	fixture_make();
	snprintf(path, sizeof(path), "%s", fixture_path("log"));
	snprintf(old, sizeof(old), "%s", fixture_path("log.1"));
}

static void opened(struct logfile *log)
{
	int r = logfile_open(path, log);

	ck_assert_msg(r == 0, "%s", strerror(-r));
}

static void refused(int error)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	ck_assert_int_eq(logfile_open(path, &log), error);
	ck_assert_int_eq(log.fd, -1);
}

static void written(struct logfile *log, const char *text)
{
	ck_assert_int_eq(logfile_write(log, text, strlen(text)), 0);
}

static off_t size_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 ? -1 : st.st_size;
}

static void expect(const char *name, const char *text)
{
	CLEANUP(buf_done) struct buf found = BUF(4096);
	CLEANUP(fd_done) int fd = open(name, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(buf_read_fd(&found, fd), 0);
	ck_assert_str_eq(found.data ? found.data : "", text);
}

/* A file of SIZE bytes without any in it. */
static void make_large(const char *name, off_t size)
{
	fixture_text(name, "");
	ck_assert_int_eq(truncate(fixture_path(name), size), 0);
}

START_TEST(appends)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };
	struct stat st;

	umask(022);
	opened(&log);
	written(&log, "a\n");
	logfile_done(&log);
	opened(&log);
	written(&log, "b\nc\n");
	expect(path, "a\nb\nc\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(fcntl(log.fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(log.fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(refuses_what_is_not_a_log)
{
	CLEANUP(fd_done) int reader = -1;

	fixture_link("log", "target");
	refused(-ELOOP);
	ck_assert_int_eq(unlink(path), 0);
	fixture_text("target", "");
	ck_assert_int_eq(link(fixture_path("target"), path), 0);
	refused(-EPERM);
	ck_assert_int_eq(unlink(path), 0);
	fixture_directory("log");
	refused(-EISDIR);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(-EPERM);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	refused(-EPERM);
	ck_assert_int_eq(unlink(path), 0);
	fixture_text("log", "");
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 1, 1), 0);
		refused(-EPERM);
	}
	snprintf(path, sizeof(path), "%s/none/log", fixture_root);
	refused(-ENOENT);
}
END_TEST

START_TEST(devices_are_written_to)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	ck_assert_int_eq(logfile_open("/dev/null", &log), 0);
	written(&log, "a\n");
	ck_assert_int_eq(logfile_open("/dev/full", &log), 0);
	ck_assert_int_eq(logfile_write(&log, "a\n", 2), -ENOSPC);
	ck_assert_int_eq(access("/dev/full.1", F_OK), -1);
}
END_TEST

START_TEST(is_rotated)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	fixture_text("log.1", "oldest\n");
	make_large("log", LOGFILE_MAX - 4);
	opened(&log);
	written(&log, "abc\n");
	ck_assert_int_eq(size_of(path), LOGFILE_MAX);
	written(&log, "new\n");
	expect(path, "new\n");
	ck_assert_int_eq(size_of(old), LOGFILE_MAX);
	written(&log, "more\n");
	expect(path, "new\nmore\n");
}
END_TEST

START_TEST(grows_where_it_cannot_be_rotated)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	make_large("log", LOGFILE_MAX);
	fixture_directory("log.1");
	opened(&log);
	written(&log, "abc\n");
	ck_assert_int_eq(size_of(path), LOGFILE_MAX + 4);
}
END_TEST

START_TEST(is_made_anew)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	opened(&log);
	written(&log, "a\n");
	ck_assert_int_eq(unlink(path), 0);
	written(&log, "b\n");
	expect(path, "b\n");
	ck_assert_int_eq(rename(path, fixture_path("moved")), 0);
	written(&log, "c\n");
	expect(fixture_path("moved"), "b\n");
	expect(path, "c\n");
	fixture_text("other", "d\n");
	ck_assert_int_eq(rename(fixture_path("other"), path), 0);
	written(&log, "e\n");
	expect(path, "d\ne\n");
}
END_TEST

START_TEST(is_opened_later)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	fixture_link("log", "target");
	ck_assert_int_eq(logfile_open(path, &log), -ELOOP);
	ck_assert_int_eq(logfile_write(&log, "a\n", 2), -ELOOP);
	ck_assert_int_eq(unlink(path), 0);
	written(&log, "b\n");
	expect(path, "b\n");
	ck_assert_int_eq(access(fixture_path("target"), F_OK), -1);
}
END_TEST

/* Two who write to one log: each finds what the other has rotated. */
START_TEST(has_two_writers)
{
	CLEANUP(logfile_done) struct logfile a = { .fd = -1 };
	CLEANUP(logfile_done) struct logfile b = { .fd = -1 };

	make_large("log", LOGFILE_MAX);
	opened(&a);
	opened(&b);
	written(&a, "a\n");
	written(&b, "b\n");
	written(&a, "a\n");
	expect(path, "a\nb\na\n");
	ck_assert_int_eq(size_of(old), LOGFILE_MAX);
}
END_TEST

static void limit_to(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* RLIMIT_FSIZE cuts a write short as a full disk does. */
START_TEST(no_line_is_torn)
{
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	opened(&log);
	written(&log, "first\n");
	limit_to(10);
	ck_assert_int_eq(logfile_write(&log, "second\nthird\n", 13), -EFBIG);
	expect(path, "first\n");
	written(&log, "abc\n");
	expect(path, "first\nabc\n");
	ck_assert_int_eq(logfile_write(&log, "d\n", 2), -EFBIG);
	limit_to(RLIM_INFINITY);
	written(&log, "e\n");
	expect(path, "first\nabc\ne\n");
}
END_TEST

START_TEST(a_standard_output_that_is_a_file)
{
	CLEANUP(fd_done) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CLEANUP(logfile_done) struct logfile log = { .fd = -1 };

	logfile_attach(fd, &log);
	written(&log, "first\n");
	limit_to(10);
	ck_assert_int_eq(logfile_write(&log, "second\n", 7), -EFBIG);
	limit_to(RLIM_INFINITY);
	written(&log, "third\n");
	expect(path, "first\nthird\n");
	logfile_done(&log);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("logfile");

	tcase_add_checked_fixture(tests, set_up, fixture_remove);
	tcase_add_test(tests, appends);
	tcase_add_test(tests, refuses_what_is_not_a_log);
	tcase_add_test(tests, devices_are_written_to);
	tcase_add_test(tests, is_rotated);
	tcase_add_test(tests, grows_where_it_cannot_be_rotated);
	tcase_add_test(tests, is_made_anew);
	tcase_add_test(tests, is_opened_later);
	tcase_add_test(tests, has_two_writers);
	tcase_add_test(tests, no_line_is_torn);
	tcase_add_test(tests, a_standard_output_that_is_a_file);
	return suite_run("logfile", tests);
}
