/* Threads and green threads of a CPython process, as its decoder has told of them. */
#include <check.h>
#include <string.h>

#include "applets/gmr/green.h"
#include "tests/suite.h"
#include "tests/threads_made.h"

static const struct sections_options plain, folded = { .fold = true };

struct python {
	struct made made;
	const struct value *states[CAPTURED_MAX];
	struct value *greens;
};

static void open_python(struct python *p, size_t count)
{
	memset(p, 0, sizeof(*p));
	made_open(&p->made, count);
	p->made.decoded.python.threads = p->states;
	p->made.decoded.python.is_whole = p->made.decoded.python.settled = true;
	p->greens = value_add_list(&p->made.decoded.tree, &p->made.decoded.tree.root, "greens");
	for (size_t i = 0; i < count; i++) {
		made_stack(&p->made, i, "0x1", NULL);
		strcpy(p->made.c.threads[i].comm, "python3");
	}
}

/* LINE 0: no frames. */
static void add_stack(struct python *p, struct value *in, int line, const char *end)
{
	struct value_tree *tree = &p->made.decoded.tree;
	struct value *stack = value_add_map(tree, in, "stack_trace"), *lines = value_add_list(tree, stack, "lines");

	if (line)
		value_add_int(tree, value_add_map(tree, lines, NULL), "line", line);
	value_add_string(tree, stack, "end", end);
	value_add_null(tree, stack, "root_exception");
}

/* What thread INDEX does in an interpreter; its name is NAME. */
static void add_state(struct python *p, size_t index, int interpreter, const char *name, const char *gil, int line)
{
	struct value_tree *tree = &p->made.decoded.tree;
	struct value *state;

	if (!p->states[index])
		p->states[index] = value_add_list(tree, &tree->root, NULL);
	state = value_add_map(tree, (struct value *)p->states[index], NULL);
	value_add_int(tree, state, "interpreter", interpreter);
	value_add_int(tree, state, "ident", 77);
	value_add_string(tree, state, "thread_name", name);
	value_add_string(tree, state, "gil", gil);
	value_add_bool(tree, state, "settled", true);
	add_stack(p, state, line, NULL);
}

/* Of a greenlet that has no parent. */
enum { MAIN = 0x10 };

/* LINE 0: it runs. */
static void add_green(struct python *p, const char *kind, int id, int thread, const char *waits, int line)
{
	struct value_tree *tree = &p->made.decoded.tree;
	struct value *green = value_add_map(tree, p->greens, NULL);

	value_add_string(tree, green, "green", kind);
	value_add_int(tree, green, "id", id);
	value_add_bool(tree, green, "running", !line);
	if (id != MAIN)
		value_add_int(tree, green, "parent", MAIN);
	value_add_int(tree, green, "thread", thread);
	value_add_string(tree, green, "name", *kind == 't' ? "Task" : NULL);
	value_add_string(tree, green, "waits", waits);
	add_stack(p, green, line, NULL);
	p->made.decoded.python.greens = p->greens;
	p->made.decoded.python.green_count++;
}

static const struct value *make_greens(struct python *p, const struct sections_options *options)
{
	const struct registered none = { .count = 0 };

	section_green_threads(&p->made.report, NULL, &none, &p->made.c.capture, &p->made.decoded, options);
	return value_get(&p->made.report.tree.root, REPORT_GREEN_THREADS);
}

static int line_of(const struct value *entry, const char *key)
{
	const struct value *line = value_first(value_get(value_get(entry, key), "lines"));

	return (int)value_int(line, "line", 0);
}

