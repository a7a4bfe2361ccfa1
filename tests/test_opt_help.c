/* --help from the tables that parse. */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/capture.h"
#include "tests/opt.h"
#include "tests/opt_values.h"
#include "tests/suite.h"

static const struct opt_command mixed_commands[] = {
	{ NULL, "[-x]", "without a command", two_options + 1, 0, 0, NULL },
	{ "run", "[-t TIME] [--] COMMAND [ARG]...", "run it", value_options, 1, -1, NULL },
	{ "ask", "WORD", "ask it", two_options + 1, 1, 2, "this|that" },
	{ 0 },
};
static const struct opt_program mixed = { "pg mix", "Mix.", mixed_commands, "Notes:\n  -x  of the first\n", NULL };

START_TEST(with_commands)
{
	struct capture c;

	capture_begin(&c, STDOUT_FILENO);
	opt_help(&program, stdout);
	ck_assert_str_eq(capture_end(&c),
		"Usage: pg app [-h] single -n NAME [-n NAME]... [-f FILE] [-t TIME]\n"
		"                   [--max-wait TIME] [options]\n"
		"       pg app [-h] run [-d] [--] COMMAND [ARG]...\n"
		"       pg app [-h] pair A B\n"
		"\n"
		"Do things.\n"
		"\n"
		"Commands:\n"
		"  single  do one\n"
		"  run     run it\n"
		"  pair    take two\n"
		"\n"
		"Options:\n"
		"  -n, --name NAME           a name; may be repeated (single)\n"
		"  -f, --file FILE           the file (single)\n"
		"  -d, --dry                 only say what would be done\n"
		"  -t, --timeout TIME        how long at most, said in so many words that they\n"
		"                            do not fit (60s) (single)\n"
		"      --max-wait TIME       how much (single)\n"
		"      --max-rate N/PERIOD   how often (single)\n"
		"  -q                        no long form (single)\n"
		"  -h, --help                display this help\n"
		"\n"
		"The end.\n");
}
END_TEST

START_TEST(without_commands)
{
	static const struct opt bare_options[] = {
		DRY,
		OPT_BARE(OPT_STRING, 's', "send", "WHAT", "it", struct config, file, "send it"),
		{ .kind = OPT_END },
	};
	static const struct opt_command forms[] = {
		{ NULL, "WORD", "w", bare_options, 0, 1, NULL }, { NULL, "-d", "d", two_options, 0, 0, NULL }, { 0 },
	};
	static const struct opt_program several = { "x", "Do.", forms, "Notes.\n", NULL };
	struct capture c;

	capture_begin(&c, STDOUT_FILENO);
	opt_help(&several, stdout);
	ck_assert_str_eq(capture_end(&c),
		"Usage: x [-h] WORD\n"
		"       x [-h] -d\n"
		"\n"
		"Do.\n"
		"\n"
		"Options:\n"
		"  -d, --dry                 only say what would be done\n"
		"  -s, --send[=WHAT]         send it\n"
		"  -h, --help                display this help\n"
		"\n"
		"Notes.\n");
}
END_TEST

START_TEST(with_one_command_without_a_name)
{
	struct capture c;

	capture_begin(&c, STDOUT_FILENO);
	opt_help(&mixed, stdout);
	ck_assert_str_eq(capture_end(&c),
		"Usage: pg mix [-h] [-x]\n"
		"       pg mix [-h] run [-t TIME] [--] COMMAND [ARG]...\n"
		"       pg mix [-h] ask WORD\n"
		"\n"
		"Mix.\n"
		"\n"
		"Commands:\n"
		"  run  run it\n"
		"  ask  ask it\n"
		"\n"
		"Options:\n"
		"  -t, --timeout TIME        how long (run)\n"
		"      --on once|twice       when (run)\n"
		"  -s, --signal SIGNAL       which (run)\n"
		"  -n N                      how many (run)\n"
		"  -h, --help                display this help\n"
		"\n"
		"Notes:\n"
		"  -x  of the first\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("opt_help");

	tcase_add_test(tests, with_commands);
	tcase_add_test(tests, without_commands);
	tcase_add_test(tests, with_one_command_without_a_name);
	return suite_run("opt_help", tests);
}
