/* Who owns a file by dpkg's database. */
#include <check.h>

#include "tests/package.h"
#include "tests/suite.h"

static const char status[] =
	"Package: bash\nStatus: install ok installed\nMaintainer: M <m@x>\nArchitecture: amd64\nVersion: 5.2-1\n"
	"Conffiles:\n /etc/bash.bashrc 1\nDescription: shell\n Package: no\n\n"
	"Package: libz\nArchitecture: i386\nVersion: 1:1.2\n\n"
	"Package: libz\nArchitecture: amd64\nVersion: 1:1.3\nVendor: V\n\n"
	"Package: perf\nArchitecture: amd64\nVersion: 6\nOrigin: O\nMaintainer: M\n\n"
	"Package: wrap\nArchitecture: all\nVersion: 7";

static void set_up(void)
{
	package_set_up();
	fixture_text("usr/bin/x", "");
	fixture_text("usr/lib/libz.so", "");
	fixture_text("opt/x", "");
	fixture_link("bin", "usr/bin");
	fixture_directory("lib");
	fixture_text("var/lib/dpkg/status", status);
	fixture_text("var/lib/dpkg/info/bash.list", "/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n");
	fixture_text("var/lib/dpkg/info/bash.md5sums", "/usr/bin/trap\n");
	fixture_text("var/lib/dpkg/info/libz:amd64.list", "/.\n/usr/lib/libz.so\n/lib/other.so\n");
	fixture_text("var/lib/dpkg/info/libz:i386.list", "/.\n/usr/lib/i386/libz.so\n");
	fixture_text("var/lib/dpkg/info/perf.list", "/usr/bin/perf\n/usr/bin/moved\n/usr/bin/admins");
	fixture_text("var/lib/dpkg/info/wrap.list", "/bin/moved\n");
	fixture_text("var/lib/dpkg/info/ghost.list", "/opt/ghost\n");
	fixture_text("var/lib/dpkg/diversions",
		     "/usr/bin/moved\n/usr/bin/moved.perf\nwrap\n/usr/bin/admins\n/usr/bin/admins.real\n:\n"
		     "/torn\n/torn2");
	fixture_link("var/lib/dpkg/info/link.list", "/etc/passwd");
	ck_assert_int_eq(mkfifo(fixture_path("var/lib/dpkg/info/pipe.list"), 0644), 0);
}

START_TEST(finds_owner)
{
	static const struct { const char *path, *owner; } cases[] = {
		{ "/bin/bash", "bash:amd64 5.2-1, M <m@x>" },
		{ "/usr/bin/bash", "bash:amd64 5.2-1, M <m@x>" },      /* /bin leads to /usr/bin */
		{ "/usr/lib/libz.so", "libz:amd64 1:1.3, V" },
		{ "/lib/libz.so", "" },                                /* /lib is another directory */
		{ "/lib/other.so", "libz:amd64 1:1.3, V" },
		{ "/usr/lib/other.so", "" },
		{ "/usr/lib/i386/libz.so", "libz:i386 1:1.2, " },
		{ "/usr/bin/perf", "perf:amd64 6, O" },
		{ "/usr/bin/moved", "wrap:all 7, " },                  /* diverted for it */
		{ "/bin/moved", "wrap:all 7, " },
		{ "/usr/bin/moved.perf", "perf:amd64 6, O" },          /* the one that was moved aside */
		{ "/bin/moved.perf", "perf:amd64 6, O" },
		{ "/usr/bin/admins", "" },                             /* an administrator's own */
		{ "/usr/bin/admins.real", "perf:amd64 6, O" },
		{ "/opt/ghost", "ghost: , " },                         /* a list without a status */
		{ "/usr/bin/trap", "" },
		{ "/usr/share/doc/bas", "" },
		{ "/doc/bash", "" },
		{ "relative", "" },
		{ "/new\n/bin/bash", "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(strcmp(package_owner(package_dpkg, cases[i].path), cases[i].owner) == 0, "%s: %s",
			      cases[i].path, package_owner(package_dpkg, cases[i].path));
}
END_TEST

START_TEST(finds_in_images_without_dpkg)
{
	fixture_text("var/lib/dpkg/status.d/base",
		     "Package: base-files\nVersion: 12\nArchitecture: all\nMaintainer: B\n");
	fixture_text("var/lib/dpkg/status.d/base.md5sums",
		     "d41d8cd98f00b204e9800998ecf8427e  etc/debian_version\n"
		     "d41d8cd98f00b204e9800998ecf8427e  ./usr/bin/tool\n");
	ck_assert_str_eq(package_owner(package_dpkg, "/etc/debian_version"), "base-files:all 12, B");
	ck_assert_str_eq(package_owner(package_dpkg, "/usr/bin/tool"), "base-files:all 12, B");
	ck_assert_str_eq(package_owner(package_dpkg, "/bin/tool"), "base-files:all 12, B");
	ck_assert_str_eq(package_owner(package_dpkg, "/debian_version"), "");
}
END_TEST

/* What is too long is cut, and a file that never ends is not begun. */
START_TEST(is_bounded)
{
	char *text = malloc(200001);

	memset(text, 'v', 200000);
	memcpy(text, "Package: long\nVersion: ", 23);
	strcpy(text + 199000, "\nMaintainer: M\n");
	fixture_text("var/lib/dpkg/status", text);
	fixture_text("var/lib/dpkg/info/long.list", "/opt/x\n");
	free(text);
	ck_assert_uint_lt(strlen(package_owner(package_dpkg, "/opt/x")), 200);
	ck_assert(strstr(package_owner(package_dpkg, "/opt/x"), ", M"));
	ck_assert_int_eq(truncate(fixture_path("var/lib/dpkg/status"), (off_t)1 << 30), 0);
	ck_assert_str_eq(package_owner(package_dpkg, "/opt/x"), "long: , ");
	ck_assert_int_eq(truncate(fixture_path("var/lib/dpkg/info/long.list"), (off_t)1 << 30), 0);
	ck_assert_str_eq(package_owner(package_dpkg, "/opt/x"), "");
}
END_TEST

/* A root may be hostile: its links end inside it. */
START_TEST(stays_inside)
{
	struct package_names names = { .path = { "/usr/bin/bash" }, .count = 1 };
	struct package package;

	ck_assert_int_eq(renameat(package_root, "var", package_root, "old"), 0);
	ck_assert_str_eq(package_owner(package_dpkg, "/usr/bin/bash"), "");
	fixture_directory("var");
	fixture_link("var/lib", "../../../../../../var/lib");
	ck_assert_int_eq(package_dpkg(package_root, &names, &package), -ELOOP);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("package_dpkg");

	tcase_add_checked_fixture(tests, set_up, package_tear_down);
	tcase_add_test(tests, finds_owner);
	tcase_add_test(tests, finds_in_images_without_dpkg);
	tcase_add_test(tests, is_bounded);
	tcase_add_test(tests, stays_inside);
	return suite_run("package_dpkg", tests);
}
