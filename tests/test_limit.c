/* At most COUNT within PERIOD, held against the definition, counted by hand. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/limit.h"

START_TEST(five_in_ten_minutes)
{
	struct units_rate rate = { .count = 5, .period_ms = 600000 };
	struct limit limit = { .count = 0 };

	for (int i = 0; i < 5; i++) {
		ck_assert(limit_allows(&limit, &rate, 1000 * i));
		limit_note(&limit, 1000 * i);
	}
	ck_assert(!limit_allows(&limit, &rate, 4000));
	ck_assert_int_eq(limit_wait(&limit, &rate, 4000), 596000);
	ck_assert(!limit_allows(&limit, &rate, 599999));
	ck_assert_int_eq(limit_wait(&limit, &rate, 599999), 1);
	ck_assert(limit_allows(&limit, &rate, 600000)); /* the first is a period old */
	limit_note(&limit, 600000);
	ck_assert_int_eq(limit_wait(&limit, &rate, 600000), 1000);
}
END_TEST

START_TEST(none_means_no_limit)
{
	struct units_rate none = { .count = -1 };
	struct limit limit = { .count = 0 };

	for (int i = 0; i < 3 * LIMIT_MAX; i++) {
		ck_assert(limit_allows(&limit, &none, 0));
		limit_note(&limit, 0);
	}
	ck_assert_int_eq(limit.count, LIMIT_MAX);
}
END_TEST

START_TEST(the_largest_and_beyond)
{
	struct units_rate rate = { .count = LIMIT_MAX, .period_ms = 1000 }, more = { LIMIT_MAX + 1, 1000 };
	struct units_rate never = { .count = 0, .period_ms = 1000 };
	struct limit limit = { .count = 0 };

	ck_assert(!limit_allows(&limit, &never, 0));
	for (int i = 0; i < LIMIT_MAX; i++) {
		ck_assert(limit_allows(&limit, &rate, i));
		limit_note(&limit, i);
	}
	ck_assert_int_eq(limit_wait(&limit, &rate, LIMIT_MAX), 1000 - LIMIT_MAX);
	ck_assert(!limit_allows(&limit, &more, LIMIT_MAX));
	limit_note(&limit, LIMIT_MAX); /* the oldest is forgotten */
	ck_assert_int_eq(limit.times[0], 1);
	ck_assert_int_eq(limit.times[LIMIT_MAX - 1], LIMIT_MAX);
}
END_TEST

START_TEST(extreme_clocks)
{
	struct units_rate ever = { .count = 1, .period_ms = INT64_MAX };
	struct limit limit = { .count = 0 };

	limit_note(&limit, 10);
	ck_assert_int_eq(limit_wait(&limit, &ever, 20), INT64_MAX);
	limit.times[0] = INT64_MAX - 5;
	ever.period_ms = 5;
	ck_assert_int_eq(limit_wait(&limit, &ever, INT64_MIN), INT64_MAX);
	ck_assert_int_eq(limit_wait(&limit, &ever, INT64_MAX), 0);
}
END_TEST

/* No window of PERIOD ever holds more than COUNT, and nothing is refused without need. */
START_TEST(pauses_grow)
{
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(limit_pause(i + 1), seconds[i] * 1000);
	ck_assert_int_eq(limit_pause(0), 1000);
	ck_assert_int_eq(limit_pause(1000000), 60000);
}
END_TEST

START_TEST(holds_for_any_sequence)
{
	enum { EVENTS = 3000 };
	static int64_t done[EVENTS];

	srand(1);
	for (int round = 0; round < 20; round++) {
		struct units_rate rate = { .count = 1 + rand() % LIMIT_MAX, .period_ms = 1 + rand() % 500 };
		struct limit limit = { .count = 0 };
		int64_t now = rand() % 1000;
		int count = 0;

		for (int i = 0; i < EVENTS; i++, now += rand() % 10) {
			int within = 0;

			for (int j = count; j > 0 && done[j - 1] > now - rate.period_ms; j--)
				within++;
			ck_assert_int_eq(limit_allows(&limit, &rate, now), within < rate.count);
			if (within < rate.count) {
				limit_note(&limit, now);
				done[count++] = now;
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit");
	TCase *cases = tcase_create("limit");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, five_in_ten_minutes);
	tcase_add_test(cases, none_means_no_limit);
	tcase_add_test(cases, the_largest_and_beyond);
	tcase_add_test(cases, extreme_clocks);
	tcase_add_test(cases, pauses_grow);
	tcase_add_test(cases, holds_for_any_sequence);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
