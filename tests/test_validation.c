/* Validation by real commands: what comes of them, and that nothing of them stays. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include "tests/suite.h"
#include "tests/validation.h"

/* ---- what comes of it ---- */

static const struct { const char *command, *why; } ends[] = {
	{ "true", "" },
	{ "echo nobody reads this", "" },
	{ "exit 3", "exit status 3" },
	{ "kill -KILL $$", "SIGKILL" },
	{ "echo first; echo 'CRITICAL: no database' >&2; echo; exit 2", "exit status 2: CRITICAL: no database" },
	{ "printf 'a\\001b\\033[1m \\377 \\303\\251\\r\\n'; exit 1", "exit status 1: a\\x01b\\x1b[1m \\xff \303\251" },
	{ "printf ' \\n\\t\\n'; false", "exit status 1" },
	{ "printf 'a\\000b\\n'; false", "exit status 1: a" },
	{ "! cat", "exit status 1" }, /* there is nothing on its stdin */
	{ "", "" },
};

START_TEST(ends_of_commands)
{
	validate(ends[_i].command, PATIENT_MS);
	ck_assert_str_eq(heard.why, ends[_i].why);
	ck_assert_int_eq(heard.ok, !*ends[_i].why);
}
END_TEST

START_TEST(no_such_command)
{
	validate("/no/such/command", PATIENT_MS);
	ck_assert(!heard.ok);
	ck_assert_msg(strstr(heard.why, "exit status 127: ") == heard.why, "%s", heard.why);
	ck_assert_msg(strstr(heard.why, "not found") != NULL, "%s", heard.why);
}
END_TEST

/* More than a pipe holds, and lines longer than what is kept. */
START_TEST(floods)
{
	validate("head -c 300000 /dev/zero; exit 5", PATIENT_MS);
	ck_assert_str_eq(heard.why, "exit status 5");
	validate("head -c 300000 /dev/zero | tr '\\0' x; exit 5", PATIENT_MS);
	ck_assert_uint_eq(strlen(heard.why), VALIDATOR_WHY_SIZE - 1);
	ck_assert_msg(strstr(heard.why, "exit status 5: xxxxxxxx") == heard.why, "%s", heard.why);
	validate("yes | head -n 100000; echo last; exit 5", PATIENT_MS);
	ck_assert_str_eq(heard.why, "exit status 5: last");
	validate("yes & exit 5", PATIENT_MS); /* who goes on after the end */
	ck_assert_msg(strstr(heard.why, "exit status 5") == heard.why, "%s", heard.why);
	assert_nobody_left();
}
END_TEST

START_TEST(what_it_has_and_has_not)
{
	static const char *const names[] = {
		"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "HEART_FD", "HEART_CONTROL",
	};
	char link[64], target[8];
	int fd = dup2(2, 9);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		setenv(names[i], "1", 1);
	validate("! env | grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID|HEART_FD|HEART_CONTROL)='", PATIENT_MS);
	ck_assert_msg(heard.ok, "%s", heard.why);
	validation_start(&validation, "[ ! -e /proc/self/fd/9 ] || exit 1; sleep 60", PATIENT_MS);
	snprintf(link, sizeof link, "/proc/%d/fd/9", validation.pid);
	CHILD_UNTIL(readlink(link, target, sizeof target) < 0);
	ck_assert_int_eq(getsid(validation.pid), validation.pid);
	validation_cancel(&validation);
	close(fd);
}
END_TEST

/* ---- the deadline, and what was started ---- */

static const char *const slow[] = {
	"sleep 600",
	"trap '' TERM HUP INT; sleep 600; sleep 600",
	"sleep 600 & setsid sleep 600 & (sleep 600 &) & wait",
	"kill -STOP $$",
	"kill -STOP $PPID; sleep 600", /* what runs it is no better off */
};

START_TEST(too_late)
{
	validate(slow[_i], HURRIED_MS);
	ck_assert(!heard.ok);
	ck_assert_str_eq(heard.why, "no answer within 200ms");
	ck_assert_int_eq(heard.calls, 1);
	until_gone();
	assert_nobody_left();
}
END_TEST

/* Daemons: sessions of their own, their parents gone. */
START_TEST(what_it_leaves_behind)
{
	validate("(setsid sleep 600 &) &"
		 "(setsid sh -c 'trap \"\" TERM; (sleep 600 &) & sleep 600' >/dev/null 2>&1 &); exit 0", PATIENT_MS);
	ck_assert_msg(heard.ok, "%s", heard.why);
	assert_nobody_left();
}
END_TEST

START_TEST(cancelled)
{
	validation_cancel(NULL);
	validation_cancel(&(struct validation){ 0 });
	validation_cancel(&validation);
	for (int i = 0; i < 5; i++) {
		validation_start(&validation, slow[i], PATIENT_MS);
		ck_assert(validation_runs(&validation));
		if (i % 2)
			run_for(20);
		validation_cancel(&validation);
		ck_assert(!validation_runs(&validation));
	}
	validate("exit 4", PATIENT_MS); /* at once, though they are not gone yet */
	ck_assert_str_eq(heard.why, "exit status 4");
	ck_assert_int_eq(heard.calls, 1);
	/* A command that is started just then may stop who is told to end, behind that. The guard ends what is left. */
	CHILD_UNTIL((tree_signal(&proc, 0, SIGCONT), nobody_left()));
}
END_TEST

