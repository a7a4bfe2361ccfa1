/* What the parent takes of a decoder's messages: only what is expected, in bounds and new. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/decode_private.h"
#include "tests/suite.h"

enum { THREADS = 4 };

static struct decoded decoded;
static const struct value *stacks[THREADS], *pythons[THREADS];
static size_t again[THREADS + 1], again_count;

static void begin(void)
{
	memset(stacks, 0, sizeof(stacks));
	memset(pythons, 0, sizeof(pythons));
	decoded = (struct decoded){ .tree = VALUE_TREE(DECODE_TREE_MAX), .stacks = stacks, .count = THREADS };
	decoded.python.threads = pythons;
	value_add_list(&decoded.tree, &decoded.tree.root, "stacks");
	again_count = 0;
}

static void end(void)
{
	value_tree_done(&decoded.tree);
}

/* Take what TREE's root holds as a message. */
static int take(struct value_tree *tree)
{
	struct buf message = BUF(DECODE_MESSAGE_MAX);
	enum decode_kind kind;
	int r;

	ck_assert_int_eq(tree->error, 0);
	ck_assert_int_eq(value_pack(&tree->root, &message), 0);
	r = decode_message(&decoded, message.data, message.len, &kind, again, &again_count);
	buf_done(&message);
	value_tree_done(tree);
	return r;
}

#define TREE VALUE_TREE(64 << 20)

static int take_stack(int64_t index, size_t lines)
{
	struct value_tree tree = TREE;
	struct value *list;

	value_add_int(&tree, &tree.root, "index", index);
	list = value_add_list(&tree, &tree.root, "lines");
	while (lines-- > 0)
		value_add_string(&tree, value_add_map(&tree, list, NULL), "name", "f");
	return take(&tree);
}

START_TEST(stacks_of_threads)
{
	ck_assert_int_eq(take_stack(0, 3), 0);
	ck_assert_uint_eq(value_get(stacks[0], "lines")->count, 3);
	ck_assert_int_eq(take_stack(0, 3), -EBADMSG); /* a second time */
	ck_assert_int_eq(take_stack(THREADS, 3), -EBADMSG);
	ck_assert_int_eq(take_stack(-1, 3), -EBADMSG);
	ck_assert_int_eq(take_stack(INT64_MAX, 3), -EBADMSG);
	ck_assert_int_eq(take_stack(INT64_MIN, 3), -EBADMSG);
	ck_assert_int_eq(take_stack(1, DECODE_FRAMES_MAX), 0);
	ck_assert_int_eq(take_stack(2, DECODE_FRAMES_MAX + 1), -EBADMSG);
	ck_assert_int_eq(take_stack(3, 0), 0);
	ck_assert_ptr_null(stacks[2]);
}
END_TEST

/* Only the fields that are known, of their kinds, and no longer than they should be. */
START_TEST(fields_of_a_frame)
{
	struct value_tree tree = TREE;
	struct value *line, *nested;
	const struct value *got;
	char *text = malloc(20001);

	memset(text, 'x', 20000);
	text[20000] = '\0';
	value_add_int(&tree, &tree.root, "index", 2);
	line = value_add_map(&tree, value_add_list(&tree, &tree.root, "lines"), NULL);
	value_add_string(&tree, line, "evil", "\033[31m");
	value_add_string(&tree, line, "line", "not a number");
	value_add_string(&tree, line, "name", text);
	value_add_int(&tree, line, "filename", 7);
	nested = value_add_list(&tree, line, "code");
	for (int i = 0; i < 100; i++)
		nested = value_add_list(&tree, nested, NULL);
	value_add_int(&tree, line, "offset", 4711);
	value_add_bool(&tree, &tree.root, "end", true);
	ck_assert_int_eq(take(&tree), 0);
	free(text);
	got = value_first(value_get(stacks[2], "lines"));
	ck_assert_uint_eq(got->count, 7);
	ck_assert_ptr_null(value_get(got, "evil"));
	ck_assert_int_eq(value_get(got, "line")->kind, VALUE_NULL);
	ck_assert_int_eq(value_get(got, "filename")->kind, VALUE_NULL);
	ck_assert_int_eq(value_get(got, "code")->kind, VALUE_NULL);
	ck_assert_uint_eq(value_get(got, "name")->count, 8192);
	ck_assert_int_eq(value_int(got, "offset", 0), 4711);
	ck_assert_int_eq(value_get(stacks[2], "end")->kind, VALUE_NULL);
}
END_TEST

static int take_again(size_t count, const int64_t *indices)
{
	struct value_tree tree = TREE;
	struct value *list = value_add_list(&tree, &tree.root, "again");

	for (size_t i = 0; i < count; i++)
		value_add_int(&tree, list, NULL, indices[i]);
	return take(&tree);
}

