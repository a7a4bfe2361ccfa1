/* When a guarded program is overdue. */
#include "applets/heart/pulse.h"

#include "tests/suite.h"

enum { START = 1000000, TIMEOUT = 60000, GRACE = 5000 };

static struct pulse pulse;

static void start(bool demanded)
{
	pulse_start(&pulse, START, TIMEOUT, demanded, GRACE);
}

#define NEVER_AT(now) ck_assert_int_eq(pulse_left(&pulse, now), PULSE_NEVER)
#define LEFT_AT(now, left) ck_assert_int_eq(pulse_left(&pulse, now), left)

START_TEST(a_silent_program_is_never_overdue)
{
	start(false);
	NEVER_AT(START);
	NEVER_AT(INT64_MAX);
	ck_assert_int_eq(pulse.last_ms, PULSE_NEVER);
	ck_assert_int_eq(pulse.started_ms, START);
	ck_assert_uint_eq(pulse.beats, 0);
}
END_TEST

START_TEST(a_demanded_heartbeat_is_waited_for)
{
	start(true);
	LEFT_AT(START, GRACE + TIMEOUT);
	LEFT_AT(START + GRACE + TIMEOUT - 1, 1);
	LEFT_AT(START + GRACE + TIMEOUT, 0);
	LEFT_AT(START + GRACE + TIMEOUT + 1, 0);
	LEFT_AT(INT64_MAX, 0);
}
END_TEST

START_TEST(ready_begins_it)
{
	start(false);
	pulse_ready(&pulse, START + 10);
	LEFT_AT(START + 10, TIMEOUT);
	ck_assert_int_eq(pulse.last_ms, PULSE_NEVER);
	ck_assert_uint_eq(pulse.beats, 0);
	pulse_ready(&pulse, START + 20); /* reloaded */
	LEFT_AT(START + 20, TIMEOUT);
}
END_TEST

START_TEST(ready_and_a_heartbeat_end_the_start_grace)
{
	start(true);
	pulse_ready(&pulse, START + 1);
	LEFT_AT(START + 1, TIMEOUT);
	start(true);
	pulse_beat(&pulse, START + 1);
	LEFT_AT(START + 1, TIMEOUT);
}
END_TEST

START_TEST(heartbeats_begin_it_and_put_it_off)
{
	start(false);
	pulse_beat(&pulse, START + 10);
	LEFT_AT(START + 10, TIMEOUT);
	pulse_beat(&pulse, START + 10 + TIMEOUT - 1);
	LEFT_AT(START + 10 + TIMEOUT, TIMEOUT - 1);
	ck_assert_int_eq(pulse.last_ms, START + 10 + TIMEOUT - 1);
	ck_assert_uint_eq(pulse.beats, 2);
	LEFT_AT(START + 10 + 2 * TIMEOUT - 1, 0);
	pulse_beat(&pulse, START + 10 + 3 * TIMEOUT); /* of one that may not be killed */
	LEFT_AT(START + 10 + 3 * TIMEOUT, TIMEOUT);
}
END_TEST

START_TEST(an_extension_only_puts_off)
{
	start(true);
	pulse_extend(&pulse, START, 1);
	LEFT_AT(START, GRACE + TIMEOUT);
	pulse_extend(&pulse, START, 10 * TIMEOUT);
	LEFT_AT(START, 10 * TIMEOUT);
	pulse_extend(&pulse, START, TIMEOUT);
	LEFT_AT(START, 10 * TIMEOUT);
	pulse_beat(&pulse, START + 1); /* does not end it */
	LEFT_AT(START + 1, 10 * TIMEOUT - 1);
	pulse_ready(&pulse, START + 2);
	LEFT_AT(START + 2, 10 * TIMEOUT - 2);
	pulse_beat(&pulse, START + 10 * TIMEOUT);
	LEFT_AT(START + 10 * TIMEOUT, TIMEOUT);
}
END_TEST

START_TEST(the_last_snooze_counts)
{
	start(true);
	pulse_snooze(&pulse, START, 10 * TIMEOUT);
	LEFT_AT(START, 10 * TIMEOUT);
	pulse_snooze(&pulse, START, 5 * TIMEOUT);
	LEFT_AT(START, 5 * TIMEOUT);
	pulse_extend(&pulse, START, 7 * TIMEOUT); /* which is the program's, and stays */
	pulse_snooze(&pulse, START, 0);
	LEFT_AT(START, 7 * TIMEOUT);
	start(true);
	pulse_snooze(&pulse, START, 10 * TIMEOUT);
	pulse_snooze(&pulse, START, 0);
	LEFT_AT(START, GRACE + TIMEOUT);
	start(false);
	pulse_snooze(&pulse, START, 10 * TIMEOUT);
	NEVER_AT(START);
}
END_TEST

START_TEST(an_extension_of_what_is_overdue)
{
	start(true);
	LEFT_AT(START + GRACE + TIMEOUT, 0);
	pulse_extend(&pulse, START + GRACE + TIMEOUT, 7);
	LEFT_AT(START + GRACE + TIMEOUT, 7);
}
END_TEST