START_TEST(one_at_a_time)
{
	validation_start(&validation, "sleep 0.1; exit 6", PATIENT_MS);
	validation_start(&validation, "exit 7", HURRIED_MS / 4);
	run_until_heard();
	ck_assert_str_eq(heard.why, "exit status 6");
	run_for(20);
	ck_assert_int_eq(heard.calls, 1);
}
END_TEST

static void and_again(void *context, bool ok, const char *why)
{
	note(context, ok, why);
	if (heard.calls < 3)
		validation_start(&validation, "exit 8", PATIENT_MS);
}

START_TEST(from_its_own_end)
{
	validation.done = and_again;
	validation_start(&validation, "exit 8", PATIENT_MS);
	while (heard.calls < 3)
		run_until_heard();
	ck_assert_str_eq(heard.why, "exit status 8");
}
END_TEST

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

START_TEST(again_and_again)
{
	int before;

	validate("true", PATIENT_MS);
	before = count_fds();
	for (int i = 0; i < 50; i++)
		validate(i % 2 ? "true" : "false", PATIENT_MS);
	ck_assert_int_eq(count_fds(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* ---- what goes wrong ---- */

START_TEST(no_descriptors)
{
	struct rlimit before, limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	validation_start(&validation, "true", PATIENT_MS);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(heard.calls, 0); /* from the loop */
	run_until_heard();
	ck_assert_str_eq(heard.why, "cannot be started: Too many open files");
	validate("true", PATIENT_MS);
	ck_assert(heard.ok);
}
END_TEST

START_TEST(killed_itself)
{
	validation_start(&validation, "sleep 600", PATIENT_MS);
	ck_assert_int_eq(kill(validation.pid, SIGKILL), 0);
	run_until_heard();
	ck_assert_str_eq(heard.why, "cut short (SIGKILL)");
}
END_TEST

/* A validator that cannot be ended, as one held in the kernel: it is stopped by ptrace(2). */
START_TEST(one_that_does_not_end)
{
	validation_start(&validation, "sleep 600", HURRIED_MS);
	if (ptrace(PTRACE_SEIZE, validation.pid, NULL, NULL) < 0)
		return;
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, validation.pid, NULL, NULL), 0);
	run_until_heard();
	ck_assert_str_eq(heard.why, "no answer within 200ms");
	ck_assert(!validation_runs(&validation));
	validate("true", PATIENT_MS);
	ck_assert_str_eq(heard.why, "the one before does not end, though it was killed");
	ck_assert_int_eq(validation.state, VALIDATION_STUCK);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, validation.pid, NULL, NULL), 0);
	until_gone();
	validate("true", PATIENT_MS);
	ck_assert(heard.ok);
	assert_nobody_left();
}
END_TEST

/* What it found out counts, though it does not come to its end. */
START_TEST(late_with_a_verdict)
{
	struct pollfd verdict = { .events = POLLIN };
	char command[64];
	int pipes[2];

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	snprintf(command, sizeof command, "read x < /proc/%d/fd/%d", getpid(), pipes[0]);
	validation_start(&validation, command, HURRIED_MS);
	if (ptrace(PTRACE_SEIZE, validation.pid, NULL, (void *)PTRACE_O_TRACEEXIT) < 0)
		return;
	ck_assert_int_eq(write(pipes[1], "\n", 1), 1);
	verdict.fd = validation.fd;
	ck_assert_int_eq(poll(&verdict, 1, PATIENT_MS), 1);
	run_until_heard();
	ck_assert_msg(heard.ok, "%s", heard.why);
	ck_assert_int_eq(validation.state, VALIDATION_STUCK);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, validation.pid, NULL, NULL), 0);
	until_gone();
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

/* In a child: a guard that is killed. The pid of the command comes by FD. */
static void be_killed(int fd)
{
	char command[64];

	prctl(PR_SET_CHILD_SUBREAPER, 0);
	loop_free(loop);
	loop_new(&loop);
	validation_init(&validation, loop, &proc, NULL, note, NULL);
	snprintf(command, sizeof command, "echo $$ > /proc/%d/fd/%d; exec sleep 600", getpid(), fd);
	validation_start(&validation, command, PATIENT_MS);
	loop_run(loop);
	_exit(1);
}

START_TEST(the_guard_is_killed)
{
	char text[16] = "";
	pid_t guard, command;
	int pipes[2];

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	guard = fork();
	if (guard == 0)
		be_killed(pipes[1]);
	ck_assert_int_gt(read(pipes[0], text, sizeof text - 1), 0);
	command = atoi(text);
	ck_assert_int_gt(command, 0);
	ck_assert_int_eq(kill(command, 0), 0);
	child_end(guard);
	until_nobody_left();
	ck_assert_int_lt(kill(command, 0), 0);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, validation_set_up, validation_tear_down);
	tcase_add_loop_test(t, ends_of_commands, 0, COUNT(ends));
	tcase_add_test(t, no_such_command);
	tcase_add_test(t, floods);
	tcase_add_test(t, what_it_has_and_has_not);
	tcase_add_loop_test(t, too_late, 0, COUNT(slow));
	tcase_add_test(t, what_it_leaves_behind);
	tcase_add_test(t, cancelled);
	tcase_add_test(t, one_at_a_time);
	tcase_add_test(t, from_its_own_end);
	tcase_add_test(t, again_and_again);
	tcase_add_test(t, no_descriptors);
	tcase_add_test(t, killed_itself);
	tcase_add_test(t, one_that_does_not_end);
	tcase_add_test(t, late_with_a_verdict);
	tcase_add_test(t, the_guard_is_killed);
	return suite_run("validation", t);
}