START_TEST(again_by_index)
{
	ck_assert_int_eq(take_again(3, (int64_t[]){ 0, 2, 3 }), 0);
	ck_assert_uint_eq(again_count, 3);
	ck_assert_uint_eq(again[2], 3);
	ck_assert_int_eq(take_again(2, (int64_t[]){ 2, 2 }), -EBADMSG);
	ck_assert_int_eq(take_again(2, (int64_t[]){ 2, 1 }), -EBADMSG);
	ck_assert_int_eq(take_again(1, (int64_t[]){ THREADS }), -EBADMSG);
	ck_assert_int_eq(take_again(1, (int64_t[]){ -1 }), -EBADMSG);
	ck_assert_int_eq(take_again(5, (int64_t[]){ 0, 1, 2, 3, 4 }), -EBADMSG);
	ck_assert_int_eq(take_stack(1, 1), 0);
	ck_assert_int_eq(take_again(1, (int64_t[]){ 1 }), -EBADMSG); /* its stack has come */
}
END_TEST

static int take_text(const char *key, const char *text)
{
	struct value_tree tree = TREE;

	value_add_string(&tree, &tree.root, key, text);
	return take(&tree);
}

START_TEST(texts)
{
	struct value_tree tree = TREE;
	struct value *deep;

	ck_assert_int_eq(take_text("why", "no libdw"), 0);
	ck_assert_str_eq(decoded.why, "no libdw");
	ck_assert_int_eq(take_text("why", "again"), -EBADMSG);
	ck_assert_int_eq(take_text("why", NULL), -EBADMSG);
	ck_assert_int_eq(take_text("unheard of", "x"), -EBADMSG);
	ck_assert_int_eq(take_text("package", "x"), -EBADMSG);
	ck_assert_int_eq(take_text("index", "0"), -EBADMSG);
	ck_assert_int_eq(take_text("again", "0"), -EBADMSG);
	deep = value_add_map(&tree, &tree.root, "package");
	value_add_string(&tree, deep, "product", "nginx");
	for (int i = 0; i < 100; i++)
		deep = value_add_map(&tree, deep, "interpreter");
	ck_assert_int_eq(take(&tree), 0);
	ck_assert_str_eq(value_string(value_get(&decoded.tree.root, "package"), "product", ""), "nginx");
	tree = TREE;
	value_add_map(&tree, &tree.root, "package");
	ck_assert_int_eq(take(&tree), -EBADMSG); /* a second time */
}
END_TEST

/* --- Python --- */

static void add_lines(struct value_tree *tree, size_t count, size_t locals)
{
	struct value *lines = value_add_list(tree, &tree->root, "lines"), *line, *list;

	while (count-- > 0) {
		line = value_add_map(tree, lines, NULL);
		value_add_string(tree, line, "name", "f");
		value_add_string(tree, line, "qualname", "C.f");
		value_add_string(tree, line, "evil", "x");
		list = locals ? value_add_list(tree, line, "locals") : NULL;
		for (size_t i = 0; i < locals; i++)
			value_add_string(tree, value_add_map(tree, list, NULL), "name", "x");
		value_add_bool(tree, line, "locals_cut", locals > 0);
	}
}

static int take_python(int64_t index, size_t lines, size_t locals)
{
	struct value_tree tree = TREE;
	struct value *exception;

	value_add_int(&tree, &tree.root, "python", index);
	value_add_int(&tree, &tree.root, "interpreter", 2);
	value_add_string(&tree, &tree.root, "ident", "none");
	value_add_string(&tree, &tree.root, "thread_name", "worker");
	value_add_string(&tree, &tree.root, "gil", index ? "holds" : "eats");
	value_add_bool(&tree, &tree.root, "settled", true);
	add_lines(&tree, lines, locals);
	value_add_string(&tree, &tree.root, "end", "it ran meanwhile");
	exception = value_add_map(&tree, &tree.root, "root_exception");
	value_add_string(&tree, exception, "type", "KeyError");
	value_add_map(&tree, exception, "line");
	return take(&tree);
}

