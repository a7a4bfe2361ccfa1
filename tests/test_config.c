/* A cluster's configuration: its options, and what they refer to. */
#include "applets/cluster/config.h"

#include "tests/configured.h"

START_TEST(defaults)
{
	CLEANUP(config_done) struct config c = config_of("[cluster]\nstart = a\n");

	ck_assert_str_eq(c.file, at("/buildout.cfg"));
	ck_assert_str_eq(c.section, "cluster");
	ck_assert_str_eq(c.home, top);
	ck_assert_str_eq(c.directory, top);
	expect_lines(&c.start, "a@buildout.cfg:2|");
	ck_assert_uint_eq(c.stop.count + c.restart.count, 0);
	ck_assert(!c.debug);
	ck_assert_str_eq(c.pid_file, "cluster.pid");
	ck_assert_str_eq(c.pid_path, at("/cluster.pid"));
	ck_assert_str_eq(c.log_path, at("/cluster.log"));
	ck_assert_ptr_null(c.environment[0]);
	ck_assert_ptr_null(c.user);
	ck_assert_int_eq(c.stop_timeout_ms, 10000);
	ck_assert_int_eq(c.command_timeout_ms, -1);
	ck_assert_ptr_null(c.report);
	ck_assert_int_eq(c.report_deadline_ms, 2000);
	ck_assert_int_eq(c.report_keep, 10);
	ck_assert_ptr_null(c.left_out[0]);
}
END_TEST

START_TEST(every_option)
{
	CLEANUP(config_done) struct config c = config_of(
		"[cluster]\nrecipe = plone.recipe.cluster\nindex = http://index.example/simple\ndebug = 1\n"
		"start =\n  background:a\n\n  # not this\n  b start\nstop =\n  b stop\n  pid:run/b.pid\n"
		"restart = c\n  d\npid-file = run/x.pid\nlog-file = log\ndirectory = work\n"
		"environment =\n  A=1\n  # B=2\n  C= x=y z\nuser = plone\nstop-timeout = 1500ms\n"
		"command-timeout = 2m\nreport = log/reports\nreport-deadline = 500ms\nreport-keep = 3\n");

	expect_lines(&c.start, "&a@buildout.cfg:6|b start@buildout.cfg:9|");
	expect_lines(&c.stop, "b stop@buildout.cfg:11|run/b.pid@buildout.cfg:12|");
	ck_assert_str_eq(c.stop.items[1].path, at("/work/run/b.pid"));
	expect_lines(&c.restart, "c@buildout.cfg:13|d@buildout.cfg:14|");
	ck_assert(c.debug);
	ck_assert_str_eq(c.pid_file, "run/x.pid");
	ck_assert_str_eq(c.pid_path, at("/run/x.pid"));
	ck_assert_str_eq(c.log_path, at("/log"));
	ck_assert_str_eq(c.directory, at("/work"));
	ck_assert_str_eq(c.home, top);
	ck_assert_str_eq(c.environment[0], "A=1");
	ck_assert_str_eq(c.environment[1], "C= x=y z");
	ck_assert_ptr_null(c.environment[2]);
	ck_assert_str_eq(c.user, "plone");
	ck_assert_int_eq(c.stop_timeout_ms, 1500);
	ck_assert_int_eq(c.command_timeout_ms, 120000);
	ck_assert_str_eq(c.report, at("/log/reports"));
	ck_assert_int_eq(c.report_deadline_ms, 500);
	ck_assert_int_eq(c.report_keep, 3);
}
END_TEST

START_TEST(empty_options_are_not_there)
{
	CLEANUP(config_done) struct config c = config_of(
		"[cluster]\nstart =\nstop =\n\ndebug =\npid-file =\nlog-file =\nuser =\ndirectory =\n"
		"environment =\nstop-timeout =\ncommand-timeout = none\nreport =\nreport-deadline =\n"
		"report-keep =\n");

	ck_assert_uint_eq(c.start.count + c.stop.count, 0);
	ck_assert(!c.debug);
	ck_assert_str_eq(c.pid_file, "cluster.pid");
	ck_assert_str_eq(c.directory, top);
	ck_assert_ptr_null(c.user);
	ck_assert_ptr_null(c.environment[0]);
	ck_assert_int_eq(c.stop_timeout_ms, 10000);
	ck_assert_int_eq(c.command_timeout_ms, -1);
	ck_assert_ptr_null(c.report);
	ck_assert_int_eq(c.report_deadline_ms, 2000);
	ck_assert_int_eq(c.report_keep, 10);
}
END_TEST

