/* What somebody meant. */
#include <check.h>
#include <string.h>

#include "core/near.h"

static const char *meant(const char *typed)
{
	static const char *const words[] = { "single", "all", "run", "oome-file", "process-name", "dry", NULL };
	struct near near = NEAR(typed, strlen(typed));

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		near_offer(&near, words[i]);
	return near.best ? near.best : "";
}

START_TEST(finds_the_nearest)
{
	ck_assert_str_eq(meant("singel"), "single");
	ck_assert_str_eq(meant("sngle"), "single");
	ck_assert_str_eq(meant("SINGLE"), "single");
	ck_assert_str_eq(meant("rnu"), "run");
	ck_assert_str_eq(meant("al"), "all");
	ck_assert_str_eq(meant("oome-flie"), "oome-file");
	ck_assert_str_eq(meant("proces_nmae"), "process-name");
}
END_TEST

START_TEST(names_nothing_far_off)
{
	static char longer[200] = "single";

	ck_assert_str_eq(meant(""), "");
	ck_assert_str_eq(meant("x"), "");
	ck_assert_str_eq(meant("restart"), "");
	ck_assert_str_eq(meant("file"), "");
	memset(longer + 6, 'x', sizeof(longer) - 7);
	ck_assert_str_eq(meant(longer), "");
}
END_TEST

START_TEST(stops_at_the_length)
{
	struct near near = NEAR("dyr=1", 3);

	near_offer(&near, "dry");
	ck_assert_str_eq(near.best, "dry");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("near");
	TCase *cases = tcase_create("near");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, finds_the_nearest);
	tcase_add_test(cases, names_nothing_far_off);
	tcase_add_test(cases, stops_at_the_length);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
