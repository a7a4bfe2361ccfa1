/* The report as text: each part of the layout, and trees of a shape that no report has. What oslo.reports itself makes
 * of the same is compared in gmr_oslo.sh, for which `test_report_text FILE` prints the packed report of FILE. */
#include "core/report.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/report.h"
#include "tests/suite.h"

#define RULE "========================================================================\n"
#define BAR "||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||\n"
#define HEAD RULE "====                        Guru Meditation                         ====\n" RULE BAR

static void check_text(const struct value *report, const char *expected)
{
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);

	ck_assert_int_eq(report_text(report, &text), 0);
	ck_assert_str_eq(text.data, expected);
}

/* What stands below the title of the section TITLE, up to the next rule. */
static void check_section(const struct value *report, const char *title, const char *expected)
{
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);
	char *begin, *end;

	ck_assert_int_eq(report_text(report, &text), 0);
	begin = strstr(text.data, title);
	ck_assert_ptr_nonnull(begin);
	begin = strstr(begin, RULE) + strlen(RULE);
	end = strstr(begin, RULE);
	if (end)
		*end = '\0';
	ck_assert_str_eq(begin, expected);
}

START_TEST(head)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	check_text(&tree.root, HEAD "\n\n");
	report_add_about(&tree);
	value_add_string(&tree, &tree.root, "ü", "");
	check_text(&tree.root, HEAD
		   "procguard 0.1.0, 2026-11-21T20:00:00Z, host web1, pid 4711, incomplete\n"
		   "cannot read stacks: Yama's scope is 1 (run as root)\n"
		   "cannot read this: so\n"
		   "a JVM: jcmd 4711 Thread.print\n"
		   "\n\n"
		   RULE "====                               ü                                ====\n" RULE "\n");
}
END_TEST

START_TEST(threads)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_all(&tree);
	check_section(&tree.root, " Threads ",
		"cannot read stacks: Yama's scope is 1 (run as root)\n"
		"a JVM: jcmd 4711 Thread.print\n"
		"deadlock: 12 -> 14 -> 12\n"
		"------                         Thread #12                         ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for thread 14, read asleep\n"
		"\n"
		"/src/main.c:12 in main\n"
		"    `run(\"<\\>\");`\n"
		"\n"
		"/lib/libc.so.6+0x8a3f1 in ??\n"
		"    (source not found)\n"
		"\n"
		"------               Threads #14, #15 and 498 more                ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, read asleep\n"
		"\n"
		"/src/pool.c:5 in wait\n"
		"    (source not found)\n"
		"\n"
		"(outer frames are missing: the stack was too long to be copied)\n"
		"\n"
		"------                        Thread #600                         ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, not read: it is in vfork\n"
		"\n"
		"No Traceback!\n"
		"\n");
	check_section(&tree.root, " Green Threads ", "No green threads are known in this process.\n");
}
END_TEST

START_TEST(folded)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *thread = report_add_thread(&tree, value_add_list(&tree, &tree.root, REPORT_THREADS), 5, 3);

	value_add_map(&tree, thread, "stack_trace");
	check_section(&tree.root, " Threads ",
		"------                     Threads #5, #6, #7                     ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, read asleep\n"
		"\nNo Traceback!\n\n");
}
END_TEST

START_TEST(green_threads)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *list = value_add_list(&tree, &tree.root, REPORT_GREEN_THREADS);
	struct value *stack = value_add_map(&tree, value_add_map(&tree, list, NULL), "stack_trace");

	report_add_line(&tree, value_add_list(&tree, stack, "lines"), "/a.py", 7, "f", "x()");
	value_add_string(&tree, stack, "root_exception", "ValueError: no");
	check_section(&tree.root, " Green Threads ",
		"------                        Green Thread                        ------\n"
		"Exception: ValueError: no\n"
		"------------------------------------\n"
		"\n\n"
		"/a.py:7 in f\n"
		"    `x()`\n"
		"\n");
}
END_TEST

