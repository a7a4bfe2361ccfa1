/* The files that a cluster's configuration is read from. */
#include "applets/cluster/sources.h"

#include "tests/configured.h"

START_TEST(which_file)
{
	CLEANUP(config_done) struct config c = { 0 };
	char why[200];

	snprintf(why, sizeof(why), "no buildout.cfg and no cluster.cfg in '%s' (-f FILE names another)", top);
	refused_by(&usual, why);
	file("cluster.cfg", "[cluster]\nstart = c\n");
	c = loaded(&usual);
	ck_assert_str_eq(c.file, at("/cluster.cfg"));
	config_done(&c);
	c = config_of("[cluster]\nstart = b\n");
	ck_assert_str_eq(c.start.items[0].text, "b");
	config_done(&c);
	c = loaded(&(struct config_request){ .file = "./cluster.cfg" });
	expect_lines(&c.start, "c@./cluster.cfg:2|");
	refused_by(&(struct config_request){ .file = "none.cfg" },
		   "cannot read 'none.cfg': No such file or directory");
	refused_by(&(struct config_request){ .file = "." }, "cannot read '.': Is a directory");
}
END_TEST

/* A script that is called by a link lies where the link leads to; a configuration that is one lies where it is. */
START_TEST(a_script_by_a_link)
{
	CLEANUP(config_done) struct config c = { 0 };

	ck_assert_int_eq(system("mkdir app bin; ln -s ../app/app.cfg bin/pound"), 0);
	file("app/base.cfg", "[cluster]\nstart = a\n[pound]\nstart = b\n");
	file("app/app.cfg", "#!/usr/bin/procguard cluster -f\n[buildout]\nextends = base.cfg\n");
	file("bin/base.cfg", "[cluster]\nstart = c\n");
	c = loaded(&(struct config_request){ .file = "bin/pound", .called = "bin/pound" });
	ck_assert_str_eq(c.file, at("/app/app.cfg"));
	ck_assert_str_eq(c.home, at("/app"));
	ck_assert_str_eq(c.section, "pound");
	ck_assert_str_eq(c.start.items[0].text, "b");
	config_done(&c);
	c = loaded(&(struct config_request){ .file = "bin/pound", .called = "procguard cluster" });
	ck_assert_str_eq(c.file, at("/bin/pound"));
	ck_assert_str_eq(c.home, at("/bin"));
	ck_assert_str_eq(c.start.items[0].text, "c");
}
END_TEST

START_TEST(extends)
{
	CLEANUP(config_done) struct config c = { 0 };

	ck_assert_int_eq(system("mkdir etc"), 0);
	file("etc/base.cfg", "[buildout]\nextends = more.cfg\n   ../last.cfg\nbin-directory = b\neggs-directory = e\n"
			     "[cluster]\nstart +=\n  2\n");
	file("etc/more.cfg", "[cluster]\nstart = 1\nstop = 1\n");
	file("last.cfg", "[cluster]\nstop +=\n  2\n");
	c = config_of("[buildout]\nextends = etc/base.cfg\noptional-extends = none.cfg last.cfg\n[cluster]\n"
		      "start +=\n  ${buildout:bin-directory} ${buildout:eggs-directory}\nstop -= 1\n");
	ck_assert_str_eq(c.start.items[0].place, "etc/more.cfg:2");
	ck_assert_str_eq(c.start.items[1].place, "etc/base.cfg:8");
	ck_assert_str_eq(c.start.items[2].place, "buildout.cfg:6");
	ck_assert_msg(strstr(c.start.items[2].text, "/b ") && strstr(c.start.items[2].text, "/etc/e"), "%s",
		      c.start.items[2].text);
	expect_lines(&c.stop, "2@etc/../last.cfg:3|2@last.cfg:3|");
}
END_TEST

START_TEST(extends_what_cannot_be_read)
{
	refused("[buildout]\nextends =\n  none.cfg\n",
		"buildout.cfg:3: extends: 'none.cfg': No such file or directory");
	refused("[buildout]\nextends = buildout.cfg\n",
		"buildout.cfg:2: extends: 'buildout.cfg': the file extends itself");
	file("a.cfg", "[buildout]\nextends = ./b.cfg\n");
	file("b.cfg", "[buildout]\nextends = a.cfg\n");
	refused("[buildout]\nextends = a.cfg\n", "./b.cfg:2: extends: 'a.cfg': the file extends itself");
	file("a.cfg", "[a]\nx y\n");
	refused("[buildout]\nextends = a.cfg\n", "a.cfg:2: 'x y' is no OPTION = VALUE");
	refused("[buildout]\noptional-extends = a.cfg\n", "a.cfg:2: 'x y' is no OPTION = VALUE");
}
END_TEST

/* WHAT0.cfg, which extends the next one of them, TIMES times. */
static void file_number(const char *what, int i, int times)
{
	char name[64], text[200] = "[buildout]\nextends =", next[64];

	snprintf(name, sizeof(name), "%s%d.cfg", what, i);
	snprintf(next, sizeof(next), " %s%d.cfg", what, i + 1);
	while (times-- > 0)
		strcat(text, next);
	file(name, text);
}

START_TEST(extends_too_much)
{
	for (int i = 0; i < 40; i++)
		file_number("deep", i, 1);
	refused("[buildout]\nextends = deep0.cfg\n",
		"deep30.cfg:2: extends: 'deep31.cfg': too many files that extend each other");
	for (int i = 0; i < 20; i++)
		file_number("wide", i, 2);
	file("wide20.cfg", "");
	refused("[buildout]\nextends = wide0.cfg\n",
		"wide18.cfg:2: extends: 'wide19.cfg': too many files are extended");
	ck_assert_int_eq(system("head -c 9000000 /dev/zero | tr '\\0' '#' > big.cfg"), 0);
	refused("[buildout]\nextends = big.cfg\n",
		"buildout.cfg:2: extends: 'big.cfg': the configuration is larger than 8 MiB");
}
END_TEST

START_TEST(left_out)
{
	CLEANUP(config_done) struct config c = config_of(
		"[buildout]\nextends =\n  https://dist.example/versions.cfg\n  http://a.example/b\n"
		"[cluster: sys.version]\nstart = b\n[cluster]\nstart = a\n");

	ck_assert_str_eq(c.left_out[0], "buildout.cfg:3: https://dist.example/versions.cfg (and 1 more): left out: "
					"only local files are read");
	ck_assert_str_eq(c.left_out[1], "buildout.cfg:5: [cluster: sys.version]: left out: conditions are not "
					"evaluated");
	ck_assert_ptr_null(c.left_out[2]);
	expect_lines(&c.start, "a@buildout.cfg:8|");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("sources");

	tcase_add_checked_fixture(tests, enter, leave);
	tcase_add_test(tests, which_file);
	tcase_add_test(tests, a_script_by_a_link);
	tcase_add_test(tests, extends);
	tcase_add_test(tests, extends_what_cannot_be_read);
	tcase_add_test(tests, extends_too_much);
	tcase_add_test(tests, left_out);
	return suite_run("sources", tests);
}
