/* Packed values: there and back, and bytes that nobody has packed. */
#include "core/value.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/report.h"
#include "tests/suite.h"

enum { ROOMY = 1 << 24 };

static struct buf packed_report(void)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	struct buf bytes = BUF(ROOMY);

	report_add_all(&tree);
	ck_assert_int_eq(tree.error, 0);
	ck_assert_int_eq(value_pack(&tree.root, &bytes), 0);
	return bytes;
}

/* Unpack a copy of exactly these bytes: one that is read behind them is found. */
static int unpack(struct value_tree *tree, const char *data, size_t len)
{
	CLEANUP(free_done) char *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, len);
	return value_unpack(tree, &tree->root, "u", copy, len);
}

START_TEST(there_and_back)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY), again = VALUE_TREE(ROOMY);
	CLEANUP(buf_done) struct buf bytes = packed_report();

	report_add_all(&tree);
	ck_assert_int_eq(unpack(&again, bytes.data, bytes.len), 0);
	ck_assert(value_equal(&tree.root, value_get(&again.root, "u")));
}
END_TEST

START_TEST(cut_short)
{
	CLEANUP(buf_done) struct buf bytes = packed_report();
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);

	for (size_t len = 0; len < bytes.len; len++)
		ck_assert_int_eq(unpack(&tree, bytes.data, len), -EBADMSG);
	ck_assert_int_eq(buf_add(&bytes, "n", 1), 0);
	ck_assert_int_eq(unpack(&tree, bytes.data, bytes.len), -EBADMSG);
	ck_assert_uint_eq(tree.root.count, 0);
}
END_TEST

/* The cap holds, whatever is unpacked, and no error is lost. */
START_TEST(unpacked_into_little)
{
	CLEANUP(buf_done) struct buf bytes = packed_report();

	for (size_t max = 0; max < 20000; max += 97) {
		CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(max);
		int r = unpack(&tree, bytes.data, bytes.len);

		ck_assert(r == 0 || r == -ENOBUFS);
		ck_assert_int_eq(r, tree.error);
		ck_assert_uint_le(tree.bytes, max);
	}
}
END_TEST

START_TEST(packed_into_little)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	CLEANUP(buf_done) struct buf whole = packed_report();

	report_add_all(&tree);
	for (size_t max = 4; max < whole.len; max += 11) {
		CLEANUP(buf_done) struct buf bytes = BUF(max);

		ck_assert_int_eq(buf_adds(&bytes, "kept"), 0);
		ck_assert_int_eq(value_pack(&tree.root, &bytes), -ENOBUFS);
		ck_assert_str_eq(bytes.data, "kept");
	}
}
END_TEST

/* A list (or a map) in a list, LEVELS times, and a number in the innermost. */
static void add_nested(struct buf *ret, int levels)
{
	const uint32_t one = 1, two = 2;
	const int64_t number = 7;

	for (int i = 0; i < levels; i++) {
		ck_assert_int_eq(buf_add(ret, "l", 1), 0);
		ck_assert_int_eq(buf_add(ret, i ? &one : &two, sizeof(one)), 0);
	}
	ck_assert_int_eq(buf_add(ret, "i", 1), 0);
	ck_assert_int_eq(buf_add(ret, &number, sizeof(number)), 0);
	ck_assert_int_eq(buf_add(ret, "t", 1), 0);
}

START_TEST(depth)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	CLEANUP(buf_done) struct buf bytes = BUF(ROOMY);

	add_nested(&bytes, VALUE_DEPTH_MAX + 1);
	ck_assert_int_eq(unpack(&tree, bytes.data, bytes.len), -EBADMSG);
	buf_reset(&bytes);
	add_nested(&bytes, VALUE_DEPTH_MAX); /* as a root; below one it is too deep, and what follows still comes */
	ck_assert_int_eq(unpack(&tree, bytes.data, bytes.len), -ELOOP);
	ck_assert_uint_eq(tree.root.count, 1);
	ck_assert_uint_eq(tree.root.items.first->count, 2);
	ck_assert(tree.root.items.first->items.last->boolean);
}
END_TEST

START_TEST(never_packed)
{
	static const struct { const char *bytes; size_t len; } broken[] = {
		{ "x", 1 }, { "i1234567", 8 }, { "s\xff\xff\xff\xff", 5 }, { "l\xff\xff\xff\xffnn", 7 },
		{ "m\1\0\0\0\1\0\0\0", 9 }, { "m\1\0\0\0\1\0\0\0kx", 11 }, { "m\1\0\0\0\1\0\0\0\0n", 11 }, { "nn", 2 },
	};
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		ck_assert_int_eq(unpack(&tree, broken[i].bytes, broken[i].len), -EBADMSG);
	ck_assert_ptr_null(tree.chunks);
}
END_TEST

START_TEST(made_readable)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(ROOMY);
	const struct value *map;
	const uint32_t one = 1, two = 2;
	char bytes[] = "m" "...." "...." "\n\xff" "s" "...." "\0\x1b";

	memcpy(bytes + 1, &one, sizeof(one));
	memcpy(bytes + 5, &two, sizeof(two));
	memcpy(bytes + 12, &two, sizeof(two));
	ck_assert_int_eq(unpack(&tree, bytes, sizeof(bytes) - 1), 0);
	map = value_get(&tree.root, "u");
	ck_assert_str_eq(value_string(map, "\\x0a\\xff", ""), "\\x00\\x1b");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("value_pack");

	tcase_add_test(tests, there_and_back);
	tcase_add_test(tests, cut_short);
	tcase_add_test(tests, unpacked_into_little);
	tcase_add_test(tests, packed_into_little);
	tcase_add_test(tests, depth);
	tcase_add_test(tests, never_packed);
	tcase_add_test(tests, made_readable);
	return suite_run("value_pack", tests);
}
