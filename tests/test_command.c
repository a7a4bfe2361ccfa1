/* Command lines with a shell, and by their words without one. */
#include "core/command.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fixture.h"
#include "tests/suite.h"

static const struct spawn how = { .in = -1, .out = -1, .err = -1 };

static int run(const char *line)
{
	char why[COMMAND_WHY_SIZE] = "";
	int status = -1;
	pid_t pid = command_start(line, &how, why);

	ck_assert_int_gt(pid, 0);
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(a_shell_runs_it)
{
	ck_assert_int_eq(run("exit 3"), 3 << 8);
	ck_assert_int_eq(run("test 'a b' = \"a b\" && kill -9 $$"), 9);
	ck_assert_int_eq(run(""), 0);
	ck_assert_int_eq(run("-x 2>/dev/null"), 127 << 8); /* no option of the shell */
	ck_assert_int_eq(run("no-such-command 2>/dev/null"), 127 << 8);
}
END_TEST

static int split(const char *line, char **words, size_t max, char *copy, char why[COMMAND_WHY_SIZE])
{
	strcpy(copy, line);
	why[0] = '\0';
	return command_split(copy, words, max, why);
}

START_TEST(lines_into_words)
{
	char copy[256], why[COMMAND_WHY_SIZE], *words[4];

	ck_assert_int_eq(split(" /bin/app \t start  --x=a,b:c%d@e+f-1 \r\n", words, 4, copy, why), 3);
	ck_assert_str_eq(words[0], "/bin/app");
	ck_assert_str_eq(words[1], "start");
	ck_assert_str_eq(words[2], "--x=a,b:c%d@e+f-1");
	ck_assert_ptr_null(words[3]);
	ck_assert_int_eq(split("a b#c ~", words, 4, copy, why), -EINVAL);
	ck_assert_int_eq(split("a b#c d~", words, 4, copy, why), 3);
	ck_assert_int_eq(split("a b c d", words, 4, copy, why), -E2BIG);
	ck_assert_int_eq(split("", words, 4, copy, why), 0);
	ck_assert_ptr_null(words[0]);
	ck_assert_int_eq(split(" \n", words, 4, copy, why), 0);
	ck_assert_int_eq(split("a=b/c d", words, 4, copy, why), -EINVAL);
	ck_assert_int_eq(split("./a=b d", words, 4, copy, why), 2);
	ck_assert_int_eq(split("1a=b d", words, 4, copy, why), 2);
	ck_assert_int_eq(split("echo cd A=b", words, 4, copy, why), 3);
	ck_assert_int_eq(split("/bin/cd", words, 4, copy, why), 1);
}
END_TEST

START_TEST(what_needs_a_shell_is_named)
{
	static const struct { const char *line, *why; } cases[] = {
		{ "echo 'a'", "the quote '" }, { "echo \"a\"", "the quote \"" }, { "echo a\\ b", "the quote \\" },
		{ "echo $HOME", "the substitution $" }, { "echo `id`", "the substitution `" },
		{ "a | b", "the operator |" }, { "a &", "the operator &" }, { "a; b", "the operator ;" },
		{ "a > b", "the redirection >" }, { "a <b", "the redirection <" }, { "(a)", "the parenthesis (" },
		{ "echo *", "the pattern *" }, { "echo a?", "the pattern ?" }, { "echo [a]", "the pattern [" },
		{ "a # b", "the comment #" }, { "ls ~", "the home directory ~" }, { "a\nb", "the line break" },
		{ "A=b c", "the assignment A=" }, { "_x1=", "the assignment _x1=" },
		{ "cd /", "the shell's own 'cd'" }, { "exec app", "the shell's own 'exec'" },
		{ "! a", "the shell's own '!'" }, { ". ./x", "the shell's own '.'" },
		{ "exit 1", "the shell's own 'exit'" }, { "while true", "the shell's own 'while'" },
	};
	char copy[256], why[COMMAND_WHY_SIZE], *words[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(split(cases[i].line, words, 16, copy, why) == -EINVAL, "%s", cases[i].line);
		ck_assert_str_eq(why, cases[i].why);
	}
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char line[600], copy[600], why[COMMAND_WHY_SIZE], *words[4];

	memset(line, 'A', sizeof(line));
	strcpy(line + 500, "=1 x");
	ck_assert_int_eq(split(line, words, 4, copy, why), -EINVAL);
	ck_assert_uint_lt(strlen(why), COMMAND_WHY_SIZE);
}
END_TEST

START_TEST(errors_as_statuses)
{
	ck_assert_int_eq(command_status(-ENOENT), 127 << 8);
	ck_assert_int_eq(command_status(-EACCES), 126 << 8);
	ck_assert_int_eq(command_status(-EINVAL), -1);
	ck_assert_int_eq(command_status(-ENOMEM), -1);
}
END_TEST

static void in_empty_root(void)
{
	char why[COMMAND_WHY_SIZE] = "";

	ck_assert_int_eq(chroot(fixture_root), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(command_start("echo 'a'", &how, why), -EINVAL);
	ck_assert_str_eq(why, "the quote '");
	ck_assert_int_eq(command_start("umask 022", &how, why), -EINVAL);
	ck_assert_str_eq(why, "the shell's own 'umask'");
	ck_assert_int_eq(command_start("/app start", &how, why), -ENOENT);
	ck_assert_int_eq(command_start("echo a", &how, why), -ENOENT);
	ck_assert_int_eq(command_start("/file", &how, why), -EACCES);
	ck_assert_int_eq(run(""), 0);
}

/* A process of its own, as there is no way out of a chroot. */
START_TEST(an_empty_root_has_no_shell)
{
	int status = -1;
	pid_t pid;

	if (getuid() != 0)
		return;
	fixture_make();
	fixture_text("file", "");
	pid = fork();
	if (!pid) {
		in_empty_root();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	fixture_remove();
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("command");

	tcase_add_test(tests, a_shell_runs_it);
	tcase_add_test(tests, lines_into_words);
	tcase_add_test(tests, what_needs_a_shell_is_named);
	tcase_add_test(tests, a_long_name_is_cut);
	tcase_add_test(tests, errors_as_statuses);
	tcase_add_test(tests, an_empty_root_has_no_shell);
	return suite_run("command", tests);
}
