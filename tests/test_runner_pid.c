/* The lines pid:NUMBER and pid:FILE. */
#include <errno.h>
#include <fcntl.h>
#include <utime.h>

#include "tests/capture.h"
#include "tests/child.h"
#include "tests/runner.h"
#include "tests/suite.h"

static pid_t child;
static char file[128];
static struct capture said;

static void start_child(void)
{
	child = run_start("exec sleep 1000", NULL);
	ck_assert_msg(child > 0, "%s", result.why);
}

static void set_up(void)
{
	runner_up();
	start_child();
	snprintf(file, sizeof(file), "%s/x.pid", dir);
}

static void write_pid(pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d\n", (int)pid);
	make_file("x.pid", text);
}

static int run_line(pid_t pid, const struct tree_scope *ours)
{
	const struct line line = { .kind = LINE_PID, .text = file, .pid = pid, .path = pid ? NULL : file };
	int r;

	capture_begin(&said, STDERR_FILENO);
	r = runner_pid(&run, &line, ours, &result);
	capture_end(&said);
	return r;
}

/* It may be a zombie, or have been reaped by the loop. */
static bool has_ended(pid_t pid)
{
	struct pidref ref;

	if (pidref_open(&proc, pid, &ref) == -ESRCH)
		return true;
	pidref_done(&ref);
	return false;
}

static void ends_it(const struct tree_scope *ours)
{
	ck_assert_msg(run_line(0, ours) == 0, "%s", result.why);
	ck_assert_str_eq(said.text, "");
	ck_assert(has_ended(child));
	ck_assert(!exists("x.pid"));
}

/* The line fails, and leaves everything as it is. */
static void refuses(pid_t pid, const char *why)
{
	struct stat st;

	ck_assert_int_eq(run_line(pid, NULL), -ECHILD);
	ck_assert_str_eq(result.why, why);
	ck_assert_str_eq(said.text, "");
	ck_assert(!has_ended(child));
	ck_assert(pid || lstat(file, &st) == 0);
}

static void refuses_child(const char *before, const char *behind)
{
	char why[RUNNER_WHY_SIZE];

	snprintf(why, sizeof(why), "%s%d%s", before, (int)child, behind);
	refuses(0, why);
}

static struct tree_node node_of(pid_t pid)
{
	CLEANUP(fd_done) int process = procfs_process(&proc, pid);
	struct procparse_stat stat;

	ck_assert_int_eq(procfs_stat(process, &stat), 0);
	return (struct tree_node){ pid, stat.start_ticks };
}

START_TEST(number)
{
	char text[64];

	ck_assert_int_eq(run_line(child, NULL), 0);
	ck_assert_str_eq(said.text, "");
	ck_assert(has_ended(child));
	ck_assert_int_eq(run_line(child, NULL), 0);
	snprintf(text, sizeof(text), "No process to end: there is none with pid %d\n", (int)child);
	ck_assert_str_eq(said.text, text);
}
END_TEST

START_TEST(number_of_whom_it_must_not_be)
{
	char why[64];

	refuses(1, "process 1 is the init of this system");
	snprintf(why, sizeof(why), "process %d is this one, or one that it comes from", (int)getpid());
	refuses(getpid(), why);
	if (getppid() > 1) {
		snprintf(why, sizeof(why), "process %d is this one, or one that it comes from", (int)getppid());
		refuses(getppid(), why);
	}
	make_file("x.pid", "1\n");
	refuses(0, "process 1 is the init of this system");
}
END_TEST

START_TEST(file_of_a_process)
{
	static const char *const forms[] = { "%d", "%d\n", "  %d \nmore\n", "%d:17:18\nstate=running\n", "\n%d\r\n" };
	char text[64];

	snprintf(text, sizeof(text), forms[_i], (int)child);
	make_file("x.pid", text);
	ends_it(NULL);
}
END_TEST

START_TEST(nothing_is_there)
{
	char text[256];

	ck_assert_int_eq(run_line(0, NULL), 0);
	snprintf(text, sizeof(text), "No process to end: there is no '%s'\n", file);
	ck_assert_str_eq(said.text, text);
	kill(child, SIGKILL);
	CHILD_UNTIL(has_ended(child));
	write_pid(child);
	ck_assert_int_eq(run_line(0, NULL), 0);
	snprintf(text, sizeof(text), "No process to end: process %d, which '%s' names, is gone\n", (int)child, file);
	ck_assert_str_eq(said.text, text);
	ck_assert(!exists("x.pid"));
	if (geteuid() != 0)
		return;
	write_pid(child);
	ck_assert_int_eq(chown(file, 4711, 4711), 0);
	ck_assert_int_eq(run_line(0, NULL), 0);
	ck_assert_ptr_nonnull(strstr(said.text, "is gone (the file belongs to another user, and stays)\n"));
	ck_assert(exists("x.pid"));
}
END_TEST

