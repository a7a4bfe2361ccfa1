/* What `heart ctl` and the program itself may set while they are guarded. */
#include "applets/heart/settings.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

static struct settings settings;
static char long_text[SETTINGS_TEXT_MAX + 2];

static void set_up(void)
{
	memset(&settings, 0xff, sizeof(settings));
	memset(long_text, 'c', sizeof(long_text));
}

static int set_command(const char *text)
{
	return settings_set_command(&settings, text, strlen(text));
}

static int set_callback(const char *text)
{
	return settings_set_callback(&settings, text, strlen(text));
}

static int set_options(const char *text)
{
	return settings_set_options(&settings, text, strlen(text));
}

START_TEST(the_temporary_command_counts_first)
{
	settings_reset(&settings, NULL, NULL, false);
	ck_assert_ptr_null(settings_command(&settings));
	settings_reset(&settings, "given", NULL, false);
	ck_assert_str_eq(settings_command(&settings), "given");
	ck_assert_int_eq(set_command("temporary"), 0);
	ck_assert_str_eq(settings_command(&settings), "temporary");
	ck_assert_int_eq(set_command("short"), 0);
	ck_assert_str_eq(settings_command(&settings), "short");
	settings_clear_command(&settings);
	ck_assert_str_eq(settings_command(&settings), "given");
	settings_clear_command(&settings);
	ck_assert_str_eq(settings_command(&settings), "given");
}
END_TEST

START_TEST(an_empty_given_command_is_set)
{
	settings_reset(&settings, "", NULL, false);
	ck_assert_str_eq(settings_command(&settings), "");
}
END_TEST

/* heart(3): "The size of the encoded binary must be less than 2047 bytes". */
START_TEST(commands_that_are_refused)
{
	settings_reset(&settings, "given", NULL, false);
	ck_assert_int_eq(settings_set_command(&settings, long_text, 2047), -EMSGSIZE);
	ck_assert_int_eq(settings_set_command(&settings, "a\0b", 3), -EINVAL);
	ck_assert_int_eq(set_command(""), -EINVAL);
	ck_assert_str_eq(settings_command(&settings), "given");
	ck_assert_int_eq(settings_set_command(&settings, long_text, 2046), 0);
	ck_assert_uint_eq(strlen(settings_command(&settings)), 2046);
	ck_assert_int_eq(settings_set_command(&settings, long_text, 2047), -EMSGSIZE);
	ck_assert_uint_eq(strlen(settings_command(&settings)), 2046);
	ck_assert_int_eq(settings_set_command(&settings, settings_command(&settings), 2046), 0);
	ck_assert_uint_eq(strlen(settings_command(&settings)), 2046);
}
END_TEST

START_TEST(the_callback_is_removed_whoever_gave_it)
{
	settings_reset(&settings, NULL, NULL, false);
	ck_assert_ptr_null(settings_callback(&settings));
	settings_reset(&settings, NULL, "given", false);
	ck_assert_str_eq(settings_callback(&settings), "given");
	ck_assert_int_eq(set_callback("temporary"), 0);
	ck_assert_str_eq(settings_callback(&settings), "temporary");
	ck_assert_int_eq(set_callback(""), -EINVAL);
	ck_assert_int_eq(settings_set_callback(&settings, long_text, 2047), -EMSGSIZE);
	ck_assert_str_eq(settings_callback(&settings), "temporary");
	settings_clear_callback(&settings);
	ck_assert_ptr_null(settings_callback(&settings));
	settings_reset(&settings, NULL, "given", false);
	ck_assert_str_eq(settings_callback(&settings), "given");
	settings_clear_callback(&settings);
	ck_assert_ptr_null(settings_callback(&settings));
}
END_TEST

START_TEST(options_replace_those_in_force)
{
	settings_reset(&settings, NULL, NULL, false);
	ck_assert_str_eq(settings_options(&settings), "none");
	ck_assert_int_eq(set_options("check_schedulers"), 0);
	ck_assert(settings.schedulers);
	ck_assert_str_eq(settings_options(&settings), "check_schedulers");
	ck_assert_int_eq(set_options("  check_schedulers   check_schedulers "), 0);
	ck_assert(settings.schedulers);
	ck_assert_int_eq(settings_set_options(&settings, NULL, 0), 0);
	ck_assert(!settings.schedulers);
	settings_reset(&settings, NULL, NULL, true);
	ck_assert_int_eq(set_options("   "), 0);
	ck_assert(!settings.schedulers);
}
END_TEST

START_TEST(unknown_options_change_nothing)
{
	static const char *const unknown[] = { "check_scheduler", "check_schedulersx", "check_schedulers x", "x",
					       "check_schedulers\ncheck_schedulers", "none" };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		settings_reset(&settings, NULL, NULL, false);
		ck_assert_int_eq(set_options(unknown[i]), -EINVAL);
		ck_assert(!settings.schedulers);
		settings_reset(&settings, NULL, NULL, true);
		ck_assert_int_eq(set_options(unknown[i]), -EINVAL);
		ck_assert(settings.schedulers);
	}
	ck_assert_int_eq(settings_set_options(&settings, "check_schedulers\0", 17), -EINVAL);
}
END_TEST

START_TEST(all_is_gone_at_a_restart)
{
	settings_reset(&settings, "given", "callback", true);
	ck_assert_int_eq(set_command("temporary"), 0);
	ck_assert_int_eq(set_options(""), 0);
	settings_clear_callback(&settings);
	settings_reset(&settings, settings.given_command, settings.given_callback, true);
	ck_assert_str_eq(settings_command(&settings), "given");
	ck_assert_str_eq(settings_callback(&settings), "callback");
	ck_assert(settings.schedulers);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("settings");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, the_temporary_command_counts_first);
	tcase_add_test(tests, an_empty_given_command_is_set);
	tcase_add_test(tests, commands_that_are_refused);
	tcase_add_test(tests, the_callback_is_removed_whoever_gave_it);
	tcase_add_test(tests, options_replace_those_in_force);
	tcase_add_test(tests, unknown_options_change_nothing);
	tcase_add_test(tests, all_is_gone_at_a_restart);
	return suite_run("settings", tests);
}
