/* What `heart ctl` asks for, done on a guard without a process; and its status, whatever is in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "applets/heart/guard.h"
#include "applets/heart/guard_status.h"
#include "core/cleanup.h"
#include "tests/suite.h"

static struct guard guard;
static struct guard_config config;
static struct buf answer;
static int status;

static void set_up(void)
{
	config = (struct guard_config){ .timeout_ms = 60000, .interval_ms = 3600000 };
	guard = (struct guard){
		.config = &config, .guarded = GUARDED_NONE, .hwdog = HWDOG_NONE, .notify = NOTIFY_NONE,
		.command = "/srv/app", .name = "app", .state = GUARD_RUNNING, .validated_ms = PULSE_NEVER,
		.voice_fd = -1, .voice_child_fd = -1,
	};
	ck_assert_int_eq(loop_new(&guard.loop), 0);
	ck_assert_int_eq(guard_beat_open(&guard), 0);
	settings_reset(&guard.settings, NULL, NULL, false);
	pulse_start(&guard.pulse, loop_now(), 60000, true, 0);
	guard.guarded.child.pid = 4711;
	guard.guarded.started_ms = loop_now();
	answer = BUF(CONTROL_ANSWER_MAX);
}

static void tear_down(void)
{
	validation_cancel(&guard.validation);
	loop_free(guard.loop);
	buf_done(&answer);
}

/* What goes to stdout; behind it, what to stderr. */
static const char *ask(const char *packet)
{
	struct control_request request;

	buf_reset(&answer);
	ck_assert_int_eq(control_request_parse(packet, strlen(packet), &request), 0);
	status = guard_control(&guard, &request, &answer);
	return answer.len ? answer.data : "";
}

static const char *why(void)
{
	size_t len = answer.len ? strlen(answer.data) : 0;

	return len < answer.len ? answer.data + len + 1 : "";
}

static void expect(const char *packet, const char *text)
{
	ck_assert_str_eq(ask(packet), text);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(why(), "");
}

static void expect_failure(const char *packet, const char *text)
{
	ck_assert_str_eq(ask(packet), "");
	ck_assert_int_eq(status, 1);
	ck_assert_str_eq(why(), text);
}

static void expect_line(const char *packet, const char *line)
{
	char wanted[600];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	ck_assert_msg(strstr(ask(packet), wanted) != NULL, "no '%s' in:\n%s", line, answer.data);
}

/* ---- the command, the callback, the options ---- */

START_TEST(the_command)
{
	char packet[3000] = "set-cmd ";

	expect("get-cmd", "\n");
	expect("set-cmd /srv/app  restart ", "");
	expect("get-cmd", "/srv/app  restart \n");
	expect_failure("set-cmd ", "bad_cmd: it is empty, or has a NUL in it (clear-cmd removes it)");
	memset(packet + 8, 'x', 2047);
	expect_failure(packet, "bad_cmd: it has 2047 bytes or more");
	expect("get-cmd", "/srv/app  restart \n");
	packet[8 + 2046] = '\0';
	expect(packet, "");
	ck_assert_uint_eq(strlen(ask("get-cmd")), 2047);
	expect("clear-cmd", "");
	expect("get-cmd", "\n");
	settings_reset(&guard.settings, "given", NULL, false);
	expect("get-cmd", "given\n");
	expect("set-cmd another", "");
	expect("clear-cmd", "");
	expect("get-cmd", "given\n");
}
END_TEST

START_TEST(the_callback)
{
	expect("get-callback", "none\n");
	expect("set-callback /bin/true", "");
	expect("get-callback", "/bin/true\n");
	expect_failure("set-callback ", "bad_callback: it is empty, or has a NUL in it (clear-callback removes it)");
	expect("clear-callback", "");
	expect("get-callback", "none\n");
	settings_reset(&guard.settings, NULL, "given", false);
	expect("get-callback", "given\n");
	expect("clear-callback", "");
	expect("get-callback", "none\n");
}
END_TEST

START_TEST(the_options)
{
	expect("get-options", "none\n");
	expect("set-options check_schedulers", "");
	expect("get-options", "check_schedulers\n");
	expect_failure("set-options check_scheduler", "bad_options: check_scheduler (there is only check_schedulers)");
	expect("get-options", "check_schedulers\n");
	expect("set-options", "");
	expect("get-options", "none\n");
}
END_TEST

/* It would be forgotten when the program starts. */
START_TEST(nothing_is_set_before_a_start)
{
	static const char *const packets[] = { "set-cmd x", "set-callback x", "clear-callback",
					       "set-options check_schedulers" };

	guard.state = GUARD_PAUSING;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
		expect_failure(packets[i],
			       "not set: the program is about to be started, with what the command line says");
	expect("get-cmd", "\n");
	expect("get-callback", "none\n");
	expect("get-options", "none\n");
}
END_TEST

