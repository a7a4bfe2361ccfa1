/* The loop's timers: their order, their exactness, their room. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/loop_private.h"
#include "tests/loop.h"
#include "tests/suite.h"

START_TEST(timers_run_in_order_of_time)
{
	int64_t start;

	order = (struct seen){ 0 };
	do { /* again where the machine has been away so long that the order is another */
		start = loop_now();
		loop_set_timer(loop, 30, note_b, loop);
		loop_set_timer(loop, 20, note_a, NULL);
		loop_set_timer(loop, 0, note_b, NULL);
	} while (loop_now() - start >= 10);
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

static void note_time(struct loop *l, void *context)
{
	*(int64_t *)context = clock_ns();
	loop_stop(l, 6);
}

/* As late as the machine is, but never early. _i 1: where there is no timerfd. */
START_TEST(a_timer_is_never_early)
{
	static const int64_t delays[] = { 0, 1, 30, 99, 101, 130 };
	int64_t start, end = 0;

	if (_i == 1)
		loop->timer_fd = fd_close(loop->timer_fd);
	for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
		start = clock_ns();
		loop_set_timer(loop, delays[i], note_time, &end);
		ck_assert_int_eq(run(), 6);
		ck_assert_int_ge(end - start, delays[i] * LOOP_NS_PER_MS);
	}
	ck_assert_int_eq(loop->timer_fd_ns != 0, _i == 0);
}
END_TEST

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* What has rung must not ring on: the loop would never rest. (Not run(), whose limit is a timer, too.) */
START_TEST(an_alarm_rings_once)
{
	loop_set_timer(loop, 10, note_b, loop);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert_int_eq(loop->timer_fd_ns, 0); /* not worth a system call */
	loop_set_timer(loop, 120, note_b, loop);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert(is_readable(loop->timer_fd));
	loop_set_timer(loop, 10, note_b, loop);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert(!is_readable(loop->timer_fd));
	ck_assert_int_eq(loop->timer_fd_ns, 0);
}
END_TEST

static void on_end_of_file(struct loop *l, int fd, short revents, void *context)
{
	(void)fd, (void)revents, (void)context;
	loop_stop(l, 8);
}

/* It is set anew only where another time is next, and stays for what is far behind a near one. */
START_TEST(an_alarm_stays_set)
{
	int ends[2];
	int64_t far;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	loop_set_timer(loop, 60000, note_a, NULL);
	loop_add_fd(loop, ends[0], POLLIN, on_end_of_file, NULL);
	ck_assert_int_eq(loop_run(loop), 8);
	far = loop->timer_fd_ns;
	ck_assert_int_gt(far, clock_ns());
	ck_assert_int_eq(loop_run(loop), 8);
	ck_assert_int_eq(loop->timer_fd_ns, far);
	loop_remove_fd(loop, ends[0]);
	loop_set_timer(loop, 10, note_b, loop);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert_int_eq(loop->timer_fd_ns, far);
	loop_clear_timer(loop, note_a, NULL);
	loop_add_fd(loop, ends[0], POLLIN, on_end_of_file, NULL);
	ck_assert_int_eq(loop_run(loop), 8);
	ck_assert_int_eq(loop->timer_fd_ns, 0); /* nobody waits for it any more */
	close(ends[0]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, timers_run_in_order_of_time);
	tcase_add_test(t, a_timer_can_be_moved_and_cleared);
	tcase_add_test(t, a_reserved_timer_keeps_its_place);
	tcase_add_loop_test(t, a_timer_is_never_early, 0, 2);
	tcase_add_test(t, an_alarm_rings_once);
	tcase_add_test(t, an_alarm_stays_set);
	return suite_run("loop_timers", t);
}
