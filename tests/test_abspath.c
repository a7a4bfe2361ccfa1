/* Paths for a process that is in another directory. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/abspath.h"
#include "tests/suite.h"

START_TEST(absolute_and_relative)
{
	char here[PATH_MAX], wanted[2 * PATH_MAX], path[2 * PATH_MAX];

	ck_assert_int_eq(abspath("/a/../b", path, sizeof path), 0);
	ck_assert_str_eq(path, "/a/../b");
	ck_assert_int_eq(chdir("/usr"), 0);
	ck_assert_int_eq(abspath("a/b", path, sizeof path), 0);
	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	snprintf(wanted, sizeof wanted, "%s/a/b", here);
	ck_assert_str_eq(path, wanted);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(abspath("a", path, sizeof path), 0);
	ck_assert_str_eq(path, "/a");
}
END_TEST

START_TEST(what_does_not_fit)
{
	char path[5] = "none", directory[] = "/tmp/test_abspath.XXXXXX";

	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(abspath("/1234", path, sizeof path), -ENAMETOOLONG);
	ck_assert_str_eq(path, "none");
	ck_assert_int_eq(abspath("123", path, sizeof path), 0);
	ck_assert_str_eq(path, "/123");
	ck_assert_int_eq(abspath("/123", path, 0), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(rmdir(directory), 0);
	ck_assert_int_eq(abspath("gone", path, sizeof path), -ENOENT);
	ck_assert_int_eq(abspath("/123", path, sizeof path), 0);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, absolute_and_relative);
	tcase_add_test(t, what_does_not_fit);
	return suite_run("abspath", t);
}
