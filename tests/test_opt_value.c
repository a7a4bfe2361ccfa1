/* What the texts of options mean, and in which words they are refused. */
#include <check.h>
#include <stdint.h>

#include "tests/capture.h"
#include "tests/opt_values.h"
#include "tests/suite.h"

static const struct opt_command commands[] = { { NULL, "[-t TIME]", "x", value_options, 0, 0, NULL }, { 0 } };
static const struct opt_program program = { "app", "Do.", commands, NULL, NULL };

static struct values values;
static struct capture capture;
static const char *said;

/* The result of `app OPTION TEXT`. */
static enum opt_result value(const char *option, const char *text)
{
	const char *const words[] = { "app", option, text, NULL };
	const struct opt_command *command;
	enum opt_result result;
	int operand;

	capture_begin(&capture, STDERR_FILENO);
	values = (struct values){ .timeout = 7, .choice = "unset", .signal = 7, .number = 7 };
	result = opt_parse(&program, 3, (char **)(uintptr_t)words, &values, &command, &operand);
	said = capture_end(&capture);
	return result;
}

#define REFUSED(option, text, why) \
	do { \
		ck_assert_int_eq(value(option, text), OPT_USAGE); \
		ck_assert_str_eq(said, "app: option '" option "': " why "\nTry 'app --help'.\n"); \
	} while (0)

START_TEST(timeouts)
{
	ck_assert_int_eq(value("-t", "5s"), OPT_OK);
	ck_assert_int_eq(values.timeout, 5000);
	ck_assert_int_eq(value("-t", "none"), OPT_OK);
	ck_assert_int_eq(values.timeout, -1);
	REFUSED("-t", "never", "'never' is not a time (use 500ms, 30s, 5m, or none; a bare number is seconds)");
	REFUSED("-t", "-1", "'-1' is not a time (use 500ms, 30s, 5m, or none; a bare number is seconds)");
	ck_assert_int_eq(values.timeout, 7);
}
END_TEST

START_TEST(choices)
{
	ck_assert_int_eq(value("--on", "once"), OPT_OK);
	ck_assert_str_eq(values.choice, "once");
	ck_assert_int_eq(value("--on", "twice"), OPT_OK);
	REFUSED("--on", "", "'' is not a choice (once|twice)");
	REFUSED("--on", "onc", "'onc' is not a choice (once|twice)");
	REFUSED("--on", "once|twice", "'once|twice' is not a choice (once|twice)");
	ck_assert_str_eq(values.choice, "unset");
}
END_TEST

START_TEST(signals)
{
	ck_assert_int_eq(value("-s", "ABRT"), OPT_OK);
	ck_assert_int_eq(values.signal, 6);
	REFUSED("-s", "NONE", "'NONE' is not a signal (use a name as TERM, or a number)");
	ck_assert_int_eq(values.signal, 7);
}
END_TEST

START_TEST(numbers)
{
	ck_assert_int_eq(value("-n", "-1"), OPT_OK);
	ck_assert_int_eq(values.number, -1);
	ck_assert_int_eq(value("-n", "2147483647"), OPT_OK);
	ck_assert_int_eq(value("-n", "-2147483648"), OPT_OK);
	REFUSED("-n", "2147483648", "'2147483648' is too large for a number (use one as 10 or -1)");
	REFUSED("-n", "99999999999999999999",
		"'99999999999999999999' is too large for a number (use one as 10 or -1)");
	REFUSED("-n", "", "'' is not a number (use one as 10 or -1)");
	REFUSED("-n", " 1", "' 1' is not a number (use one as 10 or -1)");
	REFUSED("-n", "-", "'-' is not a number (use one as 10 or -1)");
	REFUSED("-n", "1x", "'1x' is not a number (use one as 10 or -1)");
	ck_assert_int_eq(values.number, 7);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("opt_value");

	tcase_add_test(tests, timeouts);
	tcase_add_test(tests, choices);
	tcase_add_test(tests, signals);
	tcase_add_test(tests, numbers);
	return suite_run("opt_value", tests);
}