/* One that runs, and some with one stack, of which the second has no name. */
START_TEST(registered_green_threads)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *list = value_add_list(&tree, &tree.root, REPORT_GREEN_THREADS), *green, *names, *stack;

	green = value_add_map(&tree, list, NULL);
	value_add_string(&tree, green, "name", "alice");
	value_add_string(&tree, green, "state", "running in thread 12");
	value_add_string(&tree, value_add_map(&tree, green, "stack_trace"), "end", REPORT_IN_THREADS);
	green = value_add_map(&tree, list, NULL);
	value_add_string(&tree, green, "name", "bob");
	names = value_add_list(&tree, green, "names");
	value_add_string(&tree, names, NULL, "bob");
	value_add_null(&tree, names, NULL);
	value_add_string(&tree, green, "state", "waiting");
	stack = value_add_map(&tree, green, "stack_trace");
	value_add_list(&tree, stack, "lines");
	value_add_string(&tree, stack, "end", "not read: its stack is not in memory");
	check_section(&tree.root, " Green Threads ",
		"------                        Green Thread                        ------\n"
		"alice, running in thread 12\n"
		"\n(its frames are those of that thread)\n"
		"\n"
		"------                    Green Threads bob, ?                    ------\n"
		"bob, waiting, not read: its stack is not in memory\n"
		"\nNo Traceback!\n"
		"\n");
}
END_TEST

#define PYTHON_STACK(locals) \
	"\n/srv/app.py:1 in f\n    (source not found)\n" \
	"\n/srv/app.py:2 in f\n    `g()`\n" locals

START_TEST(python)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_python(&tree);
	check_section(&tree.root, " Threads ",
		"cannot read stacks: Yama's scope is 1 (run as root)\n"
		"a JVM: jcmd 4711 Thread.print\n"
		"deadlock: 12 -> 14 -> 12\n"
		"------                        Thread #4712                        ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for the GIL, "
		"ran while it was read: Python's frames may be of several moments, not read\n"
		"Exception: KeyError: id, 7\n"
		"------------------------------------\n"
		"\n"
		PYTHON_STACK("        self (C)\n        n = 5 (int)\n        ... and more\n")
		"\ninterpreter 3, holds the GIL:\n"
		PYTHON_STACK("") "\n(outer frames are missing: it ran meanwhile)\n"
		"\nnative:\n"
		"    /src/main.c:12 in main\n        `run(<\"&\">);`\n"
		"    /lib/libc.so.6+0x8a3f1 in ??\n"
		"    (outer frames are missing: nothing tells who called)\n"
		"\n");
	check_section(&tree.root, " Green Threads ",
		"------                        Green Thread                        ------\n"
		"greenlet 0x7f0c, suspended, in thread 4712, parent 0x7f08\n"
		PYTHON_STACK("") "\n"
		"------                        Green Thread                        ------\n"
		"Task-7, waits for <Future at 0x7f10>, in thread 4712\n"
		PYTHON_STACK("") "\n");
}
END_TEST

/* Without frames, and without a native stack. */
START_TEST(python_that_was_not_read)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *list = value_add_list(&tree, &tree.root, REPORT_THREADS), *thread, *stack;

	thread = report_add_thread(&tree, list, 5, 2);
	stack = value_add_map(&tree, thread, "stack_trace");
	value_add_string(&tree, stack, "end", "not in memory");
	stack = value_add_map(&tree, thread, "native_stack_trace");
	value_add_string(&tree, stack, "end", "not read: it was running, and was not to be stopped");
	check_section(&tree.root, " Threads ",
		"------                       Threads #5, #6                       ------\n"
		"wörk\\xff\\x0a, sleeping, in futex(0x7f0c) wchan futex_do_wait, "
		"not read: it was running, and was not to be stopped\n"
		"\nNo Traceback!\n"
		"\n(its frames are missing: not in memory)\n"
		"\n");
}
END_TEST

START_TEST(keys_and_values)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *map;

	report_add_all(&tree);
	map = value_add_map(&tree, value_add_list(&tree, &tree.root, "Lines"), NULL);
	value_add_int(&tree, value_add_list(&tree, value_add_list(&tree, map, "l"), NULL), NULL, 1);
	check_section(&tree.root, " Package ",
		      "product = None\nvendor = ACME\nversion = 1.0-3\nruns = \n  path = /a\n");
	check_section(&tree.root, " Configuration ",
		      "\ncommand: \n  arguments = \n    z\n    a\n"
		      "\nlimits: \n  9 = \n  item = -5\n  max open files = 1024\n");
	check_section(&tree.root, " Poem ", "roses\n");
	check_section(&tree.root, " Fruit ", "a = 1\nb = True\n");
	check_section(&tree.root, " Lines ", "[dict]\n  l = \n      1\n");
}
END_TEST