START_TEST(threads)
{
	const struct value *list, *entry;
	struct python p;

	open_python(&p, 3);
	add_state(&p, 0, 0, "Main password=abc", "holds", 5);
	add_state(&p, 2, 0, NULL, NULL, 0); /* runs no Python code */
	list = make_threads(&p.made, &plain);
	entry = item(list, 0);
	ck_assert_str_eq(value_string(entry, "name", ""), "Main password=***");
	ck_assert_str_eq(value_string(entry, "comm", ""), "python3");
	ck_assert_int_eq(value_int(entry, "pthread_id", 0), 77);
	ck_assert_str_eq(value_string(value_get(entry, "python"), "gil", ""), "holds");
	ck_assert_int_eq(line_of(entry, "stack_trace"), 5);
	ck_assert_str_eq(value_string(value_first(value_get(value_get(entry, "native_stack_trace"), "lines")),
				      "address", ""), "0x1");
	entry = item(list, 1);
	ck_assert_ptr_null(value_get(entry, "python"));
	ck_assert_ptr_null(value_get(entry, "comm"));
	ck_assert_ptr_null(value_get(entry, "native_stack_trace"));
	entry = item(list, 2);
	ck_assert_str_eq(value_string(entry, "name", ""), "python3");
	ck_assert_ptr_nonnull(value_get(entry, "python"));
	ck_assert_ptr_null(value_get(entry, "native_stack_trace"));
	ck_assert_str_eq(value_string(value_first(value_get(value_get(entry, "stack_trace"), "lines")), "address", ""),
			 "0x1");
	ck_assert(!p.made.report.incomplete);
	made_done(&p.made);
}
END_TEST

/* The one that runs code comes first, then the main one; one without code is none. */
START_TEST(interpreters)
{
	const struct value *list, *others;
	struct python p;

	open_python(&p, 2);
	add_state(&p, 0, 2, NULL, NULL, 12);
	add_state(&p, 0, 1, NULL, "waits", 11);
	add_state(&p, 0, 0, NULL, NULL, 0);
	add_state(&p, 1, 1, NULL, NULL, 11);
	list = make_threads(&p.made, &folded);
	ck_assert_uint_eq(list->count, 2);
	ck_assert_int_eq(line_of(item(list, 0), "stack_trace"), 11);
	ck_assert_int_eq(value_int(value_get(item(list, 0), "python"), "interpreter_id", 0), 1);
	others = value_get(item(list, 0), "interpreters");
	ck_assert_uint_eq(others->count, 1);
	ck_assert_int_eq(line_of(item(others, 0), "stack_trace"), 12);
	ck_assert_ptr_null(value_get(item(list, 1), "interpreters"));
	made_done(&p.made);
}
END_TEST

/* Both stacks have to be the same, and what else is said. */
START_TEST(fold)
{
	const struct value *list;
	struct python p;

	open_python(&p, 6);
	for (size_t i = 0; i < 6; i++)
		add_state(&p, i, 0, NULL, i == 1 ? "holds" : NULL, i == 2 ? 6 : 5);
	made_stack(&p.made, 3, "0x2", NULL);
	list = make_threads(&p.made, &folded);
	ck_assert_uint_eq(list->count, 4);
	ck_assert_uint_eq(value_get(item(list, 0), "thread_ids")->count, 3);
	made_done(&p.made);
}
END_TEST

START_TEST(torn)
{
	struct python p;

	open_python(&p, 1);
	add_state(&p, 0, 0, NULL, NULL, 5);
	((struct value *)value_get(value_first(p.states[0]), "settled"))->boolean = false;
	make_threads(&p.made, &plain);
	ck_assert(p.made.report.incomplete); /* its native stack is whole */
	ck_assert_uint_eq(p.made.report.notes->count, 0);
	made_done(&p.made);
}
END_TEST

START_TEST(what_is_missing)
{
	struct python p;

	open_python(&p, 1);
	add_state(&p, 0, 0, NULL, NULL, 5);
	p.made.decoded.python.threads_rest = 2;
	strcpy(p.made.decoded.python.why, "so");
	make_threads(&p.made, &plain);
	ck_assert(p.made.report.incomplete);
	ck_assert_uint_eq(p.made.report.notes->count, 2);
	ck_assert_str_eq(value_string(value_first(p.made.report.notes), "text", ""), "Python: so");
	made_done(&p.made);
}
END_TEST

