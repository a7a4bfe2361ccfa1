/* Where reports go. */
#include "applets/gmr/output.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/suite.h"

/* What is said of a report whose tree may have MAX bytes. The test's own process ends with it: nothing is put back. */
static const char *said_of(size_t max)
{
	static char said[256];
	struct options options = { .format = "text" };
	struct made made = { .report = { .tree = VALUE_TREE(max) } };
	struct output output;
	FILE *file = tmpfile();
	ssize_t len;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO), 0);
	for (int i = 0; i < 10000; i++)
		value_add_int(&made.report.tree, &made.report.tree.root, "key", i);
	ck_assert_int_eq(output_open(&options, false, &output), 0);
	ck_assert_int_eq(output_put(&output, &made), 0);
	output_done(&output);
	made_done(&made);
	len = pread(fileno(file), said, sizeof said - 1, 0);
	ck_assert_int_ge(len, 0);
	said[len] = '\0';
	fclose(file);
	return said;
}

START_TEST(an_end_that_is_missing)
{
	ck_assert_ptr_nonnull(strstr(said_of(8192), "the end of the report is missing: it is too large (-S and "));
	ck_assert_str_eq(said_of(64 << 20), "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, an_end_that_is_missing);
	return suite_run("output", t);
}
