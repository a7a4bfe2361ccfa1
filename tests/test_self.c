/* Where the running binary lies. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/self.h"

/* Valgrind shows readlink(2) the program it runs, but stat(2) itself. */
static bool is_emulated(void)
{
	char path[PATH_MAX] = "";
	struct stat there, running;

	return readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 && stat(path, &there) == 0 &&
	       stat("/proc/self/exe", &running) == 0 && there.st_ino != running.st_ino;
}

START_TEST(finds_the_running_file)
{
	char path[PATH_MAX];
	struct stat st;

	if (is_emulated()) {
		ck_assert_int_eq(self_exe(NULL, path, sizeof(path)), -ENOENT);
		return;
	}
	ck_assert_int_eq(self_exe("not what runs", path, sizeof(path)), 0);
	ck_assert_int_eq(path[0], '/');
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(st.st_mode & S_IXUSR);
	ck_assert_ptr_nonnull(strstr(path, "test_self"));
}
END_TEST

START_TEST(too_long_is_not_cut)
{
	char path[4] = "abc";

	if (is_emulated())
		return;
	ck_assert_int_eq(self_exe(NULL, path, sizeof(path)), -ENAMETOOLONG);
	ck_assert_str_eq(path, "abc");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("self");
	TCase *cases = tcase_create("self");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, finds_the_running_file);
	tcase_add_test(cases, too_long_is_not_cut);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
