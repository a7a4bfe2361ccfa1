/* What heart's port program decides, without a process. */
#include "applets/heart/port_policy.h"

#include <limits.h>
#include <signal.h>

#include "tests/suite.h"

static const struct port_facts usual = { .command = true, .node = true, .may_kill = true };

static void expect(struct port_facts facts, enum port_state state, enum port_event event, enum port_action action,
		   enum port_state next)
{
	struct port_step step = port_decide(state, event, &facts);

	ck_assert_msg(step.action == action && step.next == next, "state %d, event %d: action %d, next %d", state,
		      event, step.action, step.next);
}

#define WITH(...) ((struct port_facts){ .command = true, .node = true, .may_kill = true, __VA_ARGS__ })
#define WITHOUT_COMMAND(...) ((struct port_facts){ .node = true, .may_kill = true, __VA_ARGS__ })

static const struct port_facts no_kill = { .command = true, .node = true };
static const struct port_facts no_node = { .command = true, .may_kill = true };
static const struct port_facts no_node_term = { .command = true, .may_kill = true, .term = true };

START_TEST(overdue_is_killed_at_once)
{
	expect(usual, PORT_WAITING, PORT_OVERDUE, PORT_KILL, PORT_KILLING);
	expect(usual, PORT_KILLING, PORT_GONE, PORT_RUN, PORT_COMMAND);
	expect(usual, PORT_COMMAND, PORT_DONE, PORT_END, PORT_ENDED);
	expect(usual, PORT_WAITING, PORT_FAILED, PORT_KILL, PORT_KILLING);
}
END_TEST

START_TEST(closed_may_end_by_itself)
{
	expect(usual, PORT_WAITING, PORT_CLOSED, PORT_AWAIT_END, PORT_PARTING);
	expect(usual, PORT_WAITING, PORT_GONE, PORT_AWAIT_END, PORT_PARTING);
	expect(usual, PORT_PARTING, PORT_GONE, PORT_RUN, PORT_COMMAND);
	expect(usual, PORT_PARTING, PORT_TIME_OVER, PORT_KILL_LATE, PORT_KILLING);
	expect(usual, PORT_KILLING, PORT_TIME_OVER, PORT_RUN_BESIDE, PORT_COMMAND);
}
END_TEST

START_TEST(shut_down_runs_nothing)
{
	expect(usual, PORT_WAITING, PORT_SHUT_DOWN, PORT_END, PORT_ENDED);
	expect(WITHOUT_COMMAND(.term = true), PORT_WAITING, PORT_SHUT_DOWN, PORT_END, PORT_ENDED);
}
END_TEST

START_TEST(without_a_command_nothing_is_killed)
{
	expect(WITHOUT_COMMAND(), PORT_WAITING, PORT_OVERDUE, PORT_END_NO_CMD, PORT_ENDED);
	expect(WITHOUT_COMMAND(), PORT_WAITING, PORT_CLOSED, PORT_END_NO_CMD, PORT_ENDED);
	expect(WITHOUT_COMMAND(), PORT_WAITING, PORT_GONE, PORT_END_NO_CMD, PORT_ENDED);
	expect(WITHOUT_COMMAND(), PORT_WAITING, PORT_FAILED, PORT_END_NO_CMD, PORT_ENDED);
	expect(WITHOUT_COMMAND(), PORT_WAITING, PORT_CRASHED, PORT_END_NO_CMD, PORT_ENDED);
	expect(WITHOUT_COMMAND(.dump_seconds = 10), PORT_WAITING, PORT_CRASHED, PORT_AWAIT_DUMP, PORT_DUMPING);
	expect(WITHOUT_COMMAND(.dump_seconds = 10), PORT_DUMPING, PORT_CLOSED, PORT_END_NO_CMD, PORT_ENDED);
}
END_TEST

START_TEST(no_kill_leaves_the_node_to_the_command)
{
	expect(no_kill, PORT_WAITING, PORT_OVERDUE, PORT_RUN, PORT_COMMAND);
	expect(no_kill, PORT_WAITING, PORT_CLOSED, PORT_RUN, PORT_COMMAND);
	expect(no_kill, PORT_WAITING, PORT_CRASHED, PORT_RUN, PORT_COMMAND);
	expect(no_node, PORT_WAITING, PORT_OVERDUE, PORT_RUN, PORT_COMMAND);
	expect(no_node, PORT_WAITING, PORT_CLOSED, PORT_RUN, PORT_COMMAND);
}
END_TEST

START_TEST(a_crash_may_write_its_dump)
{
	expect(usual, PORT_WAITING, PORT_CRASHED, PORT_KILL, PORT_KILLING);
	for (int seconds = -1; seconds <= 10; seconds += 11) {
		expect(WITH(.dump_seconds = seconds), PORT_WAITING, PORT_CRASHED, PORT_AWAIT_DUMP, PORT_DUMPING);
		expect(WITH(.dump_seconds = seconds), PORT_DUMPING, PORT_CLOSED, PORT_KILL, PORT_KILLING);
		expect(WITH(.dump_seconds = seconds), PORT_DUMPING, PORT_GONE, PORT_KILL, PORT_KILLING);
		expect(WITH(.dump_seconds = seconds), PORT_DUMPING, PORT_FAILED, PORT_KILL, PORT_KILLING);
		expect(WITH(.dump_seconds = seconds), PORT_DUMPING, PORT_TIME_OVER, PORT_KILL, PORT_KILLING);
	}
	expect(WITH(.dump_seconds = 10), PORT_DUMPING, PORT_OVERDUE, PORT_NOTHING, PORT_DUMPING);
	expect(WITH(.dump_seconds = 10), PORT_DUMPING, PORT_SHUT_DOWN, PORT_NOTHING, PORT_DUMPING);
}
END_TEST

