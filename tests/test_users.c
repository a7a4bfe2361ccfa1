/* Names of users. */
#include "core/users.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static void check_name(const char *file, uid_t uid, const char *want)
{
	CLEANUP(users_done) struct users users = { 0 };
	CLEANUP(buf_done) struct buf name = BUF(64);

	fixture_make();
	fixture_text("passwd", file);
	ck_assert_int_eq(users_read(fixture_path("passwd"), &users), 0);
	fixture_remove();
	ck_assert_int_eq(users_name(&users, uid, &name), 0);
	ck_assert_str_eq(name.data, want);
}

static const struct { const char *file; uid_t uid; const char *name; } cases[] = {
	{ "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/:\n", 33, "www-data" },
	{ "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n", 0, "root" },
	{ "root:x:0:0:root:/root:/bin/sh\nlast:x:33:33::/:", 33, "last" },
	{ "last:x:33", 33, "33" }, { "", 33, "33" }, { "root\n::0:\n+::33::::\n-:x:33:\n#a:x:33:1\n", 33, "33" },
	{ "a:x:033:0\nb:x:3 3:0\nc:x:-33:0\nd:x:33x:0\n", 3, "3" }, { "a:x:4294967329:0\n", 33, "33" },
	{ "a:x:4294967294:0\n", 4294967294U, "a" }, { "\xff\x1b:x:33:0\n", 33, "\xff\x1b" },
};

START_TEST(one_name)
{
	check_name(cases[_i].file, cases[_i].uid, cases[_i].name);
}
END_TEST

START_TEST(no_file)
{
	CLEANUP(buf_done) struct buf name = BUF(64);
	struct users users;

	ck_assert_int_eq(users_read("/nonexistent/passwd", &users), -ENOENT);
	ck_assert_int_eq(users_name(&users, 7, &name), 0);
	ck_assert_str_eq(name.data, "7");
	users_done(&users);
	users_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("users");

	tcase_add_loop_test(tests, one_name, 0, sizeof cases / sizeof cases[0]);
	tcase_add_test(tests, no_file);
	return suite_run("users", tests);
}
