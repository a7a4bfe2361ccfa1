/* The lines of start, stop and restart. */
#include "applets/cluster/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

static struct line parsed(const char *text)
{
	char why[LINE_WHY_SIZE] = "";
	struct line line;
	int r = line_parse(text, "/srv", &line, why);

	ck_assert_msg(r == 0, "'%s': %s", text, why);
	return line;
}

static void expect(const char *text, enum line_kind kind, bool may_fail, const char *command)
{
	CLEANUP(line_done) struct line line = parsed(text);

	ck_assert_int_eq(line.kind, kind);
	ck_assert_int_eq(line.may_fail, may_fail);
	ck_assert_str_eq(line.text, command);
	ck_assert_ptr_null(line.place);
	ck_assert_int_eq(line.ready.kind, LINE_READY_AT_ONCE);
}

static void expect_ready(const char *text, enum line_ready_kind kind, const char *place, unsigned port)
{
	CLEANUP(line_done) struct line line = parsed(text);
	const char *got = kind == LINE_READY_TCP ? line.ready.host : line.ready.path;

	ck_assert_int_eq(line.kind, LINE_BACKGROUND);
	ck_assert_int_eq(line.ready.kind, kind);
	ck_assert_str_eq(got ? got : "", place);
	ck_assert_uint_eq(line.ready.port, port);
	ck_assert_str_eq(line.text, "web 1");
}

static void expect_pid(const char *text, pid_t pid, const char *path)
{
	CLEANUP(line_done) struct line line = parsed(text);

	ck_assert_int_eq(line.kind, LINE_PID);
	ck_assert_int_eq(line.pid, pid);
	ck_assert_str_eq(line.path ? line.path : "", path);
}

static void refused(const char *text, const char *expected)
{
	struct line line = { .pid = 7 };
	char why[LINE_WHY_SIZE] = "";

	ck_assert_msg(line_parse(text, "/srv", &line, why) == -EBADMSG, "'%s' is accepted", text);
	ck_assert_int_eq(line.pid, 7);
	ck_assert_str_eq(why, expected);
}

START_TEST(blanks)
{
	ck_assert(line_is_blank(""));
	ck_assert(line_is_blank(" \t\xc2\xa0"));
	ck_assert(line_is_blank("  # zeo first"));
	ck_assert(line_is_blank("; zeo first"));
	ck_assert(!line_is_blank("zeo # first"));
}
END_TEST

START_TEST(commands)
{
	expect("/srv/bin/zeo start", LINE_COMMAND, false, "/srv/bin/zeo start");
	expect("  a  b \t", LINE_COMMAND, false, "a  b");
	expect("-a -b", LINE_COMMAND, true, "a -b");
	expect("- a", LINE_COMMAND, true, "a");
	expect("background:a b", LINE_BACKGROUND, false, "a b");
	expect("background: a b ", LINE_BACKGROUND, false, "a b");
	expect("-background:a", LINE_BACKGROUND, true, "a");
	expect("background:-a", LINE_BACKGROUND, true, "a");
	expect("background a", LINE_COMMAND, false, "background a");
	expect("background", LINE_COMMAND, false, "background");
}
END_TEST

START_TEST(readiness)
{
	expect_ready("background[ready=tcp:localhost:80]:web 1", LINE_READY_TCP, "localhost", 80);
	expect_ready("background[ready=tcp:127.0.0.1:65535]: web 1", LINE_READY_TCP, "127.0.0.1", 65535);
	expect_ready("background[ready=tcp:[::1]:8080]:web 1", LINE_READY_TCP, "::1", 8080);
	expect_ready("background[ready=file:run/web.sock]:web 1", LINE_READY_FILE, "/srv/run/web.sock", 0);
	expect_ready("background[ready=file:/run/a b:c]:web 1", LINE_READY_FILE, "/run/a b:c", 0);
	expect_ready("-background[ready=notify]:web 1", LINE_READY_NOTIFY, "", 0);
}
END_TEST

START_TEST(pids)
{
	expect_pid("pid:4711", 4711, "");
	expect_pid("-pid: 1", 1, "");
	expect_pid("pid:2147483647", 2147483647, "");
	expect_pid("pid:/run/pound.pid", 0, "/run/pound.pid");
	expect_pid("pid:pound.pid", 0, "/srv/pound.pid");
	expect_pid("pid:7up", 0, "/srv/7up");
	expect_pid("pid:-7", 0, "/srv/-7");
	refused("pid:0", "pid:0: no process has that number");
	refused("pid:2147483648", "pid:2147483648: no process has that number");
	refused("pid:99999999999999999999999", "pid:99999999999999999999999: no process has that number");
	refused("pid: ", "pid: without a number or a file");
}
END_TEST

START_TEST(bad_lines)
{
	refused("-", "no command");
	refused("background:", "no command");
	refused("background:-", "no command");
	refused("background[ready=notify]:", "no command");
	refused("background[ready=notify", "background[ without ']:'");
	refused("background[ready=notify] web", "background[ without ']:'");
	refused("background[ready=tcp:[::1:80", "background[ without ']:'");
	refused("background[]:web", "background[]: only ready=tcp:HOST:PORT, ready=file:PATH, ready=notify");
	refused("background[redy=notify]:web",
		"background[redy=notify]: only ready=tcp:HOST:PORT, ready=file:PATH, ready=notify");
	refused("background[ready=http]:web", "ready=http: not tcp:HOST:PORT, file:PATH or notify");
	refused("background[ready=file:]:web", "ready=file: without a PATH");
	for (size_t i = 0; i < 6; i++) {
		static const char *const bad[] = { "80", ":80", "host:0", "host:65536", "host:http", "[::1]80" };
		char text[80], why[200];

		snprintf(text, sizeof(text), "background[ready=tcp:%s]:web", bad[i]);
		snprintf(why, sizeof(why), "ready=tcp:%s: not HOST:PORT, with a port from 1 to 65535", bad[i]);
		refused(text, why);
	}
}
END_TEST

START_TEST(mistyped_prefixes)
{
	refused("backgroud:web", "'backgroud' is no prefix (did you mean 'background:'?)");
	refused("Background:web", "'Background' is no prefix (did you mean 'background:'?)");
	refused("-bakground[ready=notify]:web", "'bakground' is no prefix (did you mean 'background:'?)");
	refused("PID:7", "'PID' is no prefix (did you mean 'pid:'?)");
	expect("sh:x", LINE_COMMAND, false, "sh:x");
	expect("http://x", LINE_COMMAND, false, "http://x");
	expect("/a/backgroud:web", LINE_COMMAND, false, "/a/backgroud:web");
}
END_TEST

START_TEST(nothing_to_release)
{
	line_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("line");

	tcase_add_test(tests, blanks);
	tcase_add_test(tests, commands);
	tcase_add_test(tests, readiness);
	tcase_add_test(tests, pids);
	tcase_add_test(tests, bad_lines);
	tcase_add_test(tests, mistyped_prefixes);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("line", tests);
}
