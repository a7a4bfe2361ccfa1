/* A set of process ids. */
#include "core/pidset.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>

#include "tests/suite.h"

START_TEST(empty)
{
	struct pidset set = { 0 };

	ck_assert(!pidset_has(&set, 0));
	ck_assert(!pidset_has(&set, 1));
	pidset_reset(&set);
	pidset_done(&set);
	pidset_done(&set); /* twice does no harm */
	pidset_done(NULL);
}
END_TEST

/* It grows, and keeps the order and what it has. */
START_TEST(many)
{
	enum { COUNT = 5000 };
	struct pidset set = { 0 };

	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(pidset_add(&set, COUNT - i), 0);
	ck_assert_uint_eq(set.count, COUNT);
	ck_assert_uint_ge(set.size, set.count);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(set.pids[i], COUNT - i);
		ck_assert(pidset_has(&set, i + 1));
	}
	ck_assert(!pidset_has(&set, 0));
	ck_assert(!pidset_has(&set, COUNT + 1));
	pidset_done(&set);
	ck_assert_ptr_null(set.pids);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_uint_eq(set.size, 0);
}
END_TEST

START_TEST(reset_keeps_the_memory)
{
	struct pidset set = { 0 };
	pid_t *pids;

	ck_assert_int_eq(pidset_add(&set, 7), 0);
	pids = set.pids;
	pidset_reset(&set);
	ck_assert_uint_eq(set.count, 0);
	ck_assert(!pidset_has(&set, 7));
	ck_assert_int_eq(pidset_add(&set, 8), 0);
	ck_assert_ptr_eq(set.pids, pids);
	ck_assert(pidset_has(&set, 8));
	pidset_done(&set);
}
END_TEST

/* A size that cannot be had: the set is as before. */
START_TEST(no_memory)
{
	struct pidset set = { 0 };
	pid_t *pids;
	size_t size;

	ck_assert_int_eq(pidset_add(&set, 7), 0);
	pids = set.pids;
	size = set.size;
	set.count = set.size = SIZE_MAX / sizeof(pid_t); /* as if it were full at last */
	ck_assert_int_eq(pidset_add(&set, 8), -ENOMEM);
	ck_assert_ptr_eq(set.pids, pids);
	ck_assert_uint_eq(set.count, SIZE_MAX / sizeof(pid_t));
	ck_assert_uint_eq(set.size, SIZE_MAX / sizeof(pid_t));
	set.count = 1;
	set.size = size;
	ck_assert(pidset_has(&set, 7));
	pidset_done(&set);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, empty);
	tcase_add_test(t, many);
	tcase_add_test(t, reset_keeps_the_memory);
	tcase_add_test(t, no_memory);
	return suite_run("pidset", t);
}
