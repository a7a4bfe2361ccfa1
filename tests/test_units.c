/* Times, rates: exact at the edges, and what is not of the form is refused. */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/units.h"

enum { UNTOUCHED = -77 };

/* The milliseconds of TEXT, or the error; RET stays as it was on failure. */
static int64_t time_of(const char *text)
{
	int64_t ms = UNTOUCHED;
	int r = units_time(text, &ms);

	if (r < 0) {
		ck_assert_int_eq(ms, UNTOUCHED);
		return r;
	}
	ck_assert_int_ge(ms, 0);
	return ms;
}

START_TEST(times)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "0", 0 }, { "500ms", 500 }, { "30s", 30000 }, { "30", 30000 }, { "5m", 300000 }, { "1h", 3600000 },
		{ "2d", 172800000 }, { "0.5", 500 }, { "1.5s", 1500 }, { "0.25m", 15000 }, { "007", 7000 },
		{ "0.001", 1 }, { "0.0001", 1 }, { "0.5ms", 1 }, { "1.0000", 1000 }, { "0.0000000000001d", 1 },
		{ "1.0000000001ms", 2 }, { "0.999999999999999999999999h", 3600000 },
		{ "9223372036854775807ms", INT64_MAX }, { "9223372036854775.807", INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(time_of(good[i].text) == good[i].ms, "%s", good[i].text);
}
END_TEST

START_TEST(what_is_no_time)
{
	static const char *const bad[] = {
		"", " 5", "5 ", "5 s", "-5", "+5", "5x", "s", "ms", ".", ".5", "5.", "5.s", "1.2.3", "1e3", "0x10",
		"5sm", "5S", "inf", "nan", "99999999999999999999x", "\xd9\xa5", "5,5",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(time_of(bad[i]) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(times_too_large)
{
	ck_assert_int_eq(time_of("9223372036854775808ms"), -ERANGE);
	ck_assert_int_eq(time_of("9223372036854775.808"), -ERANGE);
	ck_assert_int_eq(time_of("18446744073709551615"), -ERANGE);
	ck_assert_int_eq(time_of("18446744073709551616ms"), -ERANGE);
	ck_assert_int_eq(time_of("99999999999999999999999999d"), -ERANGE);
	ck_assert_int_eq(time_of("99999999999999999999999999.5"), -ERANGE);
}
END_TEST

START_TEST(rates)
{
	static const struct { const char *text; int result, count; int64_t period; } all[] = {
		{ "5/10m", 0, 5, 600000 }, { "1/1", 0, 1, 1000 }, { "64/500ms", 0, 64, 500 }, { "none", 0, -1, 0 },
		{ "65/10m", -ERANGE, 0, 0 }, { "99999999999999999999/1m", -ERANGE, 0, 0 },
		{ "5/99999999999999999999", -ERANGE, 0, 0 },
		{ "0/10m", -EINVAL, 0, 0 }, { "5/0", -EINVAL, 0, 0 }, { "5", -EINVAL, 0, 0 }, { "5/", -EINVAL, 0, 0 },
		{ "/10m", -EINVAL, 0, 0 }, { "", -EINVAL, 0, 0 }, { "-1/10m", -EINVAL, 0, 0 },
		{ "None", -EINVAL, 0, 0 },
		{ "5/10m ", -EINVAL, 0, 0 }, { "5 / 10m", -EINVAL, 0, 0 }, { "5/10m/2", -EINVAL, 0, 0 },
		{ "99999999999999999999", -EINVAL, 0, 0 }, { "nonesuch", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct units_rate rate = { 77, 77 };

		ck_assert_msg(units_rate(all[i].text, &rate) == all[i].result, "%s", all[i].text);
		ck_assert_msg(rate.count == (all[i].result ? 77 : all[i].count), "%s", all[i].text);
		ck_assert_msg(rate.period_ms == (all[i].result ? 77 : all[i].period), "%s", all[i].text);
	}
}
END_TEST

START_TEST(formats_what_it_reads)
{
	static const struct { int64_t ms; const char *text; } all[] = {
		{ 0, "0s" }, { 1, "1ms" }, { 1500, "1500ms" }, { 30000, "30s" }, { 90000, "90s" }, { 600000, "10m" },
		{ 3600000, "1h" }, { 5400000, "90m" }, { 172800000, "2d" }, { INT64_MAX, "9223372036854775807ms" },
	};
	char text[32];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		units_format_time(all[i].ms, text);
		ck_assert_str_eq(text, all[i].text);
		ck_assert_int_eq(time_of(text), all[i].ms);
	}
	units_format_time(INT64_MIN, text); /* no time, but no crash either */
	ck_assert_uint_lt(strlen(text), sizeof(text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("units");
	TCase *cases = tcase_create("units");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, times);
	tcase_add_test(cases, what_is_no_time);
	tcase_add_test(cases, times_too_large);
	tcase_add_test(cases, rates);
	tcase_add_test(cases, formats_what_it_reads);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
