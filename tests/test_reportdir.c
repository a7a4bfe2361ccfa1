/* Directories that reports may be written into. */
#include <check.h>
#include <errno.h>

#include "core/cleanup.h"
#include "core/reportdir.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static void set_up(void)
{
	fixture_make();
}

static void tear_down(void)
{
	fixture_remove();
}

START_TEST(directories_that_can_be_trusted)
{
	char link[PATH_MAX + 2];
	int fd = reportdir_open(fixture_root);

	ck_assert_int_ge(fd, 0);
	fd_close(fd);
	fixture_directory("d");
	fixture_link("link", "d");
	snprintf(link, sizeof link, "%s/", fixture_path("link"));
	fd = reportdir_open(link); /* our own link */
	ck_assert_int_ge(fd, 0);
	fd_close(fd);
	ck_assert_int_eq(reportdir_open(fixture_path("none")), -ENOENT);
	fixture_text("file", "");
	ck_assert_int_eq(reportdir_open(fixture_path("file")), -ENOTDIR);
	if (geteuid() != 0) {
		ck_assert_int_eq(chmod(fixture_path("d"), 0500), 0);
		ck_assert_int_eq(reportdir_open(fixture_path("d")), -EACCES);
		return;
	}
	ck_assert_int_eq(lchown(fixture_path("link"), 65534, 65534), 0);
	ck_assert_int_eq(reportdir_open(link), -EPERM);
	ck_assert_int_eq(chmod(fixture_path("d"), 0777), 0);
	ck_assert_int_eq(reportdir_open(fixture_path("d")), -EPERM);
	ck_assert_int_eq(chmod(fixture_path("d"), 01777), 0);
	fd = reportdir_open(fixture_path("d"));
	ck_assert_int_ge(fd, 0);
	fd_close(fd);
	ck_assert_int_eq(chown(fixture_path("d"), 65534, 65534), 0);
	ck_assert_int_eq(reportdir_open(fixture_path("d")), -EPERM);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, directories_that_can_be_trusted);
	return suite_run("reportdir", t);
}
