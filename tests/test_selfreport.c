/* Reports of a guard itself: this test program is the gmr that they start, SELFREPORT_PLAY says what it does. */
#include <check.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/selfreport.h"
#include "core/sig.h"
#include "core/statement.h"
#include "tests/evidence.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { PATIENCE_MS = 45000 };

static struct loop *loop;
static struct selfreport s;
static char lines[4096];
static int said, wanted;

/* ---- gmr ---- */

/* "1=GMRstat1 2=Title 4=key:value 9=", a line a report, into the file DIRECTORY/EVIDENCE_FILE. */
static int play_report(int from, const char *directory)
{
	struct statement_record record = { 0 };
	char path[PATH_MAX], bytes[4096];

	snprintf(path, sizeof path, "%s/" EVIDENCE_FILE, directory);
	if (dup2(open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO) < 0)
		return 1;
	while (record.kind != STATEMENT_END && read(from, &record, sizeof record) == (ssize_t)sizeof record) {
		ssize_t n = record.length ? read(from, bytes, record.length) : 0;

		for (ssize_t i = 0; i < n; i++)
			bytes[i] = bytes[i] ? bytes[i] : ':';
		dprintf(STDERR_FILENO, "%u=%.*s ", record.kind, (int)n, bytes);
	}
	dprintf(STDERR_FILENO, "\n");
	return printf("%s\n", path) < 0;
}

/* procguard gmr --inside FD --deadline TIME -L DIRECTORY PID */
static int play(char **argv)
{
	const char *what = getenv("SELFREPORT_PLAY");

	if (atoi(argv[8]) != getppid())
		return 1;
	if (!strcmp(what, "report"))
		return play_report(atoi(argv[3]), argv[7]);
	while (!strcmp(what, "hang"))
		pause();
	return close(atoi(argv[3])) | 7; /* it reads nothing, and fails */
}

/* ---- the guard ---- */

static void fill(void *context, struct selfreport_section *section)
{
	const char *words = context;

	selfreport_put(section, "words", "%s", words);
	selfreport_put(section, "api_token", "hunter2hunter2");
	selfreport_put_lines(section, "one: 1\nno key\ntwo: a: b\nthe rest");
}

static void say(void *context, const char *line)
{
	(void)context;
	snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s\n", line);
	said++;
	if (said == wanted)
		loop_stop(loop, 0);
}

static void too_late(struct loop *l, void *context)
{
	(void)context;
	loop_stop(l, 99);
}

static void run_until(int count)
{
	wanted = count;
	ck_assert_int_eq(loop_set_timer(loop, PATIENCE_MS, too_late, NULL), 0);
	ck_assert_msg(loop_run(loop) == 0, "%d of %d: %s", said, count, lines);
	loop_clear_timer(loop, too_late, NULL);
}

static void set_up(void)
{
	static char text[] = "hello";

	fixture_make();
	sig_ignore_pipe();
	said = 0;
	lines[0] = '\0';
	ck_assert_int_eq(loop_new(&loop), 0);
	s = (struct selfreport){
		SELFREPORT_NONE,
		.loop = loop, .title = "Test", .fill = fill, .say = say, .context = text,
		.directory = fixture_root, .deadline_ms = 1 << 30, .keep = 10,
	};
	ck_assert_int_eq(selfreport_open(&s), 0);
	strcpy(s.binary, evidence_program);
	setenv("SELFREPORT_PLAY", "report", 1);
	unsetenv("EVIDENCE_LIST");
}

static void tear_down(void)
{
	selfreport_done(&s);
	loop_free(loop);
	fixture_remove();
}

