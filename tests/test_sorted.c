/* A place among sorted items, held against counting them one by one. */
#include "core/sorted.h"

#include <check.h>

#include "tests/suite.h"

struct item {
	uint64_t at;
	char other[5];
};

static size_t counted(const struct item *items, size_t count, uint64_t value)
{
	size_t n = 0;

	while (n < count && items[n].at <= value)
		n++;
	return n;
}

START_TEST(as_counted)
{
	static const struct item items[] = {
		{ .at = 0 }, { .at = 1 }, { .at = 5 }, { .at = 5 }, { .at = 5 }, { .at = 6 }, { .at = 10 },
		{ .at = UINT64_MAX - 1 }, { .at = UINT64_MAX },
	};

	for (size_t count = 0; count <= sizeof(items) / sizeof(*items); count++) {
		for (uint64_t value = 0; value < 12; value++)
			ck_assert_uint_eq(sorted_up_to(items, count, sizeof(*items), value),
					  counted(items, count, value));
		for (uint64_t value = UINT64_MAX; value > UINT64_MAX - 3; value--)
			ck_assert_uint_eq(sorted_up_to(items, count, sizeof(*items), value),
					  counted(items, count, value));
	}
	ck_assert_uint_eq(sorted_up_to(items + 1, 2, sizeof(*items), 0), 0);
}
END_TEST

/* Items that begin where a uint64_t may not. */
START_TEST(anywhere)
{
	char bytes[3 * 9 + 1] = { 0 };

	for (unsigned char i = 0; i < 3; i++)
		bytes[1 + 9 * i] = (char)(i + 1), bytes[1 + 9 * i + 7] = (char)(i + 1); /* of either byte order */
	ck_assert_uint_eq(sorted_up_to(bytes + 1, 3, 9, 0), 0);
	ck_assert_uint_eq(sorted_up_to(bytes + 1, 3, 9, UINT64_C(0x0200000000000002)), 2);
	ck_assert_uint_eq(sorted_up_to(bytes + 1, 3, 9, UINT64_MAX), 3);
}
END_TEST

START_TEST(none)
{
	ck_assert_uint_eq(sorted_up_to(NULL, 0, 16, 7), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("sorted");

	tcase_add_test(tests, as_counted);
	tcase_add_test(tests, anywhere);
	tcase_add_test(tests, none);
	return suite_run("sorted", tests);
}
