/* Options before the name of the command. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/opt.h"
#include "tests/capture.h"
#include "tests/suite.h"

struct config {
	bool dry;
	const char *file;
	struct opt_list names;
	int64_t timeout;
	int64_t wait;
};

#define O(kind, letter, name, argument, member, help) OPT(kind, letter, name, argument, struct config, member, help)
#define FILE_OPTION O(OPT_STRING, 'f', "file", "FILE", file, "the file")
#define NAME_OPTION O(OPT_LIST, 0, "name", "NAME", names, "a name")
#define DRY_OPTION O(OPT_FLAG, 'd', "dry", NULL, dry, "only say what would be done")

static const struct opt single_options[] = {
	FILE_OPTION,
	NAME_OPTION,
	DRY_OPTION,
	O(OPT_LIST, 'n', "nick", "NICK", names, "another name"),
	O(OPT_TIME, 't', "timeout", "TIME", timeout, "how long"),
	O(OPT_TIME, 0, "max-wait", "TIME", wait, "how much"),
	{ .kind = OPT_END },
};
static const struct opt run_options[] = { FILE_OPTION, NAME_OPTION, DRY_OPTION, { .kind = OPT_END } };

static const struct opt_command commands[] = {
	{ .name = "single", .synopsis = "[-n NICK]", .summary = "do one", .options = single_options },
	{ .name = "run", .synopsis = "COMMAND [ARG]...", .summary = "run it", .options = run_options,
	  .min_operands = 1, .max_operands = -1 },
	{ .name = "pair", .synopsis = "A B", .summary = "take two", .options = run_options, .min_operands = 2,
	  .max_operands = 2 },
	{ 0 },
};

enum { WORDS_MAX = 24 };

/* What opt_parse() made of a line of words. */
static struct {
	enum opt_result result;
	struct config config;
	const struct opt_command *command;
	int operand;
	char *words[WORDS_MAX + 1];
	int count;
	struct capture out, err;
	const char *printed, *said;
} p;

static void parse(const struct opt_program *of, const char *const *words)
{
	opt_list_done(&p.config.names);
	memset(&p, 0, sizeof(p));
	for (; words[p.count]; p.count++) {
		ck_assert_int_lt(p.count, WORDS_MAX);
		p.words[p.count] = (char *)words[p.count];
	}
	capture_begin(&p.err, STDERR_FILENO);
	capture_begin(&p.out, STDOUT_FILENO);
	p.result = opt_parse(of, p.count, p.words, &p.config, &p.command, &p.operand);
	p.printed = capture_end(&p.out);
	p.said = capture_end(&p.err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct opt lead[] = {
	FILE_OPTION,
	NAME_OPTION,
	{ .kind = OPT_END },
};
static const struct opt_program led = {
	.name = "pg led", .summary = "Do things.", .commands = commands, .lead = lead,
};

#define LED(...) parse(&led, WORDS("led", __VA_ARGS__))

START_TEST(options_stand_before_the_name_too)
{
	LED("-f", "x", "single", "-d");
	ck_assert_msg(p.result == OPT_OK, "%s", p.said);
	ck_assert_ptr_eq(p.command, &commands[0]);
	ck_assert_str_eq(p.config.file, "x");
	ck_assert(p.config.dry);
	LED("-dfsingle", "--max-w", "1", "--name=run", "-nall", "-t", "5", "single", "-f", "y");
	ck_assert_msg(p.result == OPT_OK, "%s", p.said);
	ck_assert_ptr_eq(p.command, &commands[0]);
	ck_assert_str_eq(p.config.file, "y");
	ck_assert_uint_eq(p.config.names.count, 2);
	ck_assert_int_eq(p.config.timeout, 5000);
	LED("-d", "run", "single", "-d");
	ck_assert_msg(p.result == OPT_OK, "%s", p.said);
	ck_assert_ptr_eq(p.command, &commands[1]);
	ck_assert_str_eq(p.words[p.operand], "single");
	LED("run", "-d", "--", "single");
	ck_assert_ptr_eq(p.command, &commands[1]);
	ck_assert_int_eq(p.operand, 4);
}
END_TEST

START_TEST(no_name_behind_options)
{
	parse(&led, WORDS("led"));
	ck_assert_int_eq(p.result, OPT_OK);
	ck_assert_ptr_null(p.command);
	LED("-f", "single");
	ck_assert_msg(p.result == OPT_OK, "%s", p.said);
	ck_assert_ptr_null(p.command);
	ck_assert_str_eq(p.config.file, "single");
	LED("-f", "x", "--help");
	ck_assert_int_eq(p.result, OPT_HELP);
	LED("--help", "single");
	ck_assert_int_eq(p.result, OPT_HELP);
	LED("-f");
	ck_assert_str_eq(p.said, "pg led: option '-f' needs a value: FILE\nTry 'pg led --help'.\n");
	LED("-f", "x", "--", "single");
	ck_assert_str_eq(p.said, "pg led: unexpected operand 'single'\nTry 'pg led --help'.\n");
	LED("-n", "x", "run", "ls");
	ck_assert_str_eq(p.said, "pg led: option '-n' belongs to 'single'\nTry 'pg led --help'.\n");
	LED("-f", "x", "-");
	ck_assert_str_eq(p.said, "pg led: unknown command '-' (one of: single, run, pair)\nTry 'pg led --help'.\n");
	LED("-x", "singel");
	ck_assert_str_eq(p.said, "pg led: unknown command 'singel' (did you mean 'single'?)\nTry 'pg led --help'.\n");
}
END_TEST

START_TEST(help_shows_them_before_the_name)
{
	LED("--help");
	ck_assert_ptr_nonnull(strstr(p.printed, "Usage: pg led [-h] [-f FILE] [--name NAME] single [-n NICK]\n"));
	ck_assert_ptr_nonnull(strstr(p.printed, "\n       pg led [-h] [-f FILE] [--name NAME] pair A B\n"));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("opt_lead");

	tcase_add_test(tests, options_stand_before_the_name_too);
	tcase_add_test(tests, no_name_behind_options);
	tcase_add_test(tests, help_shows_them_before_the_name);
	return suite_run("opt_lead", tests);
}