START_TEST(a_command_too_long_for_an_answer)
{
	static char huge[CONTROL_ANSWER_MAX + 1];

	memset(huge, 'x', sizeof(huge) - 1);
	settings_reset(&guard.settings, huge, huge, false);
	expect_failure("get-cmd", "too long for an answer, or no memory");
	ask("status-json");
	ck_assert_int_eq(status, 0);
	ck_assert_uint_gt(answer.len, 4000);
	ck_assert_uint_lt(answer.len, 8000);
}
END_TEST

/* ---- snooze, beat ---- */

START_TEST(snoozing)
{
	pulse_start(&guard.pulse, loop_now() - 100000, 60000, true, 0);
	expect_line("status", "well: no");
	ck_assert(!strncmp(ask("snooze 10m"), "deadline: in ", 13));
	ck_assert_int_eq(status, 0);
	ck_assert_int_ge(pulse_left(&guard.pulse, loop_now()), 500000);
	expect_line("status", "well: yes");
	ask("snooze 106751991167d");
	ck_assert_int_eq(status, 0);
	expect_failure("snooze soon", "that is no time: soon");
	expect_failure("snooze ", "that is no time: ");
	expect_failure("snooze -1", "that is no time: -1");
	expect_failure("snooze 999999999999999999999999999999999999999999999999999999999999999999999",
		       "that is no time: 999999999999999999999999999999999999999999999999999999999999999999999");
	pulse_start(&guard.pulse, loop_now(), PULSE_NEVER, false, 0);
	expect("snooze 10m", "deadline: none\n");
	guard.state = GUARD_TERMINATING;
	expect_failure("snooze 10m", "there is no living program to do it for (state: terminating)");
}
END_TEST

START_TEST(beating)
{
	expect("beat", "");
	ck_assert_uint_eq(guard.pulse.beats, 1);
	ck_assert(guard.said.beats);
	expect_line("status", "heartbeats: 1");
	guard.state = GUARD_ENDING;
	expect("beat", "");
	guard.state = GUARD_PAUSING;
	expect_failure("beat", "there is no living program to do it for (state: pausing)");
}
END_TEST

/* ---- status ---- */

static void at_beginning(void)
{
	static const char begin[] = "program: /srv/app\nstate: running\nwell: yes\npid: 4711\nuptime: ";

	ck_assert_int_eq(strncmp(ask("status"), begin, sizeof(begin) - 1), 0);
	ck_assert_int_eq(status, 0);
}

START_TEST(status_of_one_that_never_spoke)
{
	pulse_start(&guard.pulse, loop_now(), 60000, false, 0);
	at_beginning();
	expect_line("status", "restarts: 0");
	expect_line("status", "last end: none");
	expect_line("status", "ready: no");
	expect_line("status", "guarded by: its end alone");
	expect_line("status", "last heartbeat: none");
	expect_line("status", "deadline: none");
	expect_line("status", "callback: none");
	expect_line("status", "options: none");
	expect_line("status", "command: none");
	expect_line("status", "status: ");
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(status_of_one_that_speaks)
{
	guard.restarts = 3;
	guard.cause = REASON_OVERDUE;
	guard.said.ready = true;
	strcpy(guard.said.status, "Processing \xc3\xa9\x1b[2J\nstate: forged");
	settings_reset(&guard.settings, "reboot", "http://127.0.0.1/health", true);
	at_beginning();
	expect_line("status", "restarts: 3");
	expect_line("status", "last end: overdue");
	expect_line("status", "ready: yes");
	expect_line("status", "guarded by: heartbeats");
	expect_line("status", "callback: http://127.0.0.1/health");
	expect_line("status", "options: check_schedulers");
	expect_line("status", "command: reboot");
	expect_line("status", "status: Processing \xc3\xa9\\x1b[2J\\x0astate: forged");
}
END_TEST

START_TEST(times)
{
	CLEANUP(buf_done) struct buf b = BUF(4096);

	guard.guarded.started_ms = 1000;
	pulse_start(&guard.pulse, 1000, 60000, true, 0);
	pulse_beat(&guard.pulse, 3000);
	ck_assert_int_eq(guard_status_print(&guard, 5567, false, &b), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "\nuptime: 4.5s\n"));
	ck_assert_ptr_nonnull(strstr(b.data, "\nlast heartbeat: 2.5s ago\ndeadline: in 57.4s\n"));
	buf_reset(&b);
	ck_assert_int_eq(guard_status_print(&guard, 5067, true, &b), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "\"uptime_seconds\": 4.067, "));
	ck_assert_ptr_nonnull(strstr(b.data, "\"last_heartbeat_seconds\": 2.067, \"deadline_seconds\": 57.933, "));
}
END_TEST

