/* Files of reports: whole or not there, and nobody is lured. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "applets/gmr/outfile.h"
#include "core/cleanup.h"
#include "core/reportdir.h"
#include "core/sig.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { AT = 1795291848 }; /* 2026-11-21 20:10:48 UTC */
#define WHEN "_gurumeditation_20261121201048"

static void set_up(void)
{
	fixture_make();
}

static void tear_down(void)
{
	fixture_remove();
}

/* How many files the fixture holds, hidden ones too. */
static int files(void)
{
	DIR *dir = opendir(fixture_root);
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *d; (d = readdir(dir));)
		count += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static void holds(const char *name, const char *text, mode_t mode)
{
	char read_back[64] = "";
	CLEANUP(fd_done) int fd = open(fixture_path(name), O_RDONLY | O_NOFOLLOW);
	struct stat st;

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
	ck_assert_int_ge(read(fd, read_back, sizeof read_back - 1), 0);
	ck_assert_str_eq(read_back, text);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

static const struct { const char *name, *made; } names[] = {
	{ "webapp", "webapp" WHEN },        { "../../etc/cron.d/x", "_._.._etc_cron.d_x" WHEN },
	{ "", "_" WHEN },                   { ".", "_" WHEN },
	{ "..", "_." WHEN },                { ".hidden", "_hidden" WHEN },
	{ "-rf", "_rf" WHEN },              { "a b\n/\xc3\xa4", "a_b____" WHEN },
	{ "beam.smp", "beam.smp" WHEN },    { "kworker/0:1-x", "kworker_0_1-x" WHEN },
};

START_TEST(harmless_names)
{
	char made[NAME_MAX + 1];

	outfile_name(names[_i].name, AT, made);
	ck_assert_str_eq(made, names[_i].made);
}
END_TEST

START_TEST(long_names_have_room_for_their_end)
{
	char made[NAME_MAX + 1], name[NAME_MAX + 1];

	memset(name, 'x', NAME_MAX);
	name[NAME_MAX] = '\0';
	outfile_name(name, AT, made);
	ck_assert_uint_eq(strlen(made), NAME_MAX - strlen("-999"));
	ck_assert_ptr_nonnull(strstr(made, "x" WHEN));
}
END_TEST

START_TEST(added_and_never_replaced)
{
	CLEANUP(fd_done) int dir = reportdir_open(fixture_root);
	char name[NAME_MAX + 1];

	ck_assert_int_ge(dir, 0);
	umask(0);
	ck_assert_int_eq(outfile_add(dir, "webapp", AT, "one", 3, name), 0);
	ck_assert_str_eq(name, "webapp" WHEN);
	ck_assert_int_eq(outfile_add(dir, "webapp", AT, "two", 3, name), 0);
	ck_assert_str_eq(name, "webapp" WHEN "-1");
	fixture_link("webapp" WHEN "-2", "target");
	ck_assert_int_eq(outfile_add(dir, "webapp", AT, "three", 5, name), 0);
	ck_assert_str_eq(name, "webapp" WHEN "-3");
	holds("webapp" WHEN, "one", 0600);
	holds("webapp" WHEN "-1", "two", 0600);
	holds("webapp" WHEN "-3", "three", 0600);
	ck_assert_int_eq(files(), 4);
}
END_TEST

START_TEST(replaced_whole)
{
	fixture_text("report", "an old report that is longer");
	ck_assert_int_eq(outfile_check(fixture_path("report")), 0);
	ck_assert_int_eq(outfile_replace(fixture_path("report"), "new", 3), 0);
	holds("report", "new", 0600);
	ck_assert_int_eq(outfile_replace(fixture_path("fresh"), "new", 3), 0);
	holds("fresh", "new", 0600);
	ck_assert_int_eq(files(), 2);
}
END_TEST

START_TEST(only_files_are_replaced)
{
	fixture_text("target", "mine");
	fixture_link("link", "target");
	fixture_directory("directory");
	ck_assert_int_eq(mkfifo(fixture_path("fifo"), 0600), 0);
	for (size_t i = 0; i < 3; i++) {
		const char *name = ((const char *[]){ "link", "directory", "fifo" })[i];

		ck_assert_int_eq(outfile_check(fixture_path(name)), -EEXIST);
		ck_assert_int_eq(outfile_replace(fixture_path(name), "new", 3), -EEXIST);
	}
	ck_assert_int_eq(outfile_replace("/dev/null", "new", 3), -EEXIST);
	ck_assert_int_eq(outfile_replace(fixture_path("none/report"), "new", 3), 0);
	ck_assert_int_eq(outfile_replace(fixture_path("none/"), "new", 3), -EISDIR);
	ck_assert_int_eq(outfile_check("/no/such/directory/report"), -ENOENT);
	holds("target", "mine", 0644);
	ck_assert_int_eq(files(), 5);
}
END_TEST

/* Stands before the C library's: a signal comes when the file has its temporary name, and is complete. */
static int signal_at_rename;

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (signal_at_rename)
		kill(getpid(), signal_at_rename);
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

START_TEST(a_signal_leaves_nothing)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		sig_reset(); /* check(3) has handlers */
		signal_at_rename = ((const int[]){ SIGINT, SIGTERM, SIGHUP })[_i];
		outfile_replace(fixture_path("report"), "whole", 5);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	holds("report", "whole", 0600);
	ck_assert_int_eq(files(), 1);
}
END_TEST

/* A limit on files stands for a full disk. */
START_TEST(nothing_is_left_where_there_is_no_room)
{
	CLEANUP(fd_done) int dir = reportdir_open(fixture_root);
	struct rlimit limit, before;
	char name[NAME_MAX + 1], text[8192];

	memset(text, 'x', sizeof text);
	fixture_text("report", "old");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 4096;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(outfile_add(dir, "webapp", AT, text, sizeof text, name), -EFBIG);
	ck_assert_int_eq(outfile_replace(fixture_path("report"), text, sizeof text), -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	holds("report", "old", 0644);
	ck_assert_int_eq(files(), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, harmless_names, 0, (int)(sizeof names / sizeof names[0]));
	tcase_add_test(t, long_names_have_room_for_their_end);
	tcase_add_test(t, added_and_never_replaced);
	tcase_add_test(t, replaced_whole);
	tcase_add_test(t, only_files_are_replaced);
	tcase_add_loop_test(t, a_signal_leaves_nothing, 0, 3);
	tcase_add_test(t, nothing_is_left_where_there_is_no_room);
	return suite_run("outfile", t);
}
