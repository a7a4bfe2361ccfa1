/* What `heart run` decides, without a process. */
#include "applets/heart/guard_policy.h"

#include "tests/suite.h"

enum { FACTS = 3 * 2 * 2 * 2 * 2 };

/* Each combination once. */
static struct guard_facts facts_of(int i)
{
	return (struct guard_facts){
		.follow = (enum guard_follow)(i % 3),
		.command = i / 3 & 1,
		.may_kill = i / 3 & 2,
		.kill_at_once = i / 3 & 4,
		.may_restart = i / 3 & 8,
	};
}

static void expect(struct guard_facts facts, enum guard_state state, enum guard_event event,
		   enum guard_action action, enum guard_state next)
{
	struct guard_step step = guard_decide(state, event, &facts);

	ck_assert_msg(step.action == action && step.next == next, "state %d, event %d: action %d, next %d", state,
		      event, step.action, step.next);
}

/* Whatever the facts are. */
static void always(enum guard_state state, enum guard_event event, enum guard_action action, enum guard_state next)
{
	for (int i = 0; i < FACTS; i++)
		expect(facts_of(i), state, event, action, next);
}

#define FACT(...) ((struct guard_facts){ .may_kill = true, .kill_at_once = true, .may_restart = true, __VA_ARGS__ })
#define RESTART FACT(.follow = GUARD_FOLLOW_RESTART)
#define COMMAND FACT(.follow = GUARD_FOLLOW_COMMAND, .command = true)
#define NO_COMMAND FACT(.follow = GUARD_FOLLOW_COMMAND)
#define OFTEN ((struct guard_facts){ .may_kill = true, .kill_at_once = true })
#define EXIT FACT(.follow = GUARD_FOLLOW_EXIT)
#define NO_KILL(...) ((struct guard_facts){ .may_restart = true, __VA_ARGS__ })

START_TEST(a_start)
{
	always(GUARD_PAUSING, GUARD_STARTED, GUARD_NOTHING, GUARD_RUNNING);
	always(GUARD_PAUSING, GUARD_NOT_STARTED, GUARD_TRY_AGAIN, GUARD_PAUSING);
	always(GUARD_PAUSING, GUARD_TERM, GUARD_EXIT_SIGNAL, GUARD_PAUSING);
	always(GUARD_PAUSING, GUARD_HANGUP, GUARD_EXIT_SIGNAL, GUARD_PAUSING);
}
END_TEST

START_TEST(overdue_is_killed_with_its_tree)
{
	for (int i = 0; i < FACTS; i++) {
		struct guard_facts facts = facts_of(i);

		facts.may_kill = facts.kill_at_once = true;
		expect(facts, GUARD_RUNNING, GUARD_OVERDUE, GUARD_KILL, GUARD_KILLING);
		facts.kill_at_once = false;
		expect(facts, GUARD_RUNNING, GUARD_OVERDUE, GUARD_SIGNAL, GUARD_DUMPING);
	}
}
END_TEST

START_TEST(another_signal_has_time_for_its_dump)
{
	always(GUARD_RUNNING, GUARD_CRASHING, GUARD_AWAIT_DUMP, GUARD_DUMPING);
	always(GUARD_DUMPING, GUARD_ENDED_WELL, GUARD_TERMINATE, GUARD_TERMINATING);
	always(GUARD_DUMPING, GUARD_ENDED_BADLY, GUARD_TERMINATE, GUARD_TERMINATING);
	for (int i = 0; i < FACTS; i++) {
		struct guard_facts facts = facts_of(i);

		facts.may_kill = true;
		expect(facts, GUARD_DUMPING, GUARD_GRACE_OVER, GUARD_KILL, GUARD_KILLING);
	}
}
END_TEST

