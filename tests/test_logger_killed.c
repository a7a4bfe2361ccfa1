/* The logger, and who dies beside it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/logger.h"
#include "tests/suite.h"

/* The logger has neither our standard error nor anything else of ours. */
START_TEST(holds_nothing)
{
	CLEANUP(fd_done) int from = -1;
	int ends[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	from = ends[0];
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	started();
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ck_assert_int_eq(read(from, &byte, 1), 0); /* the end, and it waits for it */
	ck_assert_int_eq(kill(logger.process.pid, 0), 0);
	ck_assert_int_eq(getsid(logger.process.pid), logger.process.pid);
	finished();
}
END_TEST

START_TEST(ends_by_no_signal)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
	int web;

	started();
	web = added("web");
	say(web, "before\n");
	CHILD_UNTIL(logged("web: before\n")); /* it is beyond the fork */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ck_assert_int_eq(kill(logger.process.pid, signals[i]), 0);
	say(web, "after\n");
	close(web);
	finished();
	expect("web: before\nweb: after\n");
}
END_TEST

START_TEST(is_replaced)
{
	int web, mailer;

	started();
	web = added("web");
	say(web, "before\n");
	CHILD_UNTIL(logged("web: before\n"));
	killed();
	say(web, "without one\n");
	mailer = added("mailer");
	say(mailer, "new\n");
	restarted();
	CHILD_UNTIL(logged("web: without one\n") && logged("mailer: new\n"));
	say(web, "after\n");
	close(web);
	close(mailer);
	finished();
	ck_assert(logged("web: before\n") && logged("web: after\n"));
}
END_TEST

enum { NUMBERS = 20000 };

/* A member that goes on printing whatever becomes of the logger. */
static pid_t start_counting(int fd)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	for (int i = 1; i <= NUMBERS; i++)
		if (dprintf(fd, "n%d\n", i) < 0)
			_exit(1);
	_exit(0);
}

/* How many numbers are there, in ascending order? */
static int numbers(int *ret_last)
{
	const char *at = log_text();
	int count = 0, last = 0;

	for (; (at = strstr(at, ": n")); at++, count++) {
		int number = atoi(at + 3);

		ck_assert_msg(number > last, "%d after %d", number, last);
		last = number;
	}
	*ret_last = last;
	return count;
}

START_TEST(is_killed_while_members_print)
{
	int web, status = -1, last = 0;
	pid_t member;

	started();
	web = added("web");
	member = start_counting(web);
	for (int i = 1; i <= 3; i++) {
		CHILD_UNTIL(numbers(&last) > i * NUMBERS / 10);
		killed();
		restarted();
	}
	ck_assert_int_eq(waitpid(member, &status, 0), member);
	ck_assert_int_eq(status, 0);
	dprintf(web, "n%d\n", NUMBERS + 1); /* the one before may have been read by who was killed last */
	close(web);
	finished();
	ck_assert_int_gt(numbers(&last), NUMBERS / 4);
	ck_assert_int_eq(last, NUMBERS + 1);
}
END_TEST

/* The daemon: starts a logger, hands it the end of a pipe, and is killed. */
static pid_t start_daemon(int reading)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (logger_start(&logger, &proc, path) < 0 || logger_take(&logger, "web", reading) < 0)
		_exit(1);
	for (;;)
		pause();
}

START_TEST(outlives_the_daemon)
{
	int ends[2], status = -1;
	pid_t daemon;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the logger becomes our child */
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	daemon = start_daemon(ends[0]);
	close(ends[0]);
	say(ends[1], "first\n");
	CHILD_UNTIL(access(path, F_OK) == 0 && logged("web: first\n"));
	child_end(daemon);
	say(ends[1], "second\n");
	CHILD_UNTIL(logged("web: second\n"));
	say(ends[1], "third\n");
	close(ends[1]);
	ck_assert_int_gt(waitpid(-1, &status, 0), 0);
	ck_assert_int_eq(status, 0);
	expect("web: first\nweb: second\nweb: third\n");
}
END_TEST

START_TEST(sources_that_have_ended_are_forgotten)
{
	int web, mailer;

	started();
	for (int i = 0; i < 100; i++)
		close(added("short"));
	web = added("web");
	mailer = added("mailer");
	killed();
	say(web, "unread\n");
	close(web);
	logger_sweep(&logger);
	ck_assert_uint_eq(logger.count, 2);
	restarted();
	CHILD_UNTIL((logger_sweep(&logger), logger.count) == 1);
	ck_assert_str_eq(logger.sources[0].name, "mailer");
	say(mailer, "read\n");
	close(mailer);
	finished();
	expect("web: unread\nmailer: read\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("logger_killed");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, holds_nothing);
	tcase_add_test(tests, ends_by_no_signal);
	tcase_add_test(tests, is_replaced);
	tcase_add_test(tests, is_killed_while_members_print);
	tcase_add_test(tests, outlives_the_daemon);
	tcase_add_test(tests, sources_that_have_ended_are_forgotten);
	return suite_run("logger_killed", tests);
}