START_TEST(absolute_and_elsewhere)
{
	CLEANUP(config_done) struct config c = config_of(
		"[buildout]\ndirectory = /srv/app\n[cluster]\nstart = a\npid-file = /run/a/x.pid\n");

	ck_assert_str_eq(c.home, "/srv/app");
	ck_assert_str_eq(c.directory, "/srv/app");
	ck_assert_str_eq(c.pid_path, "/run/a/x.pid");
	ck_assert_str_eq(c.log_path, "/run/a/cluster.log");
}
END_TEST

#define START "[cluster]\nstart = "
#define LINE "@buildout.cfg:2|"

START_TEST(references)
{
	char expected[300];

	starts(START "${:v}\nv = 1 ${x:y}\n[x]\ny = 2\n", "1 2" LINE);
	starts(START "${x:y} z\n[x]\ny = 1\n  2\n", "1" LINE "2 z" LINE);
	starts(START "$${HOME} $$ $${x:y}\n", "${HOME} $$ ${x:y}" LINE);
	starts(START "${:_buildout_section_name_}\n", "cluster" LINE);
	snprintf(expected, sizeof(expected), "%s/bin %s/parts %s/eggs %s/develop-eggs" LINE, top, top, top, top);
	starts(START "${buildout:bin-directory} ${buildout:parts-directory} ${buildout:eggs-directory} "
		     "${buildout:develop-eggs-directory}\n", expected);
	snprintf(expected, sizeof(expected), "%s/p/x /opt/x" LINE, top);
	starts(START "${x:location} ${y:location}\n[x]\nrecipe = r\n[y]\nrecipe = r\nlocation = /opt/x\n[buildout]\n"
		     "parts-directory = p\n", expected);
	starts("[base]\nv = 1\nstart = ${:v} ${:w}\n[cluster]\n<= base\nw = 2\n", "1 2@buildout.cfg:3|");
	setenv("PROCGUARD_TEST", "${x:y}", 1);
	starts(START "${env:PROCGUARD_TEST}\n", "${x:y}" LINE);
	starts(START "${env:PROCGUARD_TEST}\n[env]\nPROCGUARD_TEST = 1\n", "1" LINE);
	starts(START "${env:PROCGUARD_TEST}\n[env]\nx = 1\n", "${x:y}" LINE);
}
END_TEST

START_TEST(directories_of_buildout)
{
	setenv("HOME", "/home/plone", 1);
	starts("[buildout]\neggs-directory = ~/eggs\nbin-directory = ${:directory}/b\nparts-directory = /p\n"
	       "directory = /srv/app\ndevelop-eggs-directory = d\n"
	       "[cluster]\nstart = ${buildout:eggs-directory} ${buildout:bin-directory} ${buildout:parts-directory} "
	       "${buildout:develop-eggs-directory}\n", "/home/plone/eggs /srv/app/b /p /srv/app/d@buildout.cfg:8|");
}
END_TEST

/* What the cluster does not need may be wrong. */
START_TEST(only_what_is_needed)
{
	starts(START "a\nother = ${none:x}\n[b]\n<= none\nx = ${none:x}\n[c]\nx = ${:x}\n", "a" LINE);
}
END_TEST

