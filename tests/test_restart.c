/* test_restart.c: what to do next in a restart, for each state that supervisord may report. */
#include "applets/oome/restart.h"

#include <check.h>
#include <stdlib.h>

enum { OLD = 100, NEW = 200 };

/* One look: what supervisord says, what is to follow; and whether a start request is then accepted (1), refused (-1)
 * or not made (0). */
struct look { enum supervisor_state state; pid_t pid; enum restart_step step; int start; };

static void play(const struct look *looks, size_t count)
{
	struct restart r = { .old_pid = OLD, .stop_sent = true };

	for (size_t i = 0; i < count; i++) {
		enum restart_step step = restart_decide(&r, looks[i].state, looks[i].pid);

		ck_assert_msg(step == looks[i].step, "look %zu: step %d, not %d", i, (int)step, (int)looks[i].step);
		if (looks[i].start)
			restart_note_start(&r, looks[i].start > 0);
	}
}

#define PLAY(...) \
	do { \
		const struct look looks_[] = { __VA_ARGS__ }; \
		play(looks_, sizeof looks_ / sizeof *looks_); \
	} while (0)

START_TEST(the_usual_way)
{
	PLAY({ SUPERVISOR_RUNNING, OLD, RESTART_STOP, 0 }, { SUPERVISOR_STOPPING, OLD, RESTART_WAIT, 0 },
	     { SUPERVISOR_STOPPING, OLD, RESTART_WAIT, 0 }, { SUPERVISOR_STOPPED, 0, RESTART_START, 1 },
	     { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(stopping_is_not_stopped)
{
	/* stopProcess says NOT_RUNNING while it is STOPPING: nothing may be started then. */
	PLAY({ SUPERVISOR_STOPPING, OLD, RESTART_WAIT, 0 }, { SUPERVISOR_EXITED, 0, RESTART_START, 1 },
	     { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(supervisord_was_faster)
{
	PLAY({ SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
	PLAY({ SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
	PLAY({ SUPERVISOR_BACKOFF, 0, RESTART_WAIT, 0 }, { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 },
	     { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(a_slow_starter_is_not_stopped_twice)
{
	PLAY({ SUPERVISOR_STARTING, OLD, RESTART_STOP, 0 }, { SUPERVISOR_STOPPED, 0, RESTART_START, 1 },
	     { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 },
	     { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(crashes_at_start_until_mended)
{
	PLAY({ SUPERVISOR_RUNNING, OLD, RESTART_STOP, 0 }, { SUPERVISOR_STOPPED, 0, RESTART_START, 1 },
	     { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_BACKOFF, 0, RESTART_WAIT, 0 },
	     { SUPERVISOR_FATAL, 0, RESTART_FAILED, 0 }, { SUPERVISOR_FATAL, 0, RESTART_START, 1 },
	     { SUPERVISOR_BACKOFF, 0, RESTART_WAIT, 0 }, { SUPERVISOR_FATAL, 0, RESTART_FAILED, 0 },
	     { SUPERVISOR_FATAL, 0, RESTART_START, 1 }, { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 },
	     { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(a_refused_start_is_tried_again)
{
	/* NO_FILE leaves it STOPPED: nobody stopped it. */
	PLAY({ SUPERVISOR_STOPPED, 0, RESTART_START, -1 }, { SUPERVISOR_STOPPED, 0, RESTART_START, -1 },
	     { SUPERVISOR_STOPPED, 0, RESTART_START, 1 }, { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(stopped_by_somebody_after_our_start)
{
	PLAY({ SUPERVISOR_RUNNING, OLD, RESTART_STOP, 0 }, { SUPERVISOR_STOPPED, 0, RESTART_START, 1 },
	     { SUPERVISOR_STARTING, NEW, RESTART_WAIT, 0 }, { SUPERVISOR_STOPPING, NEW, RESTART_WAIT, 0 },
	     { SUPERVISOR_STOPPED, 0, RESTART_GIVE_UP, 0 });
	PLAY({ SUPERVISOR_STOPPED, 0, RESTART_START, 1 }, { SUPERVISOR_FATAL, 0, RESTART_FAILED, 0 },
	     { SUPERVISOR_STOPPED, 0, RESTART_GIVE_UP, 0 });
}
END_TEST

START_TEST(stopped_by_somebody_before_us)
{
	struct restart r = { .old_pid = OLD };

	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_STOPPING, OLD), RESTART_WAIT);
	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_STOPPED, 0), RESTART_GIVE_UP);
	r = (struct restart){ .old_pid = OLD };
	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_EXITED, 0), RESTART_START);
	r = (struct restart){ .old_pid = OLD };
	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_FATAL, 0), RESTART_START);
	r = (struct restart){ .old_pid = OLD }; /* somebody's restart: it runs anew */
	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_STOPPING, OLD), RESTART_WAIT);
	ck_assert_int_eq(restart_decide(&r, SUPERVISOR_RUNNING, NEW), RESTART_DONE);
}
END_TEST

START_TEST(a_program_that_soon_ends_well)
{
	/* An end before startsecs is BACKOFF: EXITED behind our start had been RUNNING. */
	PLAY({ SUPERVISOR_STOPPED, 0, RESTART_START, 1 }, { SUPERVISOR_EXITED, 0, RESTART_DONE, 0 });
	PLAY({ SUPERVISOR_EXITED, 0, RESTART_START, 1 }, { SUPERVISOR_RUNNING, NEW, RESTART_DONE, 0 });
}
END_TEST

START_TEST(unknown_states)
{
	PLAY({ SUPERVISOR_UNKNOWN, 0, RESTART_START, -1 }, { SUPERVISOR_UNKNOWN, 0, RESTART_START, 1 },
	     { SUPERVISOR_UNKNOWN, 0, RESTART_FAILED, 0 });
}
END_TEST

START_TEST(looks_grow_rarer)
{
	ck_assert_int_eq(restart_look_again(0), 20);
	ck_assert_int_eq(restart_look_again(1000000), 1000);
	for (int i = 0; i < 20; i++)
		ck_assert_int_le(restart_look_again(i), restart_look_again(i + 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("restart");
	TCase *tcase = tcase_create("restart");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, the_usual_way);
	tcase_add_test(tcase, stopping_is_not_stopped);
	tcase_add_test(tcase, supervisord_was_faster);
	tcase_add_test(tcase, a_slow_starter_is_not_stopped_twice);
	tcase_add_test(tcase, crashes_at_start_until_mended);
	tcase_add_test(tcase, a_refused_start_is_tried_again);
	tcase_add_test(tcase, stopped_by_somebody_after_our_start);
	tcase_add_test(tcase, stopped_by_somebody_before_us);
	tcase_add_test(tcase, a_program_that_soon_ends_well);
	tcase_add_test(tcase, unknown_states);
	tcase_add_test(tcase, looks_grow_rarer);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
