/* Trees of values: what is added and found, readable strings, the cap, the depth, copies. */
#include "core/value.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

enum { ROOMY = 1 << 24 };

START_TEST(all_kinds)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct value *map = value_add_map(&tree, &tree.root, "map");
	struct value *list = value_add_list(&tree, map, "list");

	value_add_null(&tree, map, "null");
	value_add_bool(&tree, map, "yes", true);
	value_add_int(&tree, map, "least", INT64_MIN);
	value_add_string(&tree, map, "text", "abc");
	value_add_string(&tree, map, "no text", NULL);
	value_add_bytes(&tree, map, "bytes", "ab\0cd", 4);
	value_add_bytes(&tree, map, "nothing", NULL, 0);
	value_add_format(&tree, map, "format", "%d-%s", 7, "x");
	value_add_int(&tree, list, NULL, 1);
	value_add_int(&tree, list, "no key in a list", 2);

	ck_assert_int_eq(tree.error, 0);
	ck_assert_uint_eq(tree.root.count, 1);
	ck_assert_uint_eq(map->count, 9);
	ck_assert_ptr_eq(value_first(&tree.root), map);
	ck_assert_int_eq(value_get(map, "null")->kind, VALUE_NULL);
	ck_assert(value_bool(map, "yes", false));
	ck_assert_int_eq(value_int(map, "least", 0), INT64_MIN);
	ck_assert_str_eq(value_string(map, "text", ""), "abc");
	ck_assert_int_eq(value_get(map, "no text")->kind, VALUE_NULL);
	ck_assert_str_eq(value_string(map, "bytes", ""), "ab\\x00c");
	ck_assert_uint_eq(value_get(map, "bytes")->count, 7);
	ck_assert_str_eq(value_string(map, "nothing", "?"), "");
	ck_assert_str_eq(value_string(map, "format", ""), "7-x");
	ck_assert_uint_eq(list->count, 2);
	ck_assert_int_eq(value_first(list)->next->integer, 2);
	ck_assert_ptr_null(value_first(list)->next->key);
	ck_assert_ptr_null(value_first(list)->next->next);
}
END_TEST

START_TEST(nothing_where_nothing_is)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct value *number;

	value_add_int(&tree, &tree.root, "n", 5);
	number = tree.root.items.first;
	ck_assert_ptr_null(value_add_map(&tree, NULL, "x"));
	ck_assert_ptr_null(value_add_map(&tree, number, "x"));
	ck_assert_ptr_null(value_add_copy(&tree, &tree.root, "x", NULL));
	value_add_format(&tree, NULL, "x", "%d", 1);
	ck_assert_int_eq(tree.error, 0);
	ck_assert_uint_eq(tree.root.count, 1);
	ck_assert_ptr_null(value_get(NULL, "x"));
	ck_assert_ptr_null(value_get(number, "x"));
	ck_assert_ptr_null(value_get(&tree.root, "x"));
	ck_assert_ptr_null(value_first(NULL));
	ck_assert_ptr_null(value_first(number));
	ck_assert_str_eq(value_string(&tree.root, "n", "none"), "none");
	ck_assert_int_eq(value_int(&tree.root, "x", 9), 9);
	ck_assert(value_bool(&tree.root, "n", true));
	value_tree_done(NULL);
}
END_TEST

START_TEST(readable)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);

	value_add_string(&tree, &tree.root, "k\n\xfe", "a\\b\x1b[m\xc2\x9b ö\x7f");
	ck_assert_str_eq(tree.root.items.first->key, "k\\x0a\\xfe");
	ck_assert_str_eq(tree.root.items.first->string, "a\\b\\x1b[m\\xc2\\x9b ö\\x7f");
	ck_assert_uint_eq(tree.root.items.first->count, strlen(tree.root.items.first->string));
}
END_TEST

/* At each cap: never more than that, and what is there can be walked. */
START_TEST(cap)
{
	for (size_t max = 0; max < 20000; max += 37) {
		CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(max);
		struct value *list = value_add_list(&tree, &tree.root, "list");
		size_t n = 0;

		for (int i = 0; i < 300; i++)
			value_add_format(&tree, list, NULL, i % 3 ? "%d: twenty bytes of text" : "%d\x01", i);
		ck_assert_uint_le(tree.bytes, max);
		ck_assert(tree.error == -ENOBUFS || (max > 18000 && tree.error == 0));
		for (const struct value *v = value_first(list); v; v = v->next, n++)
			ck_assert_ptr_nonnull(v->string);
		ck_assert(!list || n == list->count);
	}
}
END_TEST

/* Equal strings are kept once, also where one is the beginning of another. */
START_TEST(equal_strings)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct value *list = value_add_list(&tree, &tree.root, "l");
	const char *const texts[] = { "", "a", "ab", "a\n", "a\\x0a" };

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
			value_add_bytes(&tree, list, NULL, texts[i], strlen(texts[i]));
	ck_assert_ptr_eq(list->items.first->string, list->items.first->next->next->next->next->next->string);
	for (const struct value *v = value_first(list); v; v = v->next)
		ck_assert_uint_eq(v->count, strlen(v->string));
	ck_assert_str_eq(list->items.first->next->next->string, "ab");
	ck_assert_str_eq(list->items.last->string, "a\\x0a");
	for (int i = 0; i < 20000; i++)
		value_add_format(&tree, list, NULL, "%d", i);
	for (const struct value *v = list->items.first->next->next; v; v = v->next)
		ck_assert_uint_eq(v->count, strlen(v->string));
	ck_assert_str_eq(list->items.last->string, "19999");
}
END_TEST