START_TEST(bad_references)
{
	refused("[buildout]\nbin-directory = b\n[cluster]\nstart =\n  a\n  ${buildot:directory}/b\n",
		"buildout.cfg:6: ${buildot:directory}: no section 'buildot' (did you mean 'buildout'?)");
	refused(START "${buildout:bin-direktory}\n",
		"buildout.cfg:2: ${buildout:bin-direktory}: no option 'bin-direktory' in [buildout] (did you mean "
		"'bin-directory'?)");
	refused(START "${:x}\n", "buildout.cfg:2: ${:x}: no option 'x' in [cluster]");
	refused(START "${x:y}\n[x]\n\ny = ${zzz:y}\n", "buildout.cfg:5: ${zzz:y}: no section 'zzz'");
	refused(START "${x:location}\n[x]\n",
		"buildout.cfg:2: ${x:location}: no option 'location' in [x], which has no recipe either");
	refused(START "${env:PROCGUARD_TEST}\n",
		"buildout.cfg:2: ${env:PROCGUARD_TEST}: there is no PROCGUARD_TEST in the environment");
	refused(START "${x:y}\n[x]\n<= yy\n[y]\n", "buildout.cfg:4: <= yy: no such section (did you mean 'y'?)");
}
END_TEST

START_TEST(loops)
{
	refused(START "${:start}\n",
		"buildout.cfg:2: cluster:start needs itself: cluster:start -> cluster:start");
	refused(START "${:a}\na = ${x:b}\n[x]\nb = ${y:c}\n[y]\nc = ${x:b}\n",
		"buildout.cfg:7: x:b needs itself: x:b -> y:c -> x:b");
	refused("[buildout]\ndirectory = ${:bin-directory}/..\n" START "a\n",
		"buildout.cfg:2: buildout:directory needs itself: buildout:directory -> buildout:bin-directory -> "
		"buildout:directory");
	refused(START "a\n<= cluster\n", "buildout.cfg:3: <= cluster: the section inherits itself");
}
END_TEST

/* Each option twice the one before: it must end, and not with all memory. */
START_TEST(what_grows)
{
	char text[4000] = START "${:a0}\n", line[64];

	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof(line), "a%d = ${:a%d}${:a%d}\n", i, i + 1, i + 1);
		strcat(text, line);
	}
	strcat(text, "a40 = 0123456789\n");
	refused(text, "buildout.cfg:26: the value of cluster:a23 grows too long");
	strcpy(text, START "${:a0}\n");
	for (int i = 0; i < 70; i++) {
		snprintf(line, sizeof(line), "a%d = ${:a%d}\n", i, i + 1);
		strcat(text, line);
	}
	strcat(text, "a70 = 1\n");
	refused(text, "buildout.cfg:65: cluster:a63: too many options that need each other");
}
END_TEST

START_TEST(bad_values)
{
	refused(START "a\nstop-timeout = soon\n", "buildout.cfg:3: stop-timeout: 'soon' is no time (500ms, 30s, 5m; a "
						   "bare number is seconds)");
	refused(START "a\nstop-timeout = none\n", "buildout.cfg:3: stop-timeout: 'none' is no time (500ms, 30s, 5m; a "
						   "bare number is seconds)");
	refused(START "a\ncommand-timeout = 0\n", "buildout.cfg:3: command-timeout: '0' is no time (500ms, 30s, 5m; a "
						   "bare number is seconds; or none)");
	refused(START "a\ncommand-timeout = 31d\n", "buildout.cfg:3: command-timeout: '31d' is too long a time "
						     "(500ms, 30s, 5m; a bare number is seconds; or none)");
	refused(START "a\nreport-deadline = 0\n", "buildout.cfg:3: report-deadline: it takes a time from 1ms to 1h");
	refused(START "a\nreport-deadline = 2h\n", "buildout.cfg:3: report-deadline: it takes a time from 1ms to 1h");
	refused(START "a\nreport-deadline = none\n", "buildout.cfg:3: report-deadline: 'none' is no time (500ms, 30s, "
						       "5m; a bare number is seconds)");
	refused(START "a\nreport-keep = 0\n", "buildout.cfg:3: report-keep: it takes a number from 1");
	refused(START "a\nreport-keep = 10 or so\n", "buildout.cfg:3: report-keep: it takes a number from 1");
	refused(START "a\nreport-keep = 4294967297\n", "buildout.cfg:3: report-keep: it takes a number from 1");
	refused(START "a\nreport =\n  a\n  b\n", "buildout.cfg:4: report: it takes one line");
	refused(START "a\nuser = a\n  b\n", "buildout.cfg:3: user: it takes one line");
	refused(START "a\nenvironment =\n  A = 1\n", "buildout.cfg:4: environment: 'A = 1' is no NAME=VALUE");
	refused(START "a\nenvironment =\n  =1\n", "buildout.cfg:4: environment: '=1' is no NAME=VALUE");
	refused(START "a\nstop =\n  b\n  pid:0\n", "buildout.cfg:5: stop: pid:0: no process has that number");
	refused("[cluster]\nstop = a\n", "buildout.cfg: [cluster] has no option 'start'");
	refused("x\n", "buildout.cfg:1: 'x' stands before the first [SECTION]");
}
END_TEST