START_TEST(what_may_not_be_killed)
{
	struct guard_facts command = NO_KILL(.follow = GUARD_FOLLOW_COMMAND, .command = true);
	struct guard_facts no_command = NO_KILL(.follow = GUARD_FOLLOW_COMMAND);

	for (int at_once = 0; at_once < 2; at_once++) {
		command.kill_at_once = no_command.kill_at_once = at_once;
		expect(command, GUARD_RUNNING, GUARD_OVERDUE, GUARD_RUN_BESIDE, GUARD_COMMAND);
		expect(no_command, GUARD_RUNNING, GUARD_OVERDUE, GUARD_SAY_OVERDUE, GUARD_RUNNING);
		expect(NO_KILL(.follow = GUARD_FOLLOW_EXIT, .kill_at_once = at_once), GUARD_RUNNING, GUARD_OVERDUE,
		       GUARD_EXIT_BESIDE, GUARD_RUNNING);
		expect(NO_KILL(.kill_at_once = at_once), GUARD_RUNNING, GUARD_OVERDUE, GUARD_SAY_OVERDUE,
		       GUARD_RUNNING);
		expect(NO_KILL(.kill_at_once = at_once, .command = true), GUARD_RUNNING, GUARD_OVERDUE,
		       GUARD_SAY_OVERDUE, GUARD_RUNNING);
	}
	expect(command, GUARD_DUMPING, GUARD_GRACE_OVER, GUARD_RUN_BESIDE, GUARD_COMMAND);
	expect(NO_KILL(), GUARD_DUMPING, GUARD_GRACE_OVER, GUARD_SAY_OVERDUE, GUARD_DUMPING); /* it crashes */
}
END_TEST

START_TEST(ends_of_its_own)
{
	always(GUARD_RUNNING, GUARD_ENDED_WELL, GUARD_TERMINATE, GUARD_CLEARING);
	always(GUARD_RUNNING, GUARD_ENDED_BADLY, GUARD_TERMINATE, GUARD_TERMINATING);
	always(GUARD_TERMINATING, GUARD_GRACE_OVER, GUARD_KILL, GUARD_KILLING);
}
END_TEST

START_TEST(what_follows_a_failure)
{
	static const enum guard_state states[] = { GUARD_TERMINATING, GUARD_KILLING };

	for (int i = 0; i < 2; i++) {
		expect(RESTART, states[i], GUARD_TREE_GONE, GUARD_RESTART, GUARD_PAUSING);
		expect(FACT(.command = true), states[i], GUARD_TREE_GONE, GUARD_RESTART, GUARD_PAUSING);
		expect(OFTEN, states[i], GUARD_TREE_GONE, GUARD_EXIT_LIMIT, GUARD_PAUSING);
		expect(COMMAND, states[i], GUARD_TREE_GONE, GUARD_RUN_COMMAND, GUARD_COMMAND);
		expect(NO_COMMAND, states[i], GUARD_TREE_GONE, GUARD_EXIT_NO_COMMAND, GUARD_PAUSING);
		expect(EXIT, states[i], GUARD_TREE_GONE, GUARD_EXIT_FAILED, GUARD_PAUSING);
	}
	always(GUARD_COMMAND, GUARD_COMMAND_DONE, GUARD_EXIT_COMMAND, GUARD_COMMAND);
	always(GUARD_COMMAND, GUARD_TERM, GUARD_FORWARD_COMMAND, GUARD_COMMAND);
}
END_TEST

START_TEST(what_is_held_in_the_kernel)
{
	expect(RESTART, GUARD_KILLING, GUARD_STUBBORN, GUARD_SAY_STUBBORN, GUARD_KILLING);
	expect(OFTEN, GUARD_KILLING, GUARD_STUBBORN, GUARD_SAY_STUBBORN, GUARD_KILLING);
	expect(COMMAND, GUARD_KILLING, GUARD_STUBBORN, GUARD_RUN_BESIDE, GUARD_COMMAND);
	expect(NO_COMMAND, GUARD_KILLING, GUARD_STUBBORN, GUARD_EXIT_BESIDE, GUARD_KILLING);
	expect(EXIT, GUARD_KILLING, GUARD_STUBBORN, GUARD_EXIT_BESIDE, GUARD_KILLING);
	always(GUARD_CUTTING, GUARD_STUBBORN, GUARD_SAY_STUBBORN, GUARD_CUTTING);
}
END_TEST

START_TEST(an_end_that_was_wanted)
{
	always(GUARD_RUNNING, GUARD_STOPPING, GUARD_NOTHING, GUARD_ENDING);
	always(GUARD_RUNNING, GUARD_TERM, GUARD_FORWARD, GUARD_ENDING);
	always(GUARD_ENDING, GUARD_ENDED_WELL, GUARD_TERMINATE, GUARD_CLEARING);
	always(GUARD_ENDING, GUARD_ENDED_BADLY, GUARD_TERMINATE, GUARD_CLEARING);
	always(GUARD_ENDING, GUARD_TERM, GUARD_FORWARD, GUARD_ENDING);
	always(GUARD_ENDING, GUARD_OVERDUE, GUARD_KILL, GUARD_CUTTING);
	always(GUARD_CLEARING, GUARD_GRACE_OVER, GUARD_KILL, GUARD_CUTTING);
	always(GUARD_CLEARING, GUARD_TREE_GONE, GUARD_EXIT, GUARD_CLEARING);
	always(GUARD_CUTTING, GUARD_TREE_GONE, GUARD_EXIT, GUARD_CUTTING);
}
END_TEST