START_TEST(full_stays_full)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(6000);
	char large[8000];

	memset(large, 'x', sizeof(large));
	value_add_int(&tree, &tree.root, "before", 1);
	value_add_bytes(&tree, &tree.root, "large", large, sizeof(large));
	ck_assert_int_eq(tree.error, -ENOBUFS);
	value_add_int(&tree, &tree.root, "after", 1);
	ck_assert_uint_eq(tree.root.count, 1);
	value_tree_done(&tree);
	ck_assert_uint_eq(tree.bytes, 0);
	value_add_int(&tree, &tree.root, "anew", 1);
	ck_assert_int_eq(value_int(&tree.root, "anew", 0), 1);
}
END_TEST

START_TEST(depth)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct value *in = &tree.root;
	int deep = 0;

	for (struct value *next = in; next; in = next, deep++)
		next = value_add_list(&tree, in, "l");
	ck_assert_int_eq(deep, VALUE_DEPTH_MAX + 1);
	ck_assert_int_eq(tree.error, -ELOOP);
	value_add_int(&tree, &tree.root, "flat", 3); /* the rest still comes */
	ck_assert_int_eq(value_int(&tree.root, "flat", 0), 3);
	value_add_string(&tree, &tree.root, "control", "\n");
	ck_assert_str_eq(value_string(&tree.root, "control", ""), "\\x0a");
}
END_TEST

START_TEST(copies)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	CLEANUP(value_tree_done) struct value_tree other = VALUE_TREE(ROOMY);
	struct value *map = value_add_map(&tree, &tree.root, "map"), *copy, *last = NULL;

	value_add_string(&tree, map, "text", "a\\x\n");
	value_add_bool(&tree, map, "yes", true);
	value_add_int(&tree, value_add_list(&tree, map, "list"), NULL, -1);
	copy = value_add_copy(&other, &other.root, "copy", map);
	ck_assert_str_eq(copy->key, "copy");
	ck_assert(value_equal(map, copy));
	value_add_copy(&tree, map, "self", &tree.root); /* what holds the place */
	ck_assert_uint_eq(map->count, 4);
	ck_assert(value_equal(value_get(value_get(map, "self"), "map"), copy));
	ck_assert(!value_equal(map, copy));
	for (int i = 0; i < VALUE_DEPTH_MAX; i++) {
		struct value *in = value_add_list(&other, last ? last : &other.root, "deep");

		last = in ? in : last;
	}
	ck_assert_int_eq(other.error, 0);
	ck_assert_ptr_nonnull(value_add_copy(&tree, map, "cut", value_get(&other.root, "deep")));
	ck_assert_int_eq(tree.error, -ELOOP);
}
END_TEST

START_TEST(equal)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct value *list = value_add_list(&tree, &tree.root, "l"), *same = value_add_list(&tree, &tree.root, "m");
	const struct value *item;

	value_add_int(&tree, list, NULL, 0);
	value_add_bool(&tree, list, NULL, false);
	value_add_null(&tree, list, NULL);
	value_add_string(&tree, list, NULL, "");
	value_add_map(&tree, list, NULL);
	value_add_list(&tree, list, NULL);
	for (item = value_first(list); item; item = item->next) {
		ck_assert(!value_equal(list, same));
		value_add_copy(&tree, same, NULL, item);
		for (const struct value *b = value_first(list); b; b = b->next)
			ck_assert(value_equal(item, b) == (item == b));
	}
	ck_assert(value_equal(list, same));
	ck_assert(value_equal(NULL, NULL));
	ck_assert(!value_equal(list, NULL));
}
END_TEST

/* Lines and columns stay, whatever is no text does not. */
START_TEST(lines)
{
	struct value_tree tree = VALUE_TREE(1 << 20);
	static const char text[] = "a\n\tb\r\n\x1b\xff\0";

	value_add_text(&tree, &tree.root, "lines", text, sizeof(text) - 1);
	value_add_text(&tree, &tree.root, "empty", NULL, 0);
	ck_assert_str_eq(value_string(&tree.root, "lines", ""), "a\n\tb\\x0d\n\\x1b\\xff\\x00");
	ck_assert_str_eq(value_string(&tree.root, "empty", "none"), "");
	ck_assert_uint_eq(value_get(&tree.root, "lines")->count, strlen(value_string(&tree.root, "lines", "")));
	value_add_copy(&tree, &tree.root, "copy", value_get(&tree.root, "lines"));
	ck_assert_str_eq(value_string(&tree.root, "copy", ""), value_string(&tree.root, "lines", ""));
	value_tree_done(&tree);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("value");

	tcase_add_test(tests, all_kinds);
	tcase_add_test(tests, nothing_where_nothing_is);
	tcase_add_test(tests, readable);
	tcase_add_test(tests, cap);
	tcase_add_test(tests, equal_strings);
	tcase_add_test(tests, full_stays_full);
	tcase_add_test(tests, depth);
	tcase_add_test(tests, copies);
	tcase_add_test(tests, equal);
	tcase_add_test(tests, lines);
	return suite_run("value", tests);
}
