/* What the parent takes of a decoder's messages: only what is expected, in bounds and new. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/decode_private.h"
#include "tests/suite.h"

enum { THREADS = 4 };

static struct decoded decoded;
static const struct value *stacks[THREADS];
static size_t again[THREADS + 1], again_count;

static void begin(void)
{
	memset(stacks, 0, sizeof(stacks));
	decoded = (struct decoded){ .tree = VALUE_TREE(DECODE_TREE_MAX), .stacks = stacks, .count = THREADS };
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
	tcase_add_test(t, bytes);
	return suite_run("decode_message", t);
}