START_TEST(greens)
{
	const struct value *list, *entry;
	struct python p;

	open_python(&p, 2);
	add_green(&p, "greenlet", 0x20, 1, NULL, 5);
	add_green(&p, "task", 0x30, 7, "<Future token=abc>", 5);
	add_green(&p, "task", 0x40, 1, NULL, 0);
	p.made.decoded.python.greens_rest = 1;
	list = make_greens(&p, &plain);
	ck_assert_uint_eq(list->count, 3);
	entry = item(list, 0);
	ck_assert_str_eq(value_string(entry, "name", ""), "greenlet 0x20");
	ck_assert_str_eq(value_string(entry, "kind", ""), "greenlet");
	ck_assert_str_eq(value_string(entry, "state", ""), "suspended");
	ck_assert_str_eq(value_string(entry, "parent", ""), "0x10");
	ck_assert_int_eq(value_int(entry, "thread_id", 0), 1000001);
	ck_assert_int_eq(line_of(entry, "stack_trace"), 5);
	entry = item(list, 2);
	ck_assert_str_eq(value_string(entry, "name", ""), "Task");
	ck_assert_str_eq(value_string(entry, "waits_for", ""), "<Future token=***");
	ck_assert(is_null(entry, "thread_id"));
	entry = item(list, 1);
	ck_assert_str_eq(value_string(entry, "state", ""), "running");
	ck_assert_str_eq(value_string(value_get(entry, "stack_trace"), "end", ""), REPORT_IN_THREADS);
	ck_assert(!p.made.report.incomplete);
	ck_assert_str_eq(value_string(value_first(p.made.report.notes), "text", ""),
			 "greenlets without frames, which are not shown: 1 (running, not started, or finished)");
	made_done(&p.made);
}
END_TEST

START_TEST(fold_greens)
{
	const struct value *list, *names;
	struct python p;

	open_python(&p, 2);
	add_green(&p, "task", 1, 0, "a", 5);
	add_green(&p, "task", 2, 0, "b", 5);
	add_green(&p, "greenlet", 3, 0, NULL, 5);
	add_green(&p, "greenlet", 4, 1, NULL, 5);
	add_green(&p, "greenlet", 5, 1, NULL, 5);
	p.made.decoded.python.settled = false;
	list = make_greens(&p, &folded);
	ck_assert_uint_eq(list->count, 3);
	ck_assert_ptr_null(value_get(item(list, 0), "names"));
	names = value_get(item(list, 1), "names");
	ck_assert_str_eq(item(names, 1)->string, "greenlet 0x5");
	ck_assert_str_eq(value_string(item(list, 1), "parent", ""), "0x10");
	ck_assert_uint_eq(value_get(item(list, 2), "names")->count, 2);
	ck_assert(is_null(item(list, 2), "waits_for"));
	ck_assert(p.made.report.incomplete);
	made_done(&p.made);
}
END_TEST

/* Where the child had no time for them. */
START_TEST(no_greens)
{
	struct python p;

	open_python(&p, 1);
	p.made.decoded.python.has_greens = true;
	p.made.decoded.python.is_whole = false;
	strcpy(p.made.decoded.why, "it ended");
	ck_assert_uint_eq(make_greens(&p, &plain)->count, 0);
	ck_assert(p.made.report.incomplete);
	ck_assert_str_eq(value_string(value_first(p.made.report.notes), "text", ""),
			 "greenlets and tasks could not be read: it ended");
	made_done(&p.made);
}
END_TEST

START_TEST(greens_in_order)
{
	static const struct {
		const char *kind;
		int id, thread;
	} given[] = {
		{ "task", 1, -1 }, { "task", 9, 0 }, { "greenlet", 7, 1 }, { "greenlet", 8, 0 }, { "task", 2, 1 },
		{ "greenlet", MAIN, 1 }, { "greenlet", 6, 1 }, { "task", 5, 0 },
	};
	static const char *const ids[] = { "0x10", "0x8", "0x6", "0x7", "0x5", "0x9", "0x2", "0x1" };
	const struct value *list;
	struct python p;

	open_python(&p, 2);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		add_green(&p, given[i].kind, given[i].id, given[i].thread, NULL, 5);
	list = make_greens(&p, &plain);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ck_assert_str_eq(value_string(item(list, i), "id", ""), ids[i]);
	ck_assert_str_eq(value_string(item(list, 0), "name", ""), "main greenlet 0x10");
	made_done(&p.made);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, threads);
	tcase_add_test(t, interpreters);
	tcase_add_test(t, fold);
	tcase_add_test(t, torn);
	tcase_add_test(t, what_is_missing);
	tcase_add_test(t, greens);
	tcase_add_test(t, fold_greens);
	tcase_add_test(t, no_greens);
	tcase_add_test(t, greens_in_order);
	return suite_run("threads_python", t);
}
