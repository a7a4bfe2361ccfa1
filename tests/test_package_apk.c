/* Who owns a file by apk's database. */
#include <check.h>

#include "tests/package.h"
#include "tests/suite.h"

static const char installed[] =
	"C:Q1abc=\nP:musl\nV:1.2.3-r4\nA:x86_64\nm:Timo <t@a>\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1x=\n"
	"F:usr/bin\nR:ldd\n\n"
	"P:busybox\nV:1.36-r1\nA:x86_64\nF:\nR:init\nF:bin\nR:busybox\nF:usr/bin/deep\nR:x\n\n"
	"P:nothing\nV:1\n\n"
	"F:bin\nR:orphan\n";

START_TEST(finds_owner)
{
	static const struct { const char *path, *owner; } cases[] = {
		{ "/lib/ld-musl-x86_64.so.1", "musl:x86_64 1.2.3-r4, Timo <t@a>" },
		{ "/usr/bin/ldd", "musl:x86_64 1.2.3-r4, Timo <t@a>" },
		{ "/bin/busybox", "busybox:x86_64 1.36-r1, " },
		{ "/usr/bin/busybox", "" },
		{ "/init", "busybox:x86_64 1.36-r1, " },
		{ "/usr/bin/deep/x", "busybox:x86_64 1.36-r1, " },
		{ "/usr/bin/x", "" },
		{ "/bin/ldd", "" },
		{ "/bin/orphan", "" },
		{ "/bin/", "" },
		{ "/", "" },
	};

	fixture_directory("bin");
	fixture_text("usr/bin/x", "");
	ck_assert_str_eq(package_owner(package_apk, "/bin/busybox"), "");
	fixture_text("lib/apk/db/installed", installed);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(strcmp(package_owner(package_apk, cases[i].path), cases[i].owner) == 0, "%s: %s",
			      cases[i].path, package_owner(package_apk, cases[i].path));
}
END_TEST

START_TEST(finds_below_usr)
{
	fixture_text("usr/lib/apk/db/installed", installed);
	fixture_text("usr/bin/busybox", "");
	fixture_link("bin", "usr/bin");
	ck_assert_str_eq(package_owner(package_apk, "/usr/bin/busybox"), "busybox:x86_64 1.36-r1, ");
	ck_assert_str_eq(package_owner(package_apk, "/bin/ldd"), "musl:x86_64 1.2.3-r4, Timo <t@a>");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("package_apk");

	tcase_add_checked_fixture(tests, package_set_up, package_tear_down);
	tcase_add_test(tests, finds_owner);
	tcase_add_test(tests, finds_below_usr);
	return suite_run("package_apk", tests);
}
