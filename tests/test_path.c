/* Paths by their text, and by links. */
#include "applets/cluster/path.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "tests/suite.h"

static void expect(char *path, const char *expected)
{
	CLEANUP(free_done) char *owned = path;

	ck_assert_ptr_nonnull(owned);
	ck_assert_str_eq(owned, expected);
}

START_TEST(joins)
{
	expect(path_join("/srv", "app"), "/srv/app");
	expect(path_join("/srv/", "app"), "/srv/app");
	expect(path_join("/", "app"), "/app");
	expect(path_join("", "app"), "app");
	expect(path_join("/srv", "/app"), "/app");
	expect(path_join("/srv", ""), "/srv/");
	expect(path_join("..", "../app"), "../../app");
}
END_TEST

START_TEST(parents_and_names)
{
	expect(path_parent("/srv/app"), "/srv");
	expect(path_parent("/app"), "/");
	expect(path_parent("//app"), "/");
	expect(path_parent("srv//app"), "srv");
	expect(path_parent("app"), ".");
	expect(path_parent("srv/"), "srv");
	ck_assert_str_eq(path_name("/srv/app"), "app");
	ck_assert_str_eq(path_name("app"), "app");
	ck_assert_str_eq(path_name("/"), "");
}
END_TEST

START_TEST(tidies)
{
	expect(path_tidy("/srv/app"), "/srv/app");
	expect(path_tidy("//srv///app/"), "/srv/app");
	expect(path_tidy("/srv/./app/."), "/srv/app");
	expect(path_tidy("/srv/x/../app"), "/srv/app");
	expect(path_tidy("/srv/../../app"), "/app");
	expect(path_tidy("/srv/.."), "/");
	expect(path_tidy("/"), "/");
	expect(path_tidy("/..x/.y/..."), "/..x/.y/...");
}
END_TEST

static char top[64];

static void touch(const char *name)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
}

static void enter(void)
{
	strcpy(top, "/tmp/test_path.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
}

static void leave(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(from_the_working_directory)
{
	char expected[128];

	enter();
	snprintf(expected, sizeof(expected), "%s/app", top);
	expect(path_absolute("./x/../app"), expected);
	expect(path_absolute("/x/../app"), "/app");
	leave();
}
END_TEST

START_TEST(behind_links)
{
	char expected[128];

	enter();
	ck_assert_int_eq(mkdir("bin", 0755) | mkdir("etc", 0755) | symlink("bin", "sbin"), 0);
	touch("app");
	touch("bin/script");
	snprintf(expected, sizeof(expected), "%s/bin/script", top);
	expect(path_of_link("bin/script"), expected);
	ck_assert_int_eq(symlink("script", "bin/other") | symlink("../bin/other", "etc/third"), 0);
	expect(path_of_link("bin/other"), expected);
	expect(path_of_link("etc/third"), expected);
	/* A directory that is a link stays one, unless ".." leads elsewhere behind it. */
	snprintf(expected, sizeof(expected), "%s/sbin/script", top);
	expect(path_of_link("sbin/other"), expected);
	ck_assert_int_eq(symlink("../app", "bin/up") | mkdir("far", 0755) | mkdir("far/near", 0755), 0);
	ck_assert_int_eq(symlink("far/near", "link") | symlink("../deep", "far/near/up"), 0);
	touch("far/deep");
	snprintf(expected, sizeof(expected), "%s/app", top);
	expect(path_of_link("sbin/up"), expected);
	snprintf(expected, sizeof(expected), "%s/link/../deep", top);
	expect(path_of_link("link/up"), expected);
	/* Nothing there, or links without an end: the kernel says so when the file is opened. */
	snprintf(expected, sizeof(expected), "%s/none", top);
	expect(path_of_link("none"), expected);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	snprintf(expected, sizeof(expected), "%s/loop", top);
	expect(path_of_link("loop"), expected);
	leave();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("path");

	tcase_add_test(tests, joins);
	tcase_add_test(tests, parents_and_names);
	tcase_add_test(tests, tidies);
	tcase_add_test(tests, from_the_working_directory);
	tcase_add_test(tests, behind_links);
	return suite_run("path", tests);
}
