/* One table: what is parsed, what is refused in which words, what the help shows. */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "tests/capture.h"
#include "tests/opt.h"

static const struct opt_command mixed_commands[] = {
	{ NULL, "[-x]", "without a command", two_options + 1, 0, 0, NULL },
	{ "run", "[-d] [--] COMMAND [ARG]...", "run it", two_options, 1, -1, NULL },
	{ "ask", "WORD", "ask it", two_options + 1, 1, 2, "this|that" },
	{ 0 },
};
static const struct opt_program mixed = { "pg mix", "Mix.", mixed_commands, "Notes:\n  -x  of the first\n", NULL };

static const struct opt_command plain_command[] = { { NULL, "[-d] [FILE]", "do it", one_options, 0, 1, NULL }, { 0 } };
static const struct opt_program plain = { "plain", "Do it.", plain_command, NULL, NULL };

enum { WORDS_MAX = 24 };

/* What opt_parse() made of a line of words. */
struct parsed {
	enum opt_result result;
	struct config config;
	const struct opt_command *command;
	int operand;
	char *words[WORDS_MAX + 1];
	int count;
	struct capture capture;
	const char *said; /* on stderr; on stdout for OPT_HELP */
};

static struct parsed p;

static void parse(const struct opt_program *of, const char *const *words)
{
	struct capture out;
	const char *help;

	opt_list_done(&p.config.names);
	memset(&p, 0, sizeof(p));
	p.operand = -7;
	for (; words[p.count]; p.count++) {
		ck_assert_int_lt(p.count, WORDS_MAX);
		p.words[p.count] = (char *)words[p.count];
	}
	capture_begin(&p.capture, STDERR_FILENO);
	capture_begin(&out, STDOUT_FILENO);
	p.result = opt_parse(of, p.count, p.words, &p.config, &p.command, &p.operand);
	help = capture_end(&out);
	p.said = capture_end(&p.capture);
	ck_assert_int_eq(help[0] != '\0', p.result == OPT_HELP);
	ck_assert_int_eq(p.said[0] != '\0', p.result == OPT_USAGE);
	if (p.result != OPT_OK) {
		ck_assert_ptr_null(p.command);
		ck_assert_int_eq(p.operand, -7);
	}
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PARSE(...) parse(&program, WORDS("app", __VA_ARGS__))
#define PLAIN(...) parse(&plain, WORDS("plain", __VA_ARGS__))

#define ACCEPTED(...) \
	do { \
		PARSE(__VA_ARGS__); \
		ck_assert_msg(p.result == OPT_OK, "%s", p.said); \
	} while (0)

#define REFUSED(text, ...) \
	do { \
		PARSE(__VA_ARGS__); \
		ck_assert_int_eq(p.result, OPT_USAGE); \
		ck_assert_str_eq(p.said, "pg app: " text "\nTry 'pg app --help'.\n"); \
	} while (0)

START_TEST(every_kind)
{
	ACCEPTED("single", "-d", "-n", "a", "-nb", "--name=c", "--name", "d", "-f", "x", "-t", "500ms",
		 "--max-wait=64s", "--max-rate", "5/10m");
	ck_assert(p.config.dry);
	ck_assert_uint_eq(p.config.names.count, 4);
	ck_assert_str_eq(p.config.names.items[0], "a");
	ck_assert_str_eq(p.config.names.items[1], "b");
	ck_assert_str_eq(p.config.names.items[3], "d");
	ck_assert_str_eq(p.config.file, "x");
	ck_assert_int_eq(p.config.timeout, 500);
	ck_assert_int_eq(p.config.wait, 64000);
	ck_assert_int_eq(p.config.rate.count, 5);
	ck_assert_int_eq(p.config.rate.period_ms, 600000);
	ck_assert_ptr_eq(p.command, &commands[0]);
	ck_assert_int_eq(p.operand, p.count);
}
END_TEST

START_TEST(groups_abbreviations_repetitions)
{
	ACCEPTED("single", "-dqf", "x", "-f", "y", "--tim", "3", "--fi=z", "--timeout=1");
	ck_assert_str_eq(p.config.file, "z");
	ck_assert_int_eq(p.config.timeout, 1000);
	ACCEPTED("single", "-n", "-d", "-f", "--");
	ck_assert(!p.config.dry);
	ck_assert_str_eq(p.config.names.items[0], "-d");
	ck_assert_str_eq(p.config.file, "--");
	ck_assert_ptr_eq(p.config.file, p.words[5]); /* not copied */
}
END_TEST

START_TEST(options_stand_before_operands)
{
	ACCEPTED("run", "-d", "ls", "-l", "--help");
	ck_assert_int_eq(p.operand, 3);
	ACCEPTED("run", "--", "-d");
	ck_assert(!p.config.dry);
	ck_assert_int_eq(p.operand, 3);
	ACCEPTED("run", "-");
	ck_assert_int_eq(p.operand, 2);
	ACCEPTED("pair", "a", "-d");
	ck_assert(!p.config.dry);
}
END_TEST

START_TEST(numbers_of_operands)
{
	REFUSED("too few operands (usage: pg app run [-d] [--] COMMAND [ARG]...)", "run", "-d", "--");
	REFUSED("too few operands (usage: pg app pair A B)", "pair", "a");
	REFUSED("unexpected operand 'c'", "pair", "a", "b", "c");
	REFUSED("unexpected operand 'x'", "single", "x");
}
END_TEST

START_TEST(without_commands)
{
	PLAIN("-d", "file");
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_ptr_eq(p.command, plain_command);
	ck_assert_int_eq(p.operand, 2);
	parse(&plain, WORDS("plain"));
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_int_eq(p.operand, 1);
	parse(&plain, (const char *const[]){ NULL }); /* an empty argv */
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_int_eq(p.operand, 0);
	parse(&program, (const char *const[]){ NULL });
	ck_assert_int_eq(p.result, OPT_USAGE);
	PLAIN("a", "b");
	ck_assert_str_eq(p.said, "plain: unexpected operand 'b'\nTry 'plain --help'.\n");
	PLAIN("-h");
	ck_assert_int_eq(p.result, OPT_HELP);
}
END_TEST

START_TEST(unknown_commands)
{
	parse(&program, WORDS("app"));
	ck_assert_str_eq(p.said, "pg app: which command? One of: single, run, pair\nTry 'pg app --help'.\n");
	REFUSED("unknown command 'singel' (did you mean 'single'?)", "singel");
	REFUSED("unknown command 'sing' (did you mean 'single'?)", "sing");
	REFUSED("unknown command 'restart' (one of: single, run, pair)", "restart");
	REFUSED("unknown command '' (one of: single, run, pair)", "");
	REFUSED("option '-d' stands before the command; options follow it (one of: single, run, pair)",
		"-d", "single");
}
END_TEST

START_TEST(unknown_options)
{
	REFUSED("unknown option '--flie' (did you mean '--file'?)", "single", "--flie=x");
	REFUSED("unknown option '--zzzzzz'", "single", "--zzzzzz");
	REFUSED("unknown option '-z'", "single", "-dz");
	REFUSED("unknown option in '-d\xc3\xa9'", "single", "-d\xc3\xa9");
	REFUSED("unknown option in '-\\x1b'", "single", "-\x1b");
	REFUSED("option '--max' is ambiguous: '--max-wait', '--max-rate'", "single", "--max", "1");
	REFUSED("option '-f' belongs to 'single'", "run", "-f", "x");
	REFUSED("option '--file' belongs to 'single'", "run", "--file=x");
	REFUSED("unknown option '-W'", "single", "-W", "file"); /* an extension of glibc's getopt */
}
END_TEST

START_TEST(options_of_several_other_commands)
{
	static const struct opt none[] = { { .kind = OPT_END } };
	static const struct opt_command three[] = {
		{ "a", "A", "a", one_options, 0, 0, NULL },
		{ "b", "B", "b", none, 0, 0, NULL },
		{ "c", "C", "c", two_options, 0, 0, NULL },
		{ 0 },
	};
	static const struct opt_program of_three = { "x", "Do.", three, NULL, NULL };

	parse(&of_three, WORDS("x", "b", "-d"));
	ck_assert_str_eq(p.said, "x: option '-d' belongs to 'a', 'c'\nTry 'x --help'.\n");
	parse(&of_three, WORDS("x", "b", "--dry"));
	ck_assert_str_eq(p.said, "x: option '--dry' belongs to 'a', 'c'\nTry 'x --help'.\n");
	parse(&of_three, WORDS("x", "c", "-f", "x"));
	ck_assert_str_eq(p.said, "x: option '-f' belongs to 'a'\nTry 'x --help'.\n");
}
END_TEST

/* A command without a name beside some that have one. */
START_TEST(one_command_without_a_name)
{
	parse(&mixed, WORDS("mix"));
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_ptr_eq(p.command, &mixed_commands[0]);
	ck_assert_int_eq(p.operand, 1);
	parse(&mixed, WORDS("mix", "ask", "this"));
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_ptr_eq(p.command, &mixed_commands[2]);
	ck_assert_int_eq(p.operand, 2);
	parse(&mixed, WORDS("mix", "rum"));
	ck_assert_str_eq(p.said, "pg mix: unknown command 'rum' (did you mean 'run'?)\nTry 'pg mix --help'.\n");
	parse(&mixed, WORDS("mix", "else"));
	ck_assert_str_eq(p.said, "pg mix: unknown command 'else' (one of: run, ask)\nTry 'pg mix --help'.\n");
	parse(&mixed, WORDS("mix", "--dry"));
	ck_assert_str_eq(p.said, "pg mix: option '--dry' belongs to 'run'\nTry 'pg mix --help'.\n");
	parse(&mixed, WORDS("mix", "--"));
	ck_assert_int_eq(p.result, OPT_OK);
	parse(&mixed, WORDS("mix", "--", "run"));
	ck_assert_str_eq(p.said, "pg mix: unexpected operand 'run'\nTry 'pg mix --help'.\n");
	parse(&mixed, WORDS("mix", "-h"));
	ck_assert_int_eq(p.result, OPT_HELP);
	ck_assert_str_eq(opt_first_named(&mixed)->name, "run");
	ck_assert_ptr_null(opt_first_named(&plain)->summary);
}
END_TEST

START_TEST(missing_and_needless_values)
{
	REFUSED("option '-t' needs a value: TIME", "single", "-dt");
	REFUSED("option '--timeout' needs a value: TIME", "single", "--timeout");
	REFUSED("option '--timeout' needs a value: TIME", "single", "--timeo");
	REFUSED("option '--dry' takes no value", "single", "--dry=yes");
	REFUSED("option '--help' takes no value", "single", "--help=yes");
}
END_TEST

static const struct opt bare_options[] = {
	OPT_BARE(OPT_STRING, 's', "send", "WHAT", "it", struct config, file, "send it"),
	DRY,
	{ .kind = OPT_END },
};
static const struct opt_command bare_command[] = { { NULL, "[--send[=WHAT]] A...", "do", bare_options, 0, -1, NULL },
						   { 0 } };
static const struct opt_program bare = { "bare", "Do it.", bare_command, NULL, NULL };

START_TEST(a_value_that_may_be_missing)
{
	static const struct { const char *words[3], *value; int operand; } cases[] = {
		{ { "--send", "a" }, "it", 2 }, { { "--send=that", "a" }, "that", 2 }, { { "--se" }, "it", 2 },
		{ { "-s", "a" }, "it", 2 },     { { "-sthat", "a" }, "that", 2 },      { { "-ds" }, "it", 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(&bare, (const char *[]){ "bare", cases[i].words[0], cases[i].words[1], NULL });
		ck_assert_msg(p.result == OPT_OK, "%s", p.said);
		ck_assert_str_eq(p.config.file, cases[i].value);
		ck_assert_int_eq(p.operand, cases[i].operand);
	}
	parse(&bare, WORDS("bare", "--send="));
	ck_assert_str_eq(p.said, "bare: option '--send': WHAT is empty (a variable that is not set?)\n"
				 "Try 'bare --help'.\n");
}
END_TEST

START_TEST(values_of_the_wrong_form)
{
	REFUSED("option '-t': '5x' is not a time (use 500ms, 30s, 5m; a bare number is seconds)",
		"single", "-t5x");
	REFUSED("option '--file': FILE is empty (a variable that is not set?)", "single", "--file=");
	REFUSED("option '-n': NAME is empty (a variable that is not set?)", "single", "-n", "");
	REFUSED("option '--timeout': '' is not a time (use 500ms, 30s, 5m; a bare number is seconds)",
		"single", "--timeout=");
	REFUSED("option '--max-wait': '1Q' is not a time (use 500ms, 30s, 5m; a bare number is seconds)", "single",
		"--max-wait", "1Q");
	REFUSED("option '--max-rate': '99/1m' is too large for a rate "
		"(use COUNT/PERIOD with a COUNT from 1 to 64, as 5/10m, or none)", "single", "--max-rate", "99/1m");
	REFUSED("option '-t': '\\x0a' is not a time (use 500ms, 30s, 5m; a bare number is seconds)",
		"single", "-t", "\n");
}
END_TEST

/* getopt keeps its place in static variables: a run that stopped inside a group of letters must not show later. */
START_TEST(again_and_again)
{
	for (int i = 0; i < 3; i++) {
		PARSE("single", "-zdn");
		ck_assert_int_eq(p.result, OPT_USAGE);
		ACCEPTED("single", "-n", "a");
		ck_assert_uint_eq(p.config.names.count, 1);
		ck_assert(!p.config.dry);
		PARSE("single", "-hz", "x");
		ck_assert_int_eq(p.result, OPT_HELP);
		ACCEPTED("run", "x");
		ck_assert_int_eq(p.operand, 2);
	}
}
END_TEST

START_TEST(help_is_understood_anywhere)
{
	static const char *const forms[] = { "-h", "--help", "--he" };

	for (size_t i = 0; i < 3; i++) {
		PARSE(forms[i]);
		ck_assert_int_eq(p.result, OPT_HELP);
		PARSE("single", "-d", forms[i]);
		ck_assert_int_eq(p.result, OPT_HELP);
	}
}
END_TEST

START_TEST(usage_errors_of_an_applet)
{
	static char text[10000];
	struct capture c;
	const char *said;

	capture_begin(&c, STDERR_FILENO);
	ck_assert_int_eq(opt_usage(&program, "'-f' with %d names", 2), 2);
	ck_assert_str_eq(capture_end(&c), "pg app: '-f' with 2 names\nTry 'pg app --help'.\n");

	memset(text, 'x', sizeof(text) - 1);
	capture_begin(&c, STDERR_FILENO);
	opt_usage(&program, "%s", text);
	said = capture_end(&c);
	ck_assert_ptr_nonnull(strstr(said, "xxx...\nTry 'pg app --help'.\n"));
	opt_list_done(&p.config.names);
	opt_list_done(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opt");
	TCase *cases = tcase_create("opt");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, every_kind);
	tcase_add_test(cases, groups_abbreviations_repetitions);
	tcase_add_test(cases, options_stand_before_operands);
	tcase_add_test(cases, numbers_of_operands);
	tcase_add_test(cases, without_commands);
	tcase_add_test(cases, unknown_commands);
	tcase_add_test(cases, unknown_options);
	tcase_add_test(cases, options_of_several_other_commands);
	tcase_add_test(cases, one_command_without_a_name);
	tcase_add_test(cases, missing_and_needless_values);
	tcase_add_test(cases, a_value_that_may_be_missing);
	tcase_add_test(cases, values_of_the_wrong_form);
	tcase_add_test(cases, again_and_again);
	tcase_add_test(cases, help_is_understood_anywhere);
	tcase_add_test(cases, usage_errors_of_an_applet);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