static void expect_section(const char *section, const char *called, const char *expected)
{
	CLEANUP(config_done) struct config c = loaded(&(struct config_request){ NULL, section, called });

	ck_assert_str_eq(c.section, expected);
}

START_TEST(which_section)
{
	CLEANUP(config_done) struct config c = { 0 };

	file("buildout.cfg", "[cluster]\nstart = a\n[pound]\n<= base\n[base]\nstart = b\n[other]\nx = 1\n[a/b]\n"
			     "start = c\n");
	expect_section(NULL, "procguard cluster", "cluster");
	expect_section(NULL, NULL, "cluster");
	expect_section(NULL, "/srv/app/bin/pound", "pound");
	expect_section(NULL, "pound", "pound");
	expect_section(NULL, "bin/other", "cluster");
	expect_section(NULL, "bin/none", "cluster");
	expect_section("base", "bin/pound", "base");
	c = loaded(&(struct config_request){ .section = "pound" });
	ck_assert_str_eq(c.pid_file, "pound.pid");
	ck_assert_str_eq(c.log_path, at("/pound.log"));
	config_done(&c);
	c = loaded(&(struct config_request){ .section = "a/b" });
	ck_assert_str_eq(c.pid_file, "a-b.pid");
	refused_by(&(struct config_request){ .section = "pond" },
		   "buildout.cfg: no section 'pond' (did you mean 'pound'?)");
	refused_by(&(struct config_request){ .section = "zope" },
		   "buildout.cfg: no section 'zope' (-s SECTION names another)");
	refused_by(&(struct config_request){ .section = "other" }, "buildout.cfg: [other] has no option 'start'");
}
END_TEST

START_TEST(all_values_and_their_places)
{
	CLEANUP(config_done) struct config config = { 0 };
	struct fault fault;
	struct resolve *r;
	bool seen = false;

	file("buildout.cfg", START "${x:y}\n[x]\ny = 1\nz = 2\n");
	ck_assert_int_eq(config_load(&usual, &config, &r, &fault), 0);
	for (size_t i = 0; resolve_nth(r, i); i++) {
		const struct resolved *value = resolve_nth(r, i);

		ck_assert_str_ne(value->option, "z");
		if (strcmp(value->section, "x") != 0)
			continue;
		ck_assert_str_eq(value->option, "y");
		ck_assert_str_eq(value->value.lines[0].text, "1");
		ck_assert_uint_eq(value->value.lines[0].line, 4);
		seen = true;
	}
	ck_assert(seen);
	resolve_free(r);
}
END_TEST

START_TEST(nothing_to_release)
{
	config_done(NULL);
	config_done(&(struct config){ 0 });
	resolve_free(NULL);
	sources_done(NULL);
	sections_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("config");

	tcase_add_checked_fixture(tests, enter, leave);
	tcase_add_test(tests, defaults);
	tcase_add_test(tests, every_option);
	tcase_add_test(tests, empty_options_are_not_there);
	tcase_add_test(tests, absolute_and_elsewhere);
	tcase_add_test(tests, references);
	tcase_add_test(tests, directories_of_buildout);
	tcase_add_test(tests, only_what_is_needed);
	tcase_add_test(tests, bad_references);
	tcase_add_test(tests, loops);
	tcase_add_test(tests, what_grows);
	tcase_add_test(tests, bad_values);
	tcase_add_test(tests, which_section);
	tcase_add_test(tests, all_values_and_their_places);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("config", tests);
}