START_TEST(garbage)
{
	static const char *const texts[] = { "", "\n", "pid", "12x", "0", "-5", "+5", "99999999999", "2147483648",
					     "99999999999999999999999999999999999999999999999999999999999999999999" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_file("x.pid", texts[i]);
		refuses(0, "it does not begin with a pid");
	}
	write_pid(child);
	ck_assert_int_eq(truncate(file, 50), 0);
	refuses(0, "it does not begin with a pid");
	ck_assert_int_eq(truncate(file, 100000), 0);
	refuses(0, "it is too long for a pid file");
}
END_TEST

START_TEST(no_regular_file)
{
	char target[sizeof(file) + 2];

	write_pid(child);
	snprintf(target, sizeof(target), "%s.1", file);
	ck_assert_int_eq(rename(file, target), 0);
	ck_assert_int_eq(symlink(target, file), 0);
	refuses(0, "it is a link");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	refuses(0, "it is no regular file");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkdir(file, 0700), 0);
	refuses(0, "it is no regular file");
}
END_TEST

/* Only what is ours is ended all the same. */
START_TEST(younger_than_its_file)
{
	const struct utimbuf before = { time(NULL) - 3600, time(NULL) - 3600 };
	struct tree_node node = node_of(child), us = node_of(getpid()), other = { child, node.start_ticks + 1 };
	struct tree_scope ours = { .whole = &other, .whole_count = 1 };

	write_pid(child);
	ck_assert_int_eq(utime(file, &before), 0);
	refuses_child("process ", " began after the file was written: it is another one than the one that wrote it "
		      "(remove the file)");
	ck_assert_int_eq(run_line(0, &ours), -ECHILD);
	ck_assert(!has_ended(child));
	if (_i)
		ours = (struct tree_scope){ .below = &us, .below_count = 1 };
	else
		other = node;
	ends_it(&ours);
}
END_TEST

START_TEST(anybody_may_write_it)
{
	write_pid(child);
	ck_assert_int_eq(chmod(file, 0666), 0);
	refuses(0, "anybody may write the file (chmod o-w)");
}
END_TEST

START_TEST(owners)
{
	const struct spawn_user user = { .uid = 4711, .gid = 4711 };
	pid_t first = child;

	if (geteuid() != 0)
		return;
	write_pid(child);
	ck_assert_int_eq(chown(file, 4711, 4711), 0);
	refuses_child("the file belongs to uid 4711, process ", " to uid 0");
	ck_assert_int_eq(chmod(dir, 0755), 0);
	run.user = &user;
	start_child();
	write_pid(child);
	ends_it(NULL); /* it belongs to 4711 still */
	ck_assert(!has_ended(first));
}
END_TEST

/* A process that removes its file itself, and one whose successor has made another one by then. */
START_TEST(file_is_another_one_by_then)
{
	static const char *const commands[] = {
		"exec 2>/dev/null; trap 'rm x.pid; exit' TERM; >up; while :; do sleep 0.01; done",
		"exec 2>/dev/null; trap 'rm x.pid; echo new >x.pid; exit' TERM; >up; while :; do sleep 0.01; done",
	};
	pid_t pid = run_start(commands[_i], NULL);

	config.stop_timeout_ms = 60000;
	CHILD_UNTIL(exists("up"));
	write_pid(pid);
	ck_assert_msg(run_line(0, NULL) == 0, "%s", result.why);
	ck_assert(has_ended(pid));
	ck_assert_int_eq(exists("x.pid"), _i);
}
END_TEST

START_TEST(is_cancelled)
{
	cancelled = true;
	ck_assert_int_eq(run_line(child, NULL), -ECANCELED);
	ck_assert(!has_ended(child));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("runner_pid");

	tcase_add_checked_fixture(tests, set_up, runner_down);
	tcase_add_test(tests, number);
	tcase_add_test(tests, number_of_whom_it_must_not_be);
	tcase_add_loop_test(tests, file_of_a_process, 0, 5);
	tcase_add_test(tests, nothing_is_there);
	tcase_add_test(tests, garbage);
	tcase_add_test(tests, no_regular_file);
	tcase_add_loop_test(tests, younger_than_its_file, 0, 2);
	tcase_add_test(tests, anybody_may_write_it);
	tcase_add_test(tests, owners);
	tcase_add_loop_test(tests, file_is_another_one_by_then, 0, 2);
	tcase_add_test(tests, is_cancelled);
	return suite_run("runner_pid", tests);
}