START_TEST(an_end_that_is_asked_for_during_a_failure)
{
	always(GUARD_DUMPING, GUARD_TERM, GUARD_TERMINATE, GUARD_CLEARING);
	always(GUARD_TERMINATING, GUARD_TERM, GUARD_NOTHING, GUARD_CLEARING);
	always(GUARD_KILLING, GUARD_TERM, GUARD_NOTHING, GUARD_CUTTING);
	always(GUARD_CLEARING, GUARD_TERM, GUARD_KILL, GUARD_CUTTING);
}
END_TEST

START_TEST(other_signals)
{
	static const enum guard_event signals[] = { GUARD_HANGUP, GUARD_OTHER_SIGNAL };

	for (int i = 0; i < 2; i++) {
		always(GUARD_RUNNING, signals[i], GUARD_FORWARD, GUARD_RUNNING);
		always(GUARD_ENDING, signals[i], GUARD_FORWARD, GUARD_ENDING);
	}
}
END_TEST

/* Everything that no other test names: nothing, and the same state. */
START_TEST(the_rest_means_nothing)
{
	static const unsigned known[GUARD_STATES] = {
#define E(event) (1u << GUARD_##event)
		[GUARD_PAUSING] = E(STARTED) | E(NOT_STARTED) | E(TERM) | E(HANGUP),
		[GUARD_RUNNING] = E(OVERDUE) | E(CRASHING) | E(ENDED_WELL) | E(ENDED_BADLY) | E(STOPPING) | E(TERM) |
				  E(HANGUP) | E(OTHER_SIGNAL),
		[GUARD_ENDING] = E(OVERDUE) | E(ENDED_WELL) | E(ENDED_BADLY) | E(TERM) | E(HANGUP) | E(OTHER_SIGNAL),
		[GUARD_DUMPING] = E(ENDED_WELL) | E(ENDED_BADLY) | E(GRACE_OVER) | E(TERM),
		[GUARD_TERMINATING] = E(GRACE_OVER) | E(TREE_GONE) | E(TERM),
		[GUARD_KILLING] = E(TREE_GONE) | E(STUBBORN) | E(TERM),
		[GUARD_COMMAND] = E(COMMAND_DONE) | E(TERM),
		[GUARD_CLEARING] = E(GRACE_OVER) | E(TREE_GONE) | E(TERM),
		[GUARD_CUTTING] = E(STUBBORN) | E(TREE_GONE),
#undef E
	};

	for (int state = 0; state < GUARD_STATES; state++)
		for (int event = 0; event < GUARD_EVENTS; event++)
			if (!(known[state] & 1u << event))
				always((enum guard_state)state, (enum guard_event)event, GUARD_NOTHING,
				       (enum guard_state)state);
}
END_TEST

START_TEST(what_on_failure_means)
{
	ck_assert_int_eq(guard_follow_of(NULL, false), GUARD_FOLLOW_RESTART);
	ck_assert_int_eq(guard_follow_of(NULL, true), GUARD_FOLLOW_COMMAND);
	for (int command = 0; command < 2; command++) {
		ck_assert_int_eq(guard_follow_of("restart", command), GUARD_FOLLOW_RESTART);
		ck_assert_int_eq(guard_follow_of("command", command), GUARD_FOLLOW_COMMAND);
		ck_assert_int_eq(guard_follow_of("exit", command), GUARD_FOLLOW_EXIT);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("guard_policy");

	tcase_add_test(tests, a_start);
	tcase_add_test(tests, overdue_is_killed_with_its_tree);
	tcase_add_test(tests, another_signal_has_time_for_its_dump);
	tcase_add_test(tests, what_may_not_be_killed);
	tcase_add_test(tests, ends_of_its_own);
	tcase_add_test(tests, what_follows_a_failure);
	tcase_add_test(tests, what_is_held_in_the_kernel);
	tcase_add_test(tests, an_end_that_was_wanted);
	tcase_add_test(tests, an_end_that_is_asked_for_during_a_failure);
	tcase_add_test(tests, other_signals);
	tcase_add_test(tests, the_rest_means_nothing);
	tcase_add_test(tests, what_on_failure_means);
	return suite_run("guard_policy", tests);
}