START_TEST(after_a_sigterm_no_command_is_run)
{
	expect(WITH(.term = true), PORT_WAITING, PORT_CLOSED, PORT_AWAIT_LEAVE, PORT_LEAVING);
	expect(WITH(.term = true), PORT_WAITING, PORT_GONE, PORT_AWAIT_LEAVE, PORT_LEAVING);
	expect(WITH(.term = true), PORT_LEAVING, PORT_GONE, PORT_END_TERM, PORT_ENDED);
	expect(WITH(.term = true), PORT_PARTING, PORT_GONE, PORT_END_TERM, PORT_ENDED);
	expect(WITH(.term = true), PORT_KILLING, PORT_GONE, PORT_END_TERM, PORT_ENDED);
	expect(no_node_term, PORT_WAITING, PORT_CLOSED, PORT_END_TERM, PORT_ENDED);
	expect(WITH(.term = true), PORT_WAITING, PORT_OVERDUE, PORT_KILL, PORT_KILLING);
	/* Still there when it is forgotten: as if it had closed without. */
	expect(WITH(.term = true), PORT_LEAVING, PORT_TIME_OVER, PORT_AWAIT_LEAVE, PORT_LEAVING);
	expect(usual, PORT_LEAVING, PORT_TIME_OVER, PORT_AWAIT_END, PORT_PARTING);
}
END_TEST

START_TEST(a_start_that_failed_is_tried_again)
{
	expect(usual, PORT_COMMAND, PORT_TIME_OVER, PORT_RUN, PORT_COMMAND);
	expect(usual, PORT_COMMAND, PORT_GONE, PORT_NOTHING, PORT_COMMAND);
	expect(usual, PORT_COMMAND, PORT_CLOSED, PORT_NOTHING, PORT_COMMAND);
}
END_TEST

/* From every state some event leads on, and the last one is the last. */
START_TEST(no_state_is_a_dead_end)
{
	bool leads_on = false;

	for (int event = 0; event < PORT_EVENTS; event++) {
		struct port_step step = port_decide((enum port_state)_i, (enum port_event)event, &usual);

		leads_on |= step.next != (enum port_state)_i;
		ck_assert(_i != PORT_ENDED || step.action == PORT_NOTHING);
	}
	ck_assert(leads_on == (_i != PORT_ENDED));
}
END_TEST

START_TEST(settings)
{
	ck_assert_int_eq(port_timeout("11"), 11);
	ck_assert_int_eq(port_timeout("65535"), 65535);
	ck_assert_int_eq(port_timeout("10"), 0);
	ck_assert_int_eq(port_timeout("65536"), 0);
	ck_assert_int_eq(port_timeout("-60"), 0);
	ck_assert_int_eq(port_timeout(""), 0);
	ck_assert_int_eq(port_timeout("60s"), 0);
	ck_assert_int_eq(port_timeout("99999999999999999999"), 0);
	ck_assert_int_eq(port_dump_seconds(NULL), 0);
	ck_assert_int_eq(port_dump_seconds(""), 0);
	ck_assert_int_eq(port_dump_seconds("abc"), 0);
	ck_assert_int_eq(port_dump_seconds("10"), 10);
	ck_assert_int_eq(port_dump_seconds("-7"), -7);
	ck_assert_int_eq(port_dump_seconds("99999999999999999999"), INT_MAX);
	ck_assert_int_eq(port_dump_seconds("-99999999999999999999"), INT_MIN);
	ck_assert_int_eq(port_kill_signal(NULL), SIGKILL);
	ck_assert_int_eq(port_kill_signal(""), SIGKILL);
	ck_assert_int_eq(port_kill_signal("SIGTERM"), SIGKILL);
	ck_assert_int_eq(port_kill_signal("SIGABRT"), SIGABRT);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("port_policy");

	tcase_add_test(tests, overdue_is_killed_at_once);
	tcase_add_test(tests, closed_may_end_by_itself);
	tcase_add_test(tests, shut_down_runs_nothing);
	tcase_add_test(tests, without_a_command_nothing_is_killed);
	tcase_add_test(tests, no_kill_leaves_the_node_to_the_command);
	tcase_add_test(tests, a_crash_may_write_its_dump);
	tcase_add_test(tests, after_a_sigterm_no_command_is_run);
	tcase_add_test(tests, a_start_that_failed_is_tried_again);
	tcase_add_loop_test(tests, no_state_is_a_dead_end, 0, PORT_STATES);
	tcase_add_test(tests, settings);
	return suite_run("port_policy", tests);
}