static void expect_unwell(const char *reason)
{
	char wanted[400];

	snprintf(wanted, sizeof(wanted), "app is not well: %s", reason);
	expect_line("status", "well: no");
	ck_assert_int_eq(status, 1);
	ck_assert_str_eq(why(), wanted);
	snprintf(wanted, sizeof(wanted), "why: %s", reason);
	expect_line("status", wanted);
	ask("status-json");
	ck_assert_int_eq(status, 1);
	ck_assert_ptr_nonnull(strstr(answer.data, "\"well\": false"));
	ck_assert(!guard_is_well(&guard));
}

START_TEST(what_is_not_well)
{
	ck_assert(guard_is_well(&guard));
	strcpy(guard.unwell, "callback: exit status 3");
	expect_unwell("the last heartbeat did not count: callback: exit status 3");
	guard.unwell[0] = '\0';
	pulse_start(&guard.pulse, loop_now() - 60000, 60000, true, 0);
	expect_unwell("overdue");
	guard.overdue = true;
	strcpy(guard.why, "overdue: no heartbeat for 60s");
	expect_unwell("overdue: no heartbeat for 60s");
	guard.state = GUARD_KILLING;
	expect_unwell("killing: overdue: no heartbeat for 60s");
	guard.state = GUARD_PAUSING;
	guard.guarded.child.pid = 0;
	guard.why[0] = '\0';
	expect_unwell("pausing");
	expect_line("status", "pid: none");
	expect_line("status", "uptime: none");
	guard.state = GUARD_ENDING;
	ck_assert(guard_is_well(&guard));
}
END_TEST

START_TEST(every_state_has_a_name)
{
	for (guard.state = 0; guard.state < GUARD_STATES; guard.state++)
		ck_assert_ptr_nonnull(guard_status_state(&guard));
	ck_assert_str_eq(guard_status_state(&guard), "unknown");
}
END_TEST

/* tests/heart_ctl.sh gives it to jq(1). */
START_TEST(json)
{
	static const char wanted[] =
		"{\"program\": \"/srv/\\u001b\\\"\\\\\xef\xbf\xbd\", \"state\": \"pausing\", \"well\": false, "
		"\"why\": \"pausing\", \"pid\": null, \"uptime_seconds\": null, \"restarts\": 0, \"last_end\": null, "
		"\"ready\": false, \"guarded_by\": \"its end alone\", \"heartbeats\": 0, "
		"\"last_heartbeat_seconds\": null, \"deadline_seconds\": null, \"callback\": null, "
		"\"options\": [\"check_schedulers\"], \"command\": \"\", \"status\": \"a\\nb\"}\n";

	guard.state = GUARD_PAUSING;
	guard.guarded.child.pid = 0;
	pulse_start(&guard.pulse, loop_now(), 60000, false, 0);
	settings_reset(&guard.settings, "", NULL, true);
	strcpy(guard.command, "/srv/\x1b\"\\\xff");
	strcpy(guard.said.status, "a\nb");
	ck_assert_str_eq(ask("status-json"), wanted);
}
END_TEST

START_TEST(no_room)
{
	for (size_t max = 0; max < 200; max++) {
		CLEANUP(buf_done) struct buf small = BUF(max);

		ck_assert_int_eq(guard_status_print(&guard, loop_now(), max % 2, &small), -ENOBUFS);
		buf_done(&answer);
		answer = BUF(max);
		ask(max % 2 ? "status" : "status-json");
		ck_assert_int_eq(status, 1);
		ck_assert_uint_le(answer.len, max);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("guard_control");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_command);
	tcase_add_test(tests, the_callback);
	tcase_add_test(tests, the_options);
	tcase_add_test(tests, nothing_is_set_before_a_start);
	tcase_add_test(tests, a_command_too_long_for_an_answer);
	tcase_add_test(tests, snoozing);
	tcase_add_test(tests, beating);
	tcase_add_test(tests, status_of_one_that_never_spoke);
	tcase_add_test(tests, status_of_one_that_speaks);
	tcase_add_test(tests, times);
	tcase_add_test(tests, what_is_not_well);
	tcase_add_test(tests, every_state_has_a_name);
	tcase_add_test(tests, json);
	tcase_add_test(tests, no_room);
	return suite_run("guard_control", tests);
}
