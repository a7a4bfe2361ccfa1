/* Completion scripts of a table made to break them: each shell must at least read what is printed for it;
 * tests/procguard_completion.sh completes for real. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/complete.h"
#include "tests/capture.h"

static const struct opt odd[] = {
	{ OPT_STRING, 'x', "odd-text", "FILE", 0, "it's [odd]: $HOME `id` \\ \"x\" @ %s {a,b} *", NULL },
	{ OPT_LIST, 0, "name", "NAME", 0, "a name: [may] repeat", NULL },
	{ OPT_FLAG, 'q', NULL, NULL, 0, "no long form", NULL },
	{ OPT_STRING, 'c', NULL, "COMMAND", 0, "'", NULL },
	{ OPT_STRING, 0, "choice", "one|two", 0, "", NULL },
	{ OPT_TIME, 't', "time", "[N:]M", 0, "odd argument", NULL },
	{ OPT_STRING, 0, "dir", "DIR", 0, "a folder", NULL },
	{ OPT_STRING, 'b', "bare", "WHAT", 0, "with a value or without", "it" },
	{ .kind = OPT_END },
};
static const struct opt none[] = { { .kind = OPT_END } };
static const struct opt_command with_commands[] = {
	{ "run", "COMMAND", "it's: \\ $x", odd, 1, -1, NULL }, { "no-op", "", "nothing", none, 0, 0, NULL }, { 0 },
};
static const struct opt_command without[] = { { NULL, "[FILE]", "x", odd, 0, 1, NULL }, { 0 } };
static const struct opt_command mixed_commands[] = {
	{ NULL, "[-x]", "x", none, 0, 0, NULL }, { "run", "PROGRAM", "x", odd, 1, -1, NULL },
	{ "ask", "WORD", "x", none, 1, 2, "one|two" }, { 0 },
};
static const struct opt_program mixed = { "mixed", "It's both", mixed_commands, NULL, NULL };
static const struct opt_program many = { "many", "It's many", with_commands, NULL, NULL };
static const struct opt_program single = { "single", "It's one", without, NULL, NULL };
static const struct complete_word words[] = {
	{ "many", &many }, { "single", &single }, { "many_too", &many }, { "mixed", &mixed },
};

static const char *printed(struct capture *c, const char *shell, size_t count)
{
	int r;

	capture_begin(c, STDOUT_FILENO);
	r = complete_print(stdout, shell, "pg", odd, words, count);
	capture_end(c);
	ck_assert_int_eq(r, 0);
	return c->text;
}

/* Does SHELL, where it is installed, find its script well formed? */
static void check_syntax(const char *shell, size_t count)
{
	struct capture *c = calloc(1, sizeof(*c));
	char command[128];
	FILE *pipe;

	ck_assert_ptr_nonnull(c);
	snprintf(command, sizeof(command), "command -v %s >/dev/null || exec cat >/dev/null; exec %s -n /dev/stdin",
		 shell, shell);
	printed(c, shell, count);
	ck_assert_uint_gt(strlen(c->text), 100);
	ck_assert_uint_lt(strlen(c->text), sizeof(c->text) - 1);
	pipe = popen(command, "w");
	ck_assert_ptr_nonnull(pipe);
	fputs(c->text, pipe);
	ck_assert_int_eq(pclose(pipe), 0);
	free(c);
}

START_TEST(shells_can_read_them)
{
	check_syntax("bash", 4);
	check_syntax("zsh", 4);
	check_syntax("fish", 4);
	check_syntax("bash", 0);
	check_syntax("zsh", 0);
	check_syntax("fish", 0);
}
END_TEST

START_TEST(further_names_share_a_table)
{
	struct capture *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_nonnull(strstr(printed(c, "bash", 3), ":many | :many_too) echo many ;;"));
	ck_assert_ptr_null(strstr(c->text, "many_too/run"));
	ck_assert_ptr_nonnull(strstr(c->text, "complete -F _pg pg many single many_too\n"));
	free(c);
}
END_TEST

START_TEST(one_command_without_a_name)
{
	struct capture *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_nonnull(strstr(printed(c, "bash", 4), "	'mixed') printf '%s ' -h --help run ask ;;\n"));
	ck_assert_ptr_nonnull(strstr(c->text, "	mixed/ask) echo 'choice one two' ;;\n"));
	ck_assert_ptr_nonnull(strstr(c->text, "	mixed/run) echo 'command' ;;\n"));
	ck_assert_ptr_nonnull(strstr(printed(c, "zsh", 4), "	mixed) _pg_in_mixed ;;\n"));
	ck_assert_ptr_nonnull(strstr(c->text, "'1:word:( one two)' '*:argument:_files'"));
	ck_assert_ptr_nonnull(strstr(printed(c, "fish", 4), "__pg_at 'mixed/ask'\" -a ' one two'\n"));
	free(c);
}
END_TEST

START_TEST(unknown_shells)
{
	ck_assert_int_eq(complete_print(stdout, "tcsh", "pg", none, words, 1), -EINVAL);
	ck_assert_int_eq(complete_print(stdout, "", "pg", none, words, 1), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("complete");
	TCase *cases = tcase_create("complete");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, shells_can_read_them);
	tcase_add_test(cases, further_names_share_a_table);
	tcase_add_test(cases, one_command_without_a_name);
	tcase_add_test(cases, unknown_shells);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