START_TEST(threads_of_python)
{
	const struct value *state, *line, *exception;

	ck_assert_int_eq(take_python(1, 2, 1), 0);
	ck_assert_int_eq(take_python(1, 0, 0), 0); /* in another interpreter */
	ck_assert_uint_eq(pythons[1]->count, 2);
	state = value_first(pythons[1]);
	ck_assert_int_eq(value_int(state, "interpreter", 0), 2);
	ck_assert_int_eq(value_get(state, "ident")->kind, VALUE_NULL);
	ck_assert_str_eq(value_string(state, "thread_name", ""), "worker");
	ck_assert_str_eq(value_string(state, "gil", ""), "holds");
	ck_assert(value_bool(state, "settled", false));
	line = value_first(value_get(value_get(state, "stack_trace"), "lines"));
	ck_assert_uint_eq(line->count, 10);
	ck_assert_str_eq(value_string(line, "qualname", ""), "C.f");
	ck_assert(value_bool(line, "locals_cut", false));
	ck_assert_uint_eq(value_first(value_get(line, "locals"))->count, 3);
	exception = value_get(value_get(state, "stack_trace"), "root_exception");
	ck_assert_uint_eq(exception->count, 4);
	ck_assert_str_eq(value_string(exception, "type", ""), "KeyError");
	ck_assert_int_eq(value_get(exception, "line")->kind, VALUE_NULL);
	ck_assert_int_eq(take_python(0, DECODE_PYTHON_FRAMES_MAX, 0), 0);
	ck_assert_int_eq(value_get(value_first(pythons[0]), "gil")->kind, VALUE_NULL);
	ck_assert_int_eq(take_python(2, DECODE_PYTHON_FRAMES_MAX + 1, 0), -EBADMSG);
	ck_assert_int_eq(take_python(2, 1, DECODE_LOCALS_MAX + 1), -EBADMSG);
	ck_assert_ptr_null(pythons[2]);
	ck_assert_int_eq(take_python(THREADS, 1, 0), -EBADMSG);
	ck_assert_int_eq(take_python(-1, 1, 0), -EBADMSG);
	for (int i = 0; i < DECODE_STATES_MAX; i++)
		ck_assert_int_eq(take_python(3, 0, 0), 0);
	ck_assert_int_eq(take_python(3, 0, 0), -EBADMSG);
}
END_TEST

static int take_green(const char *kind, int64_t thread, size_t lines)
{
	struct value_tree tree = TREE;

	value_add_string(&tree, &tree.root, "green", kind);
	value_add_int(&tree, &tree.root, "id", 4711);
	value_add_string(&tree, &tree.root, "parent", "none");
	value_add_int(&tree, &tree.root, "thread", thread);
	add_lines(&tree, lines, 0);
	return take(&tree);
}

static int take_rest(const char *why)
{
	struct value_tree tree = TREE;
	struct value *rest = value_add_map(&tree, &tree.root, "python_rest");

	value_add_int(&tree, rest, "threads", -5);
	value_add_int(&tree, rest, "greens", 7);
	value_add_bool(&tree, rest, "settled", true);
	value_add_string(&tree, rest, "why", why);
	return take(&tree);
}

START_TEST(greens_of_python)
{
	char why[1000];

	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	ck_assert_int_eq(take_green("greenlet", 0, 1), 0);
	ck_assert_int_eq(take_green("task", THREADS - 1, 0), 0);
	ck_assert_uint_eq(decoded.python.green_count, 2);
	ck_assert_str_eq(value_string(value_first(decoded.python.greens), "green", ""), "greenlet");
	ck_assert_int_eq(value_int(value_first(decoded.python.greens), "id", 0), 4711);
	ck_assert_int_eq(value_get(value_first(decoded.python.greens), "parent")->kind, VALUE_NULL);
	ck_assert_int_eq(take_green("gnome", 0, 1), -EBADMSG);
	ck_assert_int_eq(take_green("task", THREADS, 1), -EBADMSG);
	ck_assert_int_eq(take_green("task", 0, DECODE_PYTHON_FRAMES_MAX + 1), -EBADMSG);
	ck_assert_uint_eq(decoded.python.green_count, 2);
	ck_assert_int_eq(take_text("python_rest", "x"), -EBADMSG);
	ck_assert_int_eq(take_rest(why), 0);
	ck_assert(decoded.python.is_whole && decoded.python.settled);
	ck_assert_uint_eq(decoded.python.threads_rest, 0);
	ck_assert_uint_eq(decoded.python.greens_rest, 7);
	ck_assert_uint_eq(strlen(decoded.python.why), sizeof(decoded.python.why) - 1);
	ck_assert_str_eq(decoded.python.greens_why, "");
	ck_assert_int_eq(take_rest(""), -EBADMSG); /* a second time, and nothing behind it */
	ck_assert_int_eq(take_green("task", 0, 1), -EBADMSG);
	ck_assert_int_eq(take_python(0, 1, 0), -EBADMSG);
}
END_TEST

START_TEST(bytes)
{
	static const char *const wrong[] = { "", "\xff\xff\xff\xff", "{\"done\":true}" };
	enum decode_kind kind;

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(decode_message(&decoded, wrong[i], strlen(wrong[i]), &kind, again, &again_count),
				 -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, stacks_of_threads);
	tcase_add_test(t, fields_of_a_frame);
	tcase_add_test(t, again_by_index);
	tcase_add_test(t, texts);
	tcase_add_test(t, threads_of_python);
	tcase_add_test(t, greens_of_python);
	tcase_add_test(t, bytes);
	return suite_run("decode_message", t);
}