static const char *report(void)
{
	static char text[8192];
	CLEANUP(fd_done) int fd = open(fixture_path(EVIDENCE_FILE), O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(what_it_states)
{
	selfreport_ask(&s);
	run_until(1);
	ck_assert_str_eq(report(), "1=GMRstat1 2=Test 4=words:hello 4=api_token:*** 4=one:1 4=two:a: b 9= \n");
	ck_assert_ptr_nonnull(strstr(lines, "/" EVIDENCE_FILE "'"));
}
END_TEST

/* The second one is for all that came while the first was made, and behind it. */
START_TEST(a_storm_is_two_reports)
{
	int64_t begin;

	ck_assert_int_eq(selfreport_take_signal(&s, SIGRTMIN + 1), 0);
	for (int i = 0; i < 500; i++)
		kill(getpid(), SIGRTMIN + 1);
	run_until(1);
	begin = loop_now();
	for (int i = 0; i < 500; i++)
		kill(getpid(), SIGRTMIN + 1);
	run_until(2);
	ck_assert_int_ge(loop_now() - begin, 1000);
}
END_TEST

static const struct { const char *play, *list; int64_t deadline_ms; const char *line; } failures[] = {
	{ "hang", NULL, 500, "it was not made in time (" },
	{ "fail", NULL, 1 << 30, "gmr: exit status 7" },
	{ "report", "heart\n", 1 << 30, "gmr is not built in (build with APPLETS that has it)" },
};

START_TEST(failures_are_told)
{
	setenv("SELFREPORT_PLAY", failures[_i].play, 1);
	if (failures[_i].list)
		setenv("EVIDENCE_LIST", failures[_i].list, 1);
	s.deadline_ms = failures[_i].deadline_ms;
	s.has_gmr = !failures[_i].list; /* that is for the first report, which a slow machine may not get to */
	selfreport_ask(&s);
	run_until(1);
	ck_assert_msg(strstr(lines, failures[_i].line) != NULL, "%s", lines);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(no_binary)
{
	s.binary[0] = '\0';
	selfreport_ask(&s);
	run_until(1);
	ck_assert_ptr_nonnull(strstr(lines, "this program's own file is not to be found"));
}
END_TEST

/* As touch(1). */
static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	futimens(fd, NULL);
	close(fd);
}

/* A slow machine may make two reports of one touch(1): its two steps are seen apart. */
static void touch_and_wait(const char *path)
{
	int before = said;

	touch(path);
	run_until(before + 1);
}

START_TEST(a_file_that_appears_and_is_touched)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s", fixture_path("touch"));
	if (_i)
		touch(path);
	ck_assert_int_eq(selfreport_watch_file(&s, path), 0);
	ck_assert_int_ge(s.watch, 0);
	touch_and_wait(path);
	if (_i)
		return;
	unlink(path);
	touch_and_wait(path);
}
END_TEST

START_TEST(a_directory_that_comes_and_goes)
{
	char directory[PATH_MAX / 2 + 16], path[PATH_MAX];

	snprintf(directory, sizeof directory, "%s/there", fixture_root);
	snprintf(path, sizeof path, "%s/touch", directory);
	ck_assert_int_eq(selfreport_watch_file(&s, path), 0);
	ck_assert_int_lt(s.watch, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(mkdir(directory, 0700), 0);
		touch_and_wait(path);
		unlink(path);
		ck_assert_int_eq(rmdir(directory), 0);
	}
}
END_TEST

START_TEST(signals_that_a_guard_needs)
{
	static const int no[] = { 0, -1, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGKILL, SIGSEGV, 32, 33, 65 };
	const int yes[] = { SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM, SIGRTMIN, SIGRTMIN + 1, SIGRTMAX };

	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		ck_assert_msg(selfreport_check_signal(no[i]) == -EINVAL, "%d", no[i]);
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		ck_assert_msg(selfreport_check_signal(yes[i]) == 0, "%d", yes[i]);
}
END_TEST

START_TEST(times)
{
	char text[SELFREPORT_TIME_SIZE];

	ck_assert_str_eq(selfreport_time(-1, 5000, text), "never");
	ck_assert_str_eq(selfreport_time(1800, 5000, text), "3.2 s ago");
	ck_assert_str_eq(selfreport_time(8200, 5000, text), "in 3.2 s");
}
END_TEST

START_TEST(the_next_one)
{
	const struct units_rate rate = { .count = 1, .period_ms = 3200 }, none = { .count = -1 },
				most = { .count = 1, .period_ms = INT64_MAX };
	struct limit limit = { .count = 0 };
	char text[SELFREPORT_TIME_SIZE];

	ck_assert_str_eq(selfreport_next(&limit, &rate, 5000, text), "at any time");
	limit_note(&limit, 5000);
	ck_assert_str_eq(selfreport_next(&limit, &rate, 5000, text), "in 3.2 s or later");
	ck_assert_str_eq(selfreport_next(&limit, &rate, 8200, text), "at any time");
	ck_assert_str_eq(selfreport_next(&limit, &none, 5000, text), "at any time");
	ck_assert_str_eq(selfreport_next(&limit, &most, 5000, text), "never");
}
END_TEST

int main(int argc, char **argv)
{
	int status = evidence_main(argc, argv);
	TCase *t;

	if (argc == 9 && !strcmp(argv[2], "--inside"))
		return play(argv);
	if (status >= 0)
		return status;
	t = tcase_create("all");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_it_states);
	tcase_add_test(t, a_storm_is_two_reports);
	tcase_add_loop_test(t, failures_are_told, 0, (int)(sizeof failures / sizeof failures[0]));
	tcase_add_test(t, no_binary);
	tcase_add_loop_test(t, a_file_that_appears_and_is_touched, 0, 2);
	tcase_add_test(t, a_directory_that_comes_and_goes);
	tcase_add_test(t, signals_that_a_guard_needs);
	tcase_add_test(t, times);
	tcase_add_test(t, the_next_one);
	return suite_run("selfreport", t);
}
