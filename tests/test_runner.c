/* Commands that have to return, and such that go on. */
#include "applets/cluster/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "tests/capture.h"
#include "tests/child.h"
#include "tests/runner.h"
#include "tests/suite.h"

/* Run TEXT, which ends well, and prints EXPECTED. */
static void prints(const char *text, const char *expected)
{
	struct capture capture;
	int r;

	capture_begin(&capture, STDERR_FILENO);
	r = run_command(text);
	capture_end(&capture);
	ck_assert_msg(r == 0, "%s: %d %s", text, r, result.why);
	ck_assert_str_eq(capture.text, expected);
	ck_assert_int_eq(result.rest, -1);
	ck_assert_int_eq(ended_pid, result.pid);
}

static void fails(const char *text, int error, const char *why)
{
	ck_assert_int_eq(run_command(text), error);
	ck_assert_str_eq(result.why, why);
	ck_assert_int_eq(result.rest, -1);
}

static void nobody_is_left(void)
{
	ck_assert_int_eq(tree_signal(&proc, 0, 0), 0);
}

START_TEST(output_as_it_is)
{
	prints("echo a; echo b >&2; printf 'c\\033\\377'; echo d >&2", "a\nb\nc\033\377d\n");
	prints("i=0; while [ $i -lt 3 ]; do i=$((i + 1)); echo $i; done", "1\n2\n3\n");
	prints(":", "");
	prints("exec >/dev/null 2>&1; sleep 0.01", "");
}
END_TEST

START_TEST(surroundings)
{
	const char *const environment[] = { "A=1", "B=2", NULL };

	setenv("NOTIFY_SOCKET", "/outer", 1);
	setenv("B", "outer", 1);
	run.environment = environment;
	prints("echo ${NOTIFY_SOCKET-none} $A $B", "none 1 2\n");
	unsetenv("NOTIFY_SOCKET");
	prints("set -- $(cat /proc/$$/stat); [ $6 = $$ ] && ! read x && echo alone", "alone\n");
	prints("[ $(pwd) -ef . ] && [ -e forked ] && echo there", "there\n");
}
END_TEST

START_TEST(how_it_ends)
{
	fails("exit 3", -ECHILD, "exit status 3");
	ck_assert_int_eq(forked_pid, result.pid);
	ck_assert_int_eq(ended_pid, result.pid);
	ck_assert_int_eq(ended_status, 3 << 8);
	fails("kill -9 $$", -ECHILD, "SIGKILL");
	ck_assert_int_eq(ended_status, SIGKILL);
}
END_TEST

START_TEST(not_started)
{
	char missing[100];

	forked_result = -ENOSPC;
	fails("echo x >ran", -ENOSPC, "No space left on device");
	ck_assert(!exists("ran"));
	ck_assert(forked_pid > 0 && ended_pid == forked_pid && WEXITSTATUS(ended_status) == 126);
	ck_assert_int_eq(result.pid, 0);
	forked_result = 0;
	snprintf(missing, sizeof(missing), "%s/none", dir);
	config.directory = missing;
	ck_assert_int_eq(run_command("echo x"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(result.why, "none': No such file or directory"));
	ck_assert(ended_pid == forked_pid && WEXITSTATUS(ended_status) == 127);
	ck_assert(!loop_has_child(loop, ended_pid));
}
END_TEST

START_TEST(another_user)
{
	const struct spawn_user user = { .uid = 65534, .gid = 65534 };

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(dir, 0700), 0);
	run.user = &user;
	ck_assert_int_eq(run_command("id -u"), -EACCES);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	prints("id -u", "65534\n");
}
END_TEST

