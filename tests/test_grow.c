/* Tables that grow. */
#include "core/grow.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/suite.h"

struct item {
	char bytes[24];
};

START_TEST(keeps_what_is_there)
{
	struct item *items = NULL;
	size_t size = 0, changes = 0;

	for (size_t i = 0; i < 1000; i++) {
		size_t before = size;

		ck_assert_int_eq(GROW(items, size, i + 1), 0);
		ck_assert_uint_gt(size, i);
		changes += size != before;
		items[i].bytes[23] = (char)i;
	}
	ck_assert_uint_le(changes, 10);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_int_eq(items[i].bytes[23], (char)i);
	ck_assert_int_eq(GROW(items, size, 5000), 0);
	ck_assert_uint_ge(size, 5000);
	free(items);
}
END_TEST

START_TEST(as_before_where_there_is_no_room)
{
	struct item *items = NULL, *before;
	size_t size = 0, had;

	ck_assert_int_eq(GROW(items, size, 3), 0);
	before = items;
	had = size;
	ck_assert_int_eq(GROW(items, size, SIZE_MAX / 4), -ENOMEM);
	ck_assert_ptr_eq(items, before);
	ck_assert_uint_eq(size, had);
	free(items);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("grow");

	tcase_add_test(tests, keeps_what_is_there);
	tcase_add_test(tests, as_before_where_there_is_no_room);
	return suite_run("grow", tests);
}