START_TEST(an_extension_makes_no_deadline)
{
	start(false);
	pulse_extend(&pulse, START, 10 * TIMEOUT);
	NEVER_AT(START);
	pulse_ready(&pulse, START + 1);
	LEFT_AT(START + 1, 10 * TIMEOUT - 1);
}
END_TEST

START_TEST(another_timeout)
{
	start(false);
	pulse_set_timeout(&pulse, START + 1, 3000); /* it speaks, but is not ready */
	NEVER_AT(START + 1);
	pulse_ready(&pulse, START + 2);
	LEFT_AT(START + 2, 3000);
	pulse_set_timeout(&pulse, START + 1002, 5000);
	LEFT_AT(START + 1002, 5000);
	pulse_set_timeout(&pulse, START + 1003, PULSE_NEVER);
	NEVER_AT(START + 1003);
	pulse_beat(&pulse, START + 1004);
	NEVER_AT(START + 1004);
	pulse_set_timeout(&pulse, START + 1005, 1000);
	LEFT_AT(START + 1005, 1000);
}
END_TEST

START_TEST(another_timeout_within_the_start_grace)
{
	start(true);
	pulse_set_timeout(&pulse, START + 1, 1000);
	LEFT_AT(START + 1, GRACE + 1000 - 1);
}
END_TEST

START_TEST(how_late)
{
	start(false);
	ck_assert_int_eq(pulse_late(&pulse, INT64_MAX), 0);
	pulse_beat(&pulse, START);
	ck_assert_int_eq(pulse_late(&pulse, START + TIMEOUT - 1), 0);
	ck_assert_int_eq(pulse_late(&pulse, START + TIMEOUT), 0);
	ck_assert_int_eq(pulse_late(&pulse, START + TIMEOUT + 7), 7);
	pulse_extend(&pulse, START + TIMEOUT, 5);
	ck_assert_int_eq(pulse_late(&pulse, START + TIMEOUT + 7), 2);
	pulse_stop(&pulse);
	ck_assert_int_eq(pulse_late(&pulse, INT64_MAX), 0);
}
END_TEST

START_TEST(without_a_timeout)
{
	pulse_start(&pulse, START, PULSE_NEVER, true, GRACE);
	NEVER_AT(START);
	pulse_ready(&pulse, START);
	pulse_beat(&pulse, START);
	pulse_extend(&pulse, START, 1);
	NEVER_AT(INT64_MAX);
	ck_assert_uint_eq(pulse.beats, 1);
}
END_TEST

START_TEST(stopped_for_good)
{
	start(true);
	pulse_stop(&pulse);
	NEVER_AT(INT64_MAX);
	pulse_ready(&pulse, START);
	pulse_beat(&pulse, START);
	pulse_extend(&pulse, START, 1);
	pulse_set_timeout(&pulse, START, 1);
	NEVER_AT(INT64_MAX);
}
END_TEST

START_TEST(a_start_forgets)
{
	start(true);
	pulse_beat(&pulse, START);
	pulse_extend(&pulse, START, INT64_MAX);
	pulse_stop(&pulse);
	pulse_start(&pulse, START + 9, 1000, true, 0);
	LEFT_AT(START + 9, 1000);
	ck_assert_uint_eq(pulse.beats, 0);
	ck_assert_int_eq(pulse.last_ms, PULSE_NEVER);
}
END_TEST

/* The program may name any time. */
START_TEST(times_beyond_the_clock)
{
	start(true);
	pulse_set_timeout(&pulse, START, INT64_MAX);
	LEFT_AT(START, INT64_MAX - START);
	pulse_extend(&pulse, START, INT64_MAX);
	pulse_beat(&pulse, START);
	LEFT_AT(START, INT64_MAX - START);
	pulse_start(&pulse, START, INT64_MAX, true, INT64_MAX);
	LEFT_AT(START, INT64_MAX - START);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("pulse");

	tcase_add_test(tests, a_silent_program_is_never_overdue);
	tcase_add_test(tests, a_demanded_heartbeat_is_waited_for);
	tcase_add_test(tests, ready_begins_it);
	tcase_add_test(tests, ready_and_a_heartbeat_end_the_start_grace);
	tcase_add_test(tests, heartbeats_begin_it_and_put_it_off);
	tcase_add_test(tests, an_extension_only_puts_off);
	tcase_add_test(tests, the_last_snooze_counts);
	tcase_add_test(tests, an_extension_of_what_is_overdue);
	tcase_add_test(tests, an_extension_makes_no_deadline);
	tcase_add_test(tests, another_timeout);
	tcase_add_test(tests, another_timeout_within_the_start_grace);
	tcase_add_test(tests, how_late);
	tcase_add_test(tests, without_a_timeout);
	tcase_add_test(tests, stopped_for_good);
	tcase_add_test(tests, a_start_forgets);
	tcase_add_test(tests, times_beyond_the_clock);
	return suite_run("pulse", tests);
}