START_TEST(processes)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_all(&tree);
	check_section(&tree.root, " Processes ",
		"Process 4711 (under 4710) [ run by: www-data (33), state: sleeping ]\n"
		"    Process 4712 (under 4711) [ run by: www-data (33), state: sleeping ]\n"
		"        Process 4713 (under 4712) [ run by: www-data (33), state: sleeping ]\n"
		"\n");
}
END_TEST

enum { SHAPES = 8 };

/* Fields that the views look for, each of a kind that it should not be. */
static void add_odd(struct value_tree *tree, struct value *in, const char *key)
{
	static const char *const fields[] = { "stack_trace", "lines", "thread_ids", "children", "denied", "notes",
					      "deadlocks", "uids", "read", "end", "filename", "offset", "locals",
					      "native_stack_trace", "interpreters", "python", "root_exception",
					      "waits_for", "parent" };
	struct value *map = value_add_map(tree, in, key);

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		value_add_map(tree, value_add_list(tree, map, fields[i]), NULL);
	value_add_list(tree, map, "thread_id");
	value_add_int(tree, map, "name", 1);
	value_add_map(tree, map, "pid");
}

static void add_shape(struct value_tree *tree, struct value *in, const char *key, int shape)
{
	struct value *into = NULL;

	if (shape == VALUE_BOOL)
		value_add_bool(tree, in, key, true);
	else if (shape == VALUE_INT)
		value_add_int(tree, in, key, -1);
	else if (shape == VALUE_STRING || shape == VALUE_NULL)
		value_add_string(tree, in, key, shape == VALUE_STRING ? "text" : NULL);
	else if (shape == VALUE_LIST || shape == SHAPES - 2)
		into = value_add_list(tree, in, key);
	else
		into = value_add_map(tree, in, key);
	if (shape <= VALUE_MAP)
		return;
	add_odd(tree, into, "odd");
	for (int i = VALUE_NULL; i <= VALUE_MAP; i++)
		add_shape(tree, into, "more", i);
}

START_TEST(other_shapes)
{
	static const char *const titles[] = { "report", REPORT_PACKAGE, REPORT_THREADS, REPORT_GREEN_THREADS,
					      REPORT_PROCESSES, REPORT_CONFIGURATION, "Else" };

	for (int shape = 0; shape < SHAPES; shape++) {
		CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
		CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);

		for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
			add_shape(&tree, &tree.root, titles[i], shape);
		ck_assert_int_eq(report_text(&tree.root, &text), 0);
		ck_assert_ptr_nonnull(strstr(text.data, " Else "));
		buf_reset(&text);
		ck_assert_int_eq(report_text(value_first(&tree.root), &text), 0);
	}
}
END_TEST

START_TEST(no_room)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_all(&tree);
	for (size_t max = 4; max < 3000; max += 13) {
		CLEANUP(buf_done) struct buf text = BUF(max);

		ck_assert_int_eq(buf_adds(&text, "kept"), 0);
		ck_assert_int_eq(report_text(&tree.root, &text), -ENOBUFS);
		ck_assert_str_eq(text.data, "kept");
	}
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tests = tcase_create("report_text");

	if (argc == 2)
		return report_print(argv[1], report_text);
	tcase_add_test(tests, head);
	tcase_add_test(tests, threads);
	tcase_add_test(tests, folded);
	tcase_add_test(tests, green_threads);
	tcase_add_test(tests, registered_green_threads);
	tcase_add_test(tests, python);
	tcase_add_test(tests, python_that_was_not_read);
	tcase_add_test(tests, keys_and_values);
	tcase_add_test(tests, processes);
	tcase_add_test(tests, other_shapes);
	tcase_add_test(tests, no_room);
	return suite_run("report_text", tests);
}
