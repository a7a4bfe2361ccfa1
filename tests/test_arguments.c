/* A command line as a list. */
#include "applets/gmr/arguments.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

enum { MAX = 4 };

static const struct { const char *cmdline; size_t len; bool cut; const char *want; } cases[] = {
	{ "", 0, false, "" },
	{ "sleep\0" "9\0", 8, false, "sleep|9" },
	{ "sleep\0" "9", 7, false, "sleep|9" },
	{ "a\0\0b\0", 5, false, "a||b" },
	{ "nginx: worker process\0\0\0\0\0", 26, false, "nginx: worker process" },
	{ "x\0--password\0s3cret\0", 20, false, "x|--password|***" },
	{ "x\0http://u:s3cret@h/\0", 21, false, "x|http://u:***@h/" },
	{ "x\0http://u:s3cret", 17, true, "x|..." }, /* half of one is not shown */
	{ "one text without end", 20, true, "..." },
	{ "1\0" "2\0" "3\0" "4\0" "5\0", 10, false, "1|2|3|4|..." },
	{ "a\x1b[31m\n\xff\0", 9, false, "a\\x1b[31m\\x0a\\xff" },
	{ "\0\0\0", 3, false, "" },
};

START_TEST(list)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(1 << 20);
	CLEANUP(free_done) char *copy = malloc(cases[_i].len ? cases[_i].len : 1);
	char joined[256] = "", *to = joined;

	memcpy(copy, cases[_i].cmdline, cases[_i].len);
	arguments_add(&tree, &tree.root, "command", copy, cases[_i].len, cases[_i].cut, MAX);
	ck_assert_int_eq(tree.error, 0);
	for (const struct value *v = value_first(value_get(&tree.root, "command")); v; v = v->next)
		to = stpcpy(stpcpy(to, to == joined ? "" : "|"), v->string);
	ck_assert_str_eq(joined, cases[_i].want);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("arguments");

	tcase_add_loop_test(tests, list, 0, sizeof cases / sizeof cases[0]);
	return suite_run("arguments", tests);
}
