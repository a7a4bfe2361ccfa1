/* What `status` shows: the table, the JSON. */
#include "applets/cluster/status_view.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

enum { NOW = 1763742182 }; /* 2025-11-21T16:23:02Z */

static const struct member members[] = {
	{ .name = "worker", .kind = MEMBER_BACKGROUND, .process = { 4720, 5 }, .since_s = 1763742000 },
	{ .name = "redis-server", .kind = MEMBER_DAEMON, .process = { 4725, 6 }, .since_s = 1763742001, .line = 1,
	  .ended = true, .status = SIGKILL, .ended_s = 1763742117 },
	{ .name = "mailer", .kind = MEMBER_BACKGROUND, .process = { 4730, 7 }, .since_s = INT64_MAX,
	  .ended = true, .status = MEMBER_STATUS_UNKNOWN, .ended_s = INT64_MAX },
};

static struct status_member looked_at[] = {
	{ &members[0], 'S', 13107200 }, { &members[1], 0, -1 }, { &members[2], 0, -1 },
};

static const struct status running = {
	.state = "running", .pid = 4711, .pid_file = "/srv/a\"b.pid", .members = looked_at, .count = 3,
};

START_TEST(words)
{
	ck_assert_str_eq(status_word(0), "ended");
	ck_assert_str_eq(status_word('R'), "running");
	ck_assert_str_eq(status_word('S'), "sleeping");
	ck_assert_str_eq(status_word('D'), "sleeping");
	ck_assert_str_eq(status_word('T'), "stopped");
	ck_assert_str_eq(status_word('t'), "stopped");
	ck_assert_str_eq(status_word('Z'), "zombie");
}
END_TEST

static void expect_duration(int64_t seconds, const char *expected)
{
	char text[STATUS_CELL_SIZE];

	ck_assert_str_eq(status_duration(seconds, text), expected);
}

static void expect_size(int64_t bytes, const char *expected)
{
	char text[STATUS_CELL_SIZE];

	ck_assert_str_eq(status_size(bytes, text), expected);
}

START_TEST(numbers)
{
	expect_duration(-7, "0s");
	expect_duration(59, "59s");
	expect_duration(60, "1m0s");
	expect_duration(3599, "59m59s");
	expect_duration(3660, "1h1m");
	expect_duration(2 * 86400 + 3 * 3600 + 59, "2d3h");
	expect_duration(INT64_MAX, "106751991167300d15h");
	expect_size(0, "0 KiB");
	expect_size(1048575, "1023 KiB");
	expect_size(1048576, "1.0 MiB");
	expect_size(13107200, "12.5 MiB");
	expect_size(2147483647, "2047.9 MiB");
}
END_TEST

START_TEST(table)
{
	CLEANUP(buf_done) struct buf out = BUF(STATUS_TEXT_MAX);

	ck_assert_int_eq(status_table(&running, NOW, &out), 0);
	ck_assert_str_eq(out.data,
			 "NAME          PID   KIND        STATE     SINCE                 FOR   MEMORY    LAST EXIT\n"
			 "worker        4720  background  sleeping  2025-11-21T16:20:00Z  3m2s  12.5 MiB  -\n"
			 "redis-server  4725  daemon      ended     2025-11-21T16:21:57Z  1m5s  -         SIGKILL\n"
			 "mailer        4730  background  ended     -                     0s    -         not known\n");
}
END_TEST

START_TEST(json)
{
	CLEANUP(buf_done) struct buf out = BUF(STATUS_TEXT_MAX), small = BUF(200);

	ck_assert_int_eq(status_json(&running, NOW, &out), 0);
	ck_assert_str_eq(out.data,
			 "{\"state\":\"running\",\"pid\":4711,\"pid_file\":\"/srv/a\\\"b.pid\",\"why\":null,"
			 "\"members\":["
			 "{\"name\":\"worker\",\"kind\":\"background\",\"pid\":4720,\"state\":\"sleeping\","
			 "\"since\":\"2025-11-21T16:20:00Z\",\"seconds\":182,\"memory\":13107200,\"ended\":null,"
			 "\"last_exit\":null},"
			 "{\"name\":\"redis-server\",\"kind\":\"daemon\",\"pid\":4725,\"state\":\"ended\","
			 "\"since\":\"2025-11-21T16:20:01Z\",\"seconds\":null,\"memory\":null,"
			 "\"ended\":\"2025-11-21T16:21:57Z\",\"last_exit\":\"SIGKILL\"},"
			 "{\"name\":\"mailer\",\"kind\":\"background\",\"pid\":4730,\"state\":\"ended\","
			 "\"since\":null,\"seconds\":null,\"memory\":null,\"ended\":null,\"last_exit\":null}"
			 "],\"left\":[]}\n");
	ck_assert_int_eq(status_json(&running, NOW, &small), -ENOBUFS);
}
END_TEST

START_TEST(json_of_what_is_left)
{
	struct status_left left[] = { { "worker", 4720 }, { "a\"\x1b", 4731 } };
	const struct status dead = { .state = "dead", .pid_file = "/p", .why = "pid 7 has ended", .left = left,
				     .left_count = 2 };
	CLEANUP(buf_done) struct buf out = BUF(STATUS_TEXT_MAX);

	ck_assert_int_eq(status_json(&dead, NOW, &out), 0);
	ck_assert_str_eq(out.data, "{\"state\":\"dead\",\"pid\":null,\"pid_file\":\"/p\",\"why\":\"pid 7 has ended\","
				   "\"members\":[],\"left\":[{\"name\":\"worker\",\"pid\":4720},"
				   "{\"name\":\"a\\\"\\u001b\",\"pid\":4731}]}\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("status_view");

	tcase_add_test(tests, words);
	tcase_add_test(tests, numbers);
	tcase_add_test(tests, table);
	tcase_add_test(tests, json);
	tcase_add_test(tests, json_of_what_is_left);
	return suite_run("status_view", tests);
}
