/* test_python_object.c: types, integers, dictionaries, in a memory made by hand, as each version has it. */
#include <errno.h>
#include <string.h>

#include "tests/python_fake.h"

enum { PAIRS_MAX = 8 };

START_TEST(types)
{
	uint64_t at, found = 7;
	char name[8] = "before";

	begin(_i);
	at = object(type("a.Name.that.is.long", 0), 16);
	set(BASE + MEMORY_SIZE - 2, 'x', 1); /* the last of what there is */
	set(object_type + python.layout.type.name, BASE + MEMORY_SIZE - 2, 8);
	publish();
	ck_assert_int_eq(python_type_of(&python, at, &found), 0);
	ck_assert_int_eq(python_type_name(&python, found, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "a.Name.");
	ck_assert_int_eq(python_type_name(&python, object_type, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "x");
	ck_assert_int_eq(python_type_name(&python, 0, name, sizeof(name)), -EBADMSG);
	ck_assert_int_lt(python_type_of(&python, 0x7fff00000000, &found), 0);
	ck_assert_str_eq(name, "x");
}
END_TEST

static void check_integer(uint64_t at, int expected_r, int64_t expected, uint64_t expected_bits)
{
	int64_t number = 77;
	uint64_t bits = 77;

	ck_assert_int_eq(python_integer(&python, at, &number), expected_r);
	ck_assert_int_eq(number, expected_r == 0 ? expected : 77);
	ck_assert_int_eq(python_integer_bits(&python, at, &bits), expected_r == -EBADMSG ? -EBADMSG : 0);
	ck_assert_uint_eq(bits, expected_r == -EBADMSG ? 77 : expected_bits);
}

START_TEST(integers)
{
	uint64_t zero, small, negative, most, least, over, bad, str;

	begin(_i);
	zero = integer(false, 0, 0, 0, 0);
	small = integer(false, 1, 42, 0, 0);
	negative = integer(true, 2, 1, 1, 0);
	most = integer(false, 3, (1 << 30) - 1, (1 << 30) - 1, 7);
	least = integer(true, 3, 0, 0, 8);
	over = integer(false, 3, 0, 0, 8);
	bad = integer(false, 1, 1U << 30, 0, 0);
	str = text("12");
	publish();
	check_integer(zero, 0, 0, 0);
	check_integer(small, 0, 42, 6);
	check_integer(negative, 0, -(INT64_C(1) << 30) - 1, 31);
	check_integer(most, 0, INT64_MAX, 63);
	check_integer(least, 0, INT64_MIN, 64);
	check_integer(over, -ERANGE, 0, 64);
	check_integer(bad, -EBADMSG, 0, 0);
	check_integer(str, -EBADMSG, 0, 0);
}
END_TEST

static int count_pair(uint64_t key, uint64_t value, void *context)
{
	size_t *count = context;

	ck_assert(key && value);
	return ++*count == PAIRS_MAX ? 99 : 0;
}

static void check_dict(uint64_t at, const char *key, int expected_r, uint64_t expected, size_t expected_count)
{
	uint64_t found = 77;
	size_t count = 0;

	ck_assert_int_eq(python_dict_get(&python, at, key, &found), expected_r);
	ck_assert_uint_eq(found, expected_r == 0 ? expected : 77);
	ck_assert_int_eq(python_dict_each(&python, at, count_pair, &count), expected_count == PAIRS_MAX ? 99 : 0);
	ck_assert_uint_eq(count, expected_count);
}

START_TEST(dictionaries)
{
	uint64_t combined, general, split, wide, empty, one = 0;

	begin(_i);
	one = integer(false, 1, 1, 0, 0);
	const uint64_t pairs[][2] = { { text("first"), one }, { 0, 0 }, { text("second"), str_type },
				      { text("deleted"), 0 } };
	const uint64_t mixed[][2] = { { one, one }, { text("second"), str_type } };
	uint64_t many[PAIRS_MAX + 1][2];

	for (size_t i = 0; i < PAIRS_MAX + 1; i++)
		memcpy(many[i], pairs[0], sizeof(many[i]));
	combined = dict(keys(3, false, 4, pairs), 0);
	general = dict(keys(3, true, 2, mixed), 0);
	split = dict(keys(3, false, 2, mixed), values(0, one));
	wide = dict(keys(9, false, PAIRS_MAX + 1, (const uint64_t(*)[2])many), 0);
	empty = dict(keys(0, false, 0, NULL), 0);
	publish();
	check_dict(combined, "second", 0, str_type, 2);
	check_dict(combined, "secon", -ENOENT, 0, 2);
	check_dict(combined, "deleted", -ENOENT, 0, 2);
	check_dict(general, "second", 0, str_type, 2);
	check_dict(split, "second", 0, one, 1);
	check_dict(split, "first", -ENOENT, 0, 1);
	check_dict(wide, "first", 0, one, PAIRS_MAX);
	check_dict(empty, "first", -ENOENT, 0, 0);
}
END_TEST

static void check_broken(uint64_t address, uint64_t field, uint64_t value, size_t size, uint64_t at)
{
	uint64_t found = 77, before = 0;

	memcpy(&before, memory + (address + field - BASE), size);
	set(address + field, value, size);
	publish();
	ck_assert_int_lt(python_dict_get(&python, at, "second", &found), 0);
	ck_assert_uint_eq(found, 77);
	set(address + field, before, size);
}

START_TEST(broken)
{
	const struct python_layout *l = &python.layout;
	uint64_t table, at, one;

	begin(_i);
	one = integer(false, 1, 1, 0, 0);
	const uint64_t pairs[][2] = { { one, one }, { text("second"), one } };

	table = keys(3, true, 2, pairs);
	at = dict(table, 0);
	publish();
	check_dict(at, "second", 0, one, 2);
	check_broken(at, l->dict.keys, 0, 8, at);
	check_broken(at, l->dict.keys, at + 4, 8, at);
	check_broken(at, l->dict.keys, UINT64_MAX - 7, 8, at);
	check_broken(at, l->dict.values, 0x7fff00000000, 8, at);
	check_broken(at, l->object.type, str_type, 8, at);
	check_broken(table, l->dict.keys_nentries, UINT64_MAX, 8, at);
	check_broken(table, l->dict.keys_nentries, 9, 8, at);
	if (l->dict.keys_size != PYTHON_NONE) {
		check_broken(table, l->dict.keys_size, 9, 8, at);
		check_broken(table, l->dict.keys_size, 1UL << 62, 8, at);
	} else {
		check_broken(table, l->dict.keys_log2_size, 63, 1, at);
		check_broken(table, l->dict.keys_log2_index_bytes, 200, 1, at);
	}
	publish();
	ck_assert_int_eq(python_dict_each(&python, one, count_pair, NULL), -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_object");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, types, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, integers, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, dictionaries, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, broken, MINOR_FIRST, MINOR_BEHIND);
	return suite_run("python_object", tests);
}
