/* The cgroups of a process as directories. */
#include "core/cgroup_place.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;
static struct cgroup_place place;
static int dir;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
}

static void tear_down(void)
{
	cgroup_place_done(&place);
	cgroup_place_done(NULL);
	fd_close(dir);
	procfs_done(&proc);
	fixture_remove();
}

/* What of v2 is seen below "v2" is ROOT. */
static void read_place(const char *cgroup, const char *root)
{
	char text[2 * PATH_MAX];

	snprintf(text, sizeof text, "38 31 0:35 %s %s/v2 rw shared:9 - cgroup2 cgroup2 rw\n"
		 "35 31 0:32 / %s/v1\\040mem rw,relatime - cgroup cgroup rw,memory\n",
		 root, fixture_root, fixture_root);
	fixture_text("self/mountinfo", text);
	fixture_text("7/cgroup", cgroup);
	dir = procfs_process(&proc, 7);
	ck_assert_int_eq(cgroup_place_read(&proc, dir, &place), 0);
}

static void check_path(const char *controller, unsigned up, const char *want)
{
	char path[PATH_MAX];
	int r = cgroup_place_path(&place, controller, up, path);

	if (!want) {
		ck_assert_int_eq(r, -ENOENT);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(strncmp(path, fixture_root, strlen(fixture_root)), 0);
	ck_assert_str_eq(path + strlen(fixture_root), want);
}

START_TEST(up)
{
	read_place("4:memory:/\n0::/a/b c\n", "/");
	check_path(NULL, 0, "/v2/a/b c");
	check_path(NULL, 1, "/v2/a");
	check_path(NULL, 2, "/v2");
	check_path(NULL, 3, NULL);
	check_path("memory", 0, "/v1 mem");
	check_path("memory", 1, NULL);
	check_path("cpu", 0, NULL);
}
END_TEST

START_TEST(bound_part)
{
	read_place("0::/docker/7f/x\n", "/docker/7f");
	check_path(NULL, 0, "/v2/x");
	check_path(NULL, 1, "/v2");
	check_path(NULL, 2, NULL);
}
END_TEST

START_TEST(outside)
{
	read_place("0::/../other\n", "/");
	check_path(NULL, 0, NULL);
}
END_TEST

START_TEST(opened)
{
	CLEANUP(buf_done) struct buf text = BUF(64);
	int cgroup;

	read_place("0::/a\n", "/");
	ck_assert_int_eq(cgroup_place_open(&place, NULL, 0), -ENOENT);
	fixture_text("v2/a/memory.max", "max\n");
	cgroup = cgroup_place_open(&place, NULL, 0);
	ck_assert_int_ge(cgroup, 0);
	ck_assert_int_eq(procfs_read(cgroup, "memory.max", &text), 0);
	ck_assert_str_eq(text.data, "max\n");
	close(cgroup);
}
END_TEST

START_TEST(nothing)
{
	char path[PATH_MAX];

	fixture_directory("7");
	dir = procfs_process(&proc, 7);
	ck_assert_int_eq(cgroup_place_read(&proc, dir, &place), -ENOENT);
	fixture_text("7/cgroup", "0::/a\n");
	ck_assert_int_eq(cgroup_place_read(&proc, dir, &place), 0); /* without mountinfo */
	ck_assert_int_eq(cgroup_place_path(&place, NULL, 0, path), -ENOENT);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("cgroup_place");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, up);
	tcase_add_test(tests, bound_part);
	tcase_add_test(tests, outside);
	tcase_add_test(tests, opened);
	tcase_add_test(tests, nothing);
	return suite_run("cgroup_place", tests);
}
