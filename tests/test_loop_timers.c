/* The loop's timers: their order, their exactness, their room. */
#include "core/loop_private.h"
#include "tests/loop.h"
#include "tests/suite.h"

START_TEST(timers_run_in_order_of_time)
{
	order = (struct seen){ 0 };
	loop_set_timer(loop, 30, note_b, loop);
	loop_set_timer(loop, 20, note_a, NULL);
	loop_set_timer(loop, 0, note_b, NULL);
	ck_assert_int_eq(run(), 5);
	ck_assert_str_eq(order.order, "bab");
}
END_TEST

START_TEST(a_timer_can_be_moved_and_cleared)
{
	int64_t start = loop_now();

	order = (struct seen){ 0 };
	loop_set_timer(loop, 0, note_b, loop);
	loop_set_timer(loop, 60, note_b, loop); /* the same one, later */
	loop_set_timer(loop, 10, note_a, NULL);
	loop_clear_timer(loop, note_a, NULL);
	loop_clear_timer(loop, note_a, NULL);
	ck_assert_int_eq(run(), 5);
	ck_assert_str_eq(order.order, "b");
	ck_assert_int_ge(loop_now() - start, 60);
}
END_TEST

START_TEST(a_reserved_timer_keeps_its_place)
{
	order = (struct seen){ 0 };
	ck_assert_int_eq(loop_reserve_timer(loop, note_a, NULL), 0);
	ck_assert_int_eq(loop_reserve_timer(loop, note_a, NULL), 0);
	loop_set_timer(loop, 20, note_b, loop);
	ck_assert_int_eq(run(), 5);
	ck_assert_str_eq(order.order, "b"); /* not set: it does not run */
	for (int i = 0; i < 2; i++) {
		loop_set_timer(loop, 0, note_a, NULL);
		loop_set_timer(loop, 20, note_b, loop);
		ck_assert_int_eq(run(), 5);
	}
	ck_assert_str_eq(order.order, "babab");
	loop_set_timer(loop, 0, note_a, NULL);
	loop_clear_timer(loop, note_a, NULL);
	loop_set_timer(loop, 20, note_b, loop);
	ck_assert_int_eq(run(), 5);
	ck_assert_str_eq(order.order, "bababb");
	ck_assert_uint_eq(loop->timer_count, 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, timers_run_in_order_of_time);
	tcase_add_test(t, a_timer_can_be_moved_and_cleared);
	tcase_add_test(t, a_reserved_timer_keeps_its_place);
	return suite_run("loop_timers", t);
}
