/* What `oome run` decides, without a process. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "applets/oome/run_policy.h"

static void expect(enum run_state state, enum run_event event, enum run_action action, enum run_state next)
{
	struct run_step step = run_decide(state, event);

	ck_assert_msg(step.action == action && step.next == next, "state %d, event %d: action %d, next %d", state,
		      event, step.action, step.next);
}

START_TEST(out_of_memory_is_terminated_and_started)
{
	expect(RUN_PAUSING, RUN_STARTED, RUN_NOTHING, RUN_RUNNING);
	expect(RUN_RUNNING, RUN_REPORTED, RUN_TERMINATE, RUN_TERMINATING);
	expect(RUN_TERMINATING, RUN_DIED, RUN_NOTHING, RUN_TERMINATING); /* its children may live on */
	expect(RUN_TERMINATING, RUN_TREE_GONE, RUN_START, RUN_PAUSING);
	expect(RUN_RUNNING, RUN_DIED_OF_MEMORY, RUN_TERMINATE, RUN_TERMINATING);
	expect(RUN_TERMINATING, RUN_GRACE_OVER, RUN_KILL, RUN_KILLING);
	expect(RUN_KILLING, RUN_DIED, RUN_NOTHING, RUN_KILLING);
	expect(RUN_KILLING, RUN_TREE_GONE, RUN_START, RUN_PAUSING);
	expect(RUN_PAUSING, RUN_NOT_STARTED, RUN_PAUSE, RUN_PAUSING);
}
END_TEST

START_TEST(any_other_end_ends_run)
{
	expect(RUN_RUNNING, RUN_DIED, RUN_EXIT, RUN_RUNNING);
}
END_TEST

START_TEST(asked_to_end_nothing_is_restarted)
{
	expect(RUN_RUNNING, RUN_TERM, RUN_FORWARD, RUN_ENDING);
	expect(RUN_ENDING, RUN_REPORTED, RUN_NOTHING, RUN_ENDING);
	expect(RUN_ENDING, RUN_DIED_OF_MEMORY, RUN_EXIT, RUN_ENDING);
	expect(RUN_ENDING, RUN_DIED, RUN_EXIT, RUN_ENDING);
	expect(RUN_ENDING, RUN_TERM, RUN_FORWARD, RUN_ENDING);
	expect(RUN_TERMINATING, RUN_TERM, RUN_NOTHING, RUN_CLOSING);
	expect(RUN_CLOSING, RUN_TREE_GONE, RUN_EXIT, RUN_CLOSING);
	expect(RUN_CLOSING, RUN_GRACE_OVER, RUN_KILL, RUN_CUTTING);
	expect(RUN_CLOSING, RUN_TERM, RUN_KILL, RUN_CUTTING);
	expect(RUN_KILLING, RUN_TERM, RUN_NOTHING, RUN_CUTTING);
	expect(RUN_CUTTING, RUN_TERM, RUN_NOTHING, RUN_CUTTING);
	expect(RUN_CUTTING, RUN_TREE_GONE, RUN_EXIT, RUN_CUTTING);
	expect(RUN_PAUSING, RUN_TERM, RUN_EXIT_SIGNAL, RUN_PAUSING);
}
END_TEST

START_TEST(other_signals_go_to_the_child)
{
	expect(RUN_RUNNING, RUN_HANGUP, RUN_FORWARD, RUN_RUNNING);
	expect(RUN_RUNNING, RUN_OTHER_SIGNAL, RUN_FORWARD, RUN_RUNNING);
	expect(RUN_ENDING, RUN_HANGUP, RUN_FORWARD, RUN_ENDING);
	expect(RUN_PAUSING, RUN_HANGUP, RUN_EXIT_SIGNAL, RUN_PAUSING);
	expect(RUN_PAUSING, RUN_OTHER_SIGNAL, RUN_NOTHING, RUN_PAUSING);
}
END_TEST

/* From every state some event leads on: nothing waits for ever. */
START_TEST(no_state_is_a_dead_end)
{
	bool leads_on = false;

	for (int event = 0; event < RUN_EVENTS; event++) {
		struct run_step step = run_decide((enum run_state)_i, (enum run_event)event);

		leads_on |= step.next != (enum run_state)_i || step.action == RUN_EXIT ||
			    step.action == RUN_EXIT_SIGNAL;
	}
	ck_assert(leads_on);
}
END_TEST

START_TEST(what_an_end_means)
{
	const int exit_137 = 137 << 8, exit_1 = 1 << 8;

	ck_assert(run_died_of_memory(0, true, false)); /* ExitOnOutOfMemoryError and friends choose any code */
	ck_assert(run_died_of_memory(exit_1, true, false));
	ck_assert(run_died_of_memory(SIGKILL, false, true));
	ck_assert(run_died_of_memory(exit_137, false, true));
	ck_assert(!run_died_of_memory(SIGKILL, false, false));
	ck_assert(!run_died_of_memory(exit_137, false, false));
	ck_assert(!run_died_of_memory(exit_1, false, true)); /* only a child of its own was killed */
	ck_assert(!run_died_of_memory(SIGTERM, false, true));
	ck_assert(!run_died_of_memory(0, false, true));
}
END_TEST

START_TEST(looks_grow_rarer)
{
	ck_assert_int_eq(run_next_look(0, 5000), 20);
	ck_assert_int_eq(run_next_look(300, 5000), 300);
	ck_assert_int_eq(run_next_look(86400000, 5000), 5000);
	ck_assert_int_eq(run_next_look(1000, 0), 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_policy");
	TCase *tcase = tcase_create("run_policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, out_of_memory_is_terminated_and_started);
	tcase_add_test(tcase, any_other_end_ends_run);
	tcase_add_test(tcase, asked_to_end_nothing_is_restarted);
	tcase_add_test(tcase, other_signals_go_to_the_child);
	tcase_add_loop_test(tcase, no_state_is_a_dead_end, 0, RUN_STATES);
	tcase_add_test(tcase, what_an_end_means);
	tcase_add_test(tcase, looks_grow_rarer);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