START_TEST(somebody_keeps_the_pipe)
{
	char text[8] = "";
	int fifo;

	ck_assert_int_eq(mkfifo(in_dir("fifo"), 0600), 0);
	ck_assert_int_eq(run_command("(read x <fifo; echo late) & :"), 0);
	ck_assert_int_ge(result.rest, 0);
	ck_assert_int_eq(read(result.rest, text, sizeof(text)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	fifo = open(in_dir("fifo"), O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fifo, "\n", 1), 1);
	close(fifo);
	CHILD_UNTIL(read(result.rest, text, sizeof(text)) == 5);
	ck_assert_str_eq(text, "late\n");
	close(result.rest);
}
END_TEST

/* Shells that do not care about SIGTERM, one of them an orphan, each with a child of its own. */
#define TREE "trap '' TERM; sh -c '(sleep 1000; :) & sleep 1000 & :'; (sleep 1000; :) & >up; sleep 1000; :"

START_TEST(takes_too_long)
{
	config.command_timeout_ms = 300 * (_i + 1);
	ck_assert_int_eq(run_command(TREE), -ECHILD);
	ck_assert_str_eq(result.why, _i ? "it took longer than 600ms" : "it took longer than 300ms");
	ck_assert_int_eq(ended_pid, result.pid);
	ck_assert_int_eq(result.rest, -1);
	nobody_is_left();
	ck_assert(!loop_has_child(loop, result.pid));
}
END_TEST

static bool cancel_when_up(void)
{
	if (!exists("up"))
		return true;
	cancelled = true;
	loop_stop(loop, 0);
	return false;
}

START_TEST(is_cancelled)
{
	struct often often;

	begin_often(&often, cancel_when_up);
	fails(TREE, -ECANCELED, "cancelled");
	ck_assert_int_eq(ended_pid, result.pid);
	nobody_is_left();
	fails("echo x >ran", -ECANCELED, "cancelled");
	ck_assert(!exists("ran") && result.pid == 0);
}
END_TEST

static int stops;

static bool stop_for_nothing(void)
{
	if (++stops == 20)
		make_file("go", "");
	loop_stop(loop, 7);
	return true;
}

START_TEST(loop_is_stopped_by_others)
{
	struct often often;

	stops = 0;
	begin_often(&often, stop_for_nothing);
	prints("while [ ! -e go ]; do sleep 0.01; done; echo done", "done\n");
	end_often(&often);
	ck_assert_int_ge(stops, 20);
}
END_TEST

/* ---- a standard error that does not take it ---- */

enum { MANY = 300000 };
#define PRINT_MANY "head -c 300000 /dev/zero; >up; exit 4"

static int read_end;
static size_t got;

static int begin_pipe(void)
{
	int ends[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	read_end = ends[0];
	fcntl(read_end, F_SETFL, O_NONBLOCK);
	got = 0;
	return saved;
}

static void end_pipe(int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	read_end = fd_close(read_end);
}

static bool read_slowly(void)
{
	char text[8192];
	ssize_t n = read(read_end, text, sizeof(text));

	got += n > 0 ? (size_t)n : 0;
	return true;
}

START_TEST(reader_has_gone)
{
	int saved = begin_pipe(), r;

	read_end = fd_close(read_end);
	r = run_command(PRINT_MANY);
	end_pipe(saved);
	ck_assert_int_eq(r, -ECHILD);
	ck_assert_str_eq(result.why, "exit status 4");
}
END_TEST

/* What main() puts where there is none. */
START_TEST(stderr_is_closed)
{
	int saved = begin_pipe(), nothing = open("/", O_PATH | O_CLOEXEC), r;

	dup2(nothing, STDERR_FILENO);
	close(nothing);
	r = run_command(PRINT_MANY);
	end_pipe(saved);
	ck_assert_int_eq(r, -ECHILD);
	ck_assert_str_eq(result.why, "exit status 4");
}
END_TEST

START_TEST(reader_is_slow)
{
	struct often often;
	int saved = begin_pipe(), r;

	begin_often(&often, read_slowly);
	r = run_command(PRINT_MANY);
	end_often(&often);
	for (size_t before = got - 1; before != got;) {
		before = got;
		read_slowly();
	}
	end_pipe(saved);
	ck_assert_int_eq(r, -ECHILD);
	ck_assert_str_eq(result.why, "exit status 4");
	ck_assert_uint_eq(got, MANY);
}
END_TEST

static bool cancel_when_full(void)
{
	struct pollfd poller = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&poller, 1, 0) != 0)
		return true;
	cancelled = true;
	loop_stop(loop, 0);
	return false;
}

START_TEST(reader_is_stuck)
{
	struct often often;
	int saved = begin_pipe(), r;

	begin_often(&often, cancel_when_full);
	r = run_command(PRINT_MANY);
	end_pipe(saved);
	ck_assert_int_eq(r, -ECANCELED);
	nobody_is_left();
}
END_TEST

/* ---- a command that goes on ---- */

static bool stop_when_ended(void)
{
	if (!ended_pid)
		return true;
	loop_stop(loop, 3);
	return false;
}

START_TEST(goes_on)
{
	struct often often;
	pid_t pid = run_start("echo \"$A\" >said; exit 5", "A=7");

	ck_assert_int_gt(pid, 0);
	ck_assert(forked_pid == pid && result.pid == pid && ended_pid == 0);
	begin_often(&often, stop_when_ended);
	ck_assert_int_eq(loop_run(loop), 3); /* which the end of what nobody waits for does not stop */
	ck_assert(ended_pid == pid && ended_status == 5 << 8);
	prints("cat said", "7\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("runner");

	tcase_add_checked_fixture(tests, runner_up, runner_down);
	tcase_add_test(tests, output_as_it_is);
	tcase_add_test(tests, surroundings);
	tcase_add_test(tests, how_it_ends);
	tcase_add_test(tests, not_started);
	tcase_add_test(tests, another_user);
	tcase_add_test(tests, somebody_keeps_the_pipe);
	tcase_add_loop_test(tests, takes_too_long, 0, 2);
	tcase_add_test(tests, is_cancelled);
	tcase_add_test(tests, loop_is_stopped_by_others);
	tcase_add_test(tests, reader_has_gone);
	tcase_add_test(tests, stderr_is_closed);
	tcase_add_test(tests, reader_is_slow);
	tcase_add_test(tests, reader_is_stuck);
	tcase_add_test(tests, goes_on);
	return suite_run("runner", tests);
}
