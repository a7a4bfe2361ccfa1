/* The logger: what becomes of lines. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/capture.h"
#include "tests/logger.h"
#include "tests/suite.h"

enum { PIECE = 8 << 10 };

START_TEST(lines_of_a_source)
{
	int web;

	started();
	web = added("web");
	say(web, "rea");
	say(web, "dy\n\n two\nno end");
	close(web);
	finished();
	expect("web: ready\nweb: \nweb:  two\nweb: no end\n");
}
END_TEST

START_TEST(lines_of_several_sources)
{
	int web, mailer;

	started();
	web = added("web");
	mailer = added("mailer");
	say(web, "half ");
	say(mailer, "whole\n");
	CHILD_UNTIL(logged("mailer: whole\n"));
	say(web, "and half\n");
	CHILD_UNTIL(logged("web: half and half\n"));
	close(mailer);
	say(web, "last\n");
	close(web);
	finished();
	expect("mailer: whole\nweb: half and half\nweb: last\n");
}
END_TEST

START_TEST(what_a_terminal_must_not_see_is_escaped)
{
	static const char bytes[] = "\033[31m\tred\0\r\377\303\251\\\303\nend";
	int web;

	started();
	web = added("web");
	say_bytes(web, bytes, sizeof(bytes) - 1);
	close(web);
	finished();
	expect("web: \\x1b[31m\tred\\x00\\x0d\\xff\303\251\\\\xc3\nweb: end\n");
}
END_TEST

/* A line that is too long is several; no character is torn where one is cut. */
START_TEST(long_lines_are_cut)
{
	static char a[2 * PIECE + 1], expected[5 * PIECE];
	int web;

	memset(a, 'a', 2 * PIECE);
	started();
	web = added("web");
	say(web, a);
	say(web, "b\n");
	say_bytes(web, a, PIECE);
	say(web, "\n");
	say_bytes(web, a, PIECE - 1);
	say(web, "\303\251c\n");
	close(web);
	finished();
	snprintf(expected, sizeof(expected), "web: %.*s\nweb: %.*s\nweb: b\nweb: %.*s\nweb: %.*s\nweb: \303\251c\n",
		 PIECE, a, PIECE, a, PIECE, a, PIECE - 1, a);
	expect(expected);
}
END_TEST

START_TEST(no_log_no_logger)
{
	fixture_directory("log");
	ck_assert_int_eq(logger_start(&logger, &proc, path), -EISDIR);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(to_standard_output)
{
	struct capture out;
	int web;

	capture_begin(&out, STDOUT_FILENO);
	ck_assert_int_eq(logger_start(&logger, &proc, NULL), 0);
	web = added("web");
	say(web, "ready\n");
	killed();
	restarted();
	say(web, "again\n");
	close(web);
	finished();
	ck_assert_str_eq(strstr(capture_end(&out), "web: again\n"), "web: again\n");
}
END_TEST

static bool is_read(int fd)
{
	int waiting = -1;

	ck_assert_int_eq(ioctl(fd, FIONREAD, &waiting), 0);
	return waiting == 0;
}

static void limit_of_logger(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(prlimit(logger.process.pid, RLIMIT_FSIZE, NULL, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	ck_assert_int_eq(prlimit(logger.process.pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* A limit of the file stands for a full disk. The second lot has been read: so the first one was done with; whether the
 * second one was, too, is not known. */
START_TEST(lost_lines_are_counted)
{
	const char *lost;
	int web;

	started();
	web = added("web");
	say(web, "first\n");
	CHILD_UNTIL(logged("web: first\n"));
	limit_of_logger(60);
	for (int i = 0; i < 2; i++) {
		say(web, "a\nb\nc\nd\ne\n");
		CHILD_UNTIL(is_read(web));
	}
	limit_of_logger(RLIM_INFINITY);
	say(web, "last\n");
	close(web);
	finished();
	lost = strstr(log_text(), " cluster: ");
	ck_assert_ptr_nonnull(lost);
	ck_assert(!strncmp(lost, " cluster: 5 lines lost: File too large\n", 39) ||
		  !strncmp(lost, " cluster: 10 lines lost: File too large\n", 40));
	ck_assert_ptr_nonnull(strstr(lost, "web: last\n"));
	ck_assert(logged("web: first\n"));
}
END_TEST

enum { MANY = 300 };

static int many[MANY];

static void add_many(void)
{
	char name[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		many[i] = added(name);
	}
}

static void end_many(void)
{
	for (int i = 0; i < MANY; i++) {
		say(many[i], "here\n");
		close(many[i]);
	}
}

START_TEST(many_sources)
{
	int count = 0;

	started();
	add_many();
	killed();
	restarted();
	end_many();
	finished();
	for (const char *at = log_text(); (at = strstr(at, ": here\n")); at++)
		count++;
	ck_assert_int_eq(count, MANY);
}
END_TEST

/* Nobody reads what we print: the members wait, and a new logger is started as ever. */
START_TEST(standard_output_is_stuck)
{
	CLEANUP(fd_done) int from = -1;
	char line[1000], block[1 << 16];
	int ends[2], web, saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	size_t here = 0;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	from = ends[0];
	fflush(NULL);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(logger_start(&logger, &proc, NULL), 0);
	ck_assert_int_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	web = added("web");
	for (int i = 0; i < 100; i++) /* of which the pipe of standard output holds some 65 */
		say_bytes(web, line, sizeof(line));
	killed();
	add_many();
	restarted();
	end_many();
	close(web);
	logger_close(&logger);
	for (ssize_t n; (n = read(from, block, sizeof(block))) != 0;)
		for (ssize_t i = 0; i < n; i++)
			here += block[i] == '\n';
	ck_assert_uint_ge(here, MANY);
	child_end(logger.process.pid);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("logger");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, lines_of_a_source);
	tcase_add_test(tests, lines_of_several_sources);
	tcase_add_test(tests, what_a_terminal_must_not_see_is_escaped);
	tcase_add_test(tests, long_lines_are_cut);
	tcase_add_test(tests, no_log_no_logger);
	tcase_add_test(tests, to_standard_output);
	tcase_add_test(tests, lost_lines_are_counted);
	tcase_add_test(tests, many_sources);
	tcase_add_test(tests, standard_output_is_stuck);
	return suite_run("logger", tests);
}
