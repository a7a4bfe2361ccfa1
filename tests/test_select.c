/* Who is meant, among made-up processes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/select.h"
#include "core/cleanup.h"
#include "tests/capture.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;

static void process(int pid, const char *comm, int ppid, const char *cmdline)
{
	char name[32], text[128];

	fixture_stat(pid, comm, 'S', ppid, 1);
	snprintf(name, sizeof name, "%d/comm", pid);
	snprintf(text, sizeof text, "%s\n", comm);
	fixture_text(name, text);
	snprintf(name, sizeof name, "%d/cmdline", pid);
	fixture_text(name, cmdline);
}

/* 50 -> 40 -> ourselves; 60 and 70, with 71 below; 80 is dead. */
static void set_up(void)
{
	fixture_make();
	process(50, "sh", 1, "sh -c gmr webapp");
	process(40, "sudo", 50, "sudo gmr webapp");
	process(getpid(), "procguard", 40, "procguard gmr webapp");
	process(60, "webapp", 1, "/srv/webapp -v");
	process(70, "java", 1, "java -jar webapp.jar");
	process(71, "helper", 70, "helper");
	process(80, "webapp", 1, "");
	fixture_stat(80, "webapp", 'Z', 1, 1);
	fixture_text("70/task/70/children", "71 ");
	fixture_text("71/task/71/children", "");
	fixture_text("60/task/60/children", "");
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

/* What comes of the words of a command line: the pids in order, with '<' whom nobody has named, then the status. What
 * was said is in *RET_SAID. */
static const char *selected(const char *const *words, const char **ret_said)
{
	CLEANUP(pidset_done) struct pidset set = { 0 }, named = { 0 };
	CLEANUP(options_done) struct options options;
	static struct capture said;
	static char text[256];
	char *argv[16] = { (char *)"gmr" };
	int argc = 1, status;
	size_t at = 0;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	capture_begin(&said, STDERR_FILENO);
	ck_assert_int_eq(options_parse(&options_program, argc, argv, &options), OPT_OK);
	status = select_processes(&options_program, &proc, &options, &set, &named);
	*ret_said = capture_end(&said);
	for (size_t i = 0; i < set.count; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%d%s ", set.pids[i],
				       pidset_has(&named, set.pids[i]) ? "" : "<");
	snprintf(text + at, sizeof text - at, "-> %d", status);
	return text;
}

#define SELECTED(expected, expected_said, ...)                                                                  \
	do {                                                                                                    \
		const char *said_;                                                                              \
		ck_assert_str_eq(selected((const char *const[]){ __VA_ARGS__, NULL }, &said_), expected);        \
		ck_assert_msg(strstr(said_, expected_said) && !*said_ == !*expected_said, "said: %s", said_);   \
	} while (0)

START_TEST(by_pid)
{
	SELECTED("60 70 -> 0", "", "60", "70", "60");
	SELECTED("60 -> 1", "there is no process 99", "99", "60");
	SELECTED("-> 1", "process 80 has ended (its parent", "80");
	fixture_text("71/status", "Name:\thelper\nTgid:\t70\nPid:\t71\n");
	SELECTED("-> 1", "71 is no process, but a thread of process 70 (give that one)", "71");
	SELECTED("-> 2", "'webapp' is no pid (-n 'webapp' looks", "webapp", "60");
	SELECTED("60 -> 2", "'-f' is no pid (options stand before pids)", "60", "-f", "70");
	SELECTED("-> 2", "'USR1' is no pid (--signal=USR1 sends that signal)", "--signal", "USR1", "60");
	SELECTED("-> 2", "is no pid", "0");
	SELECTED("-> 2", "is no pid", "99999999999");
}
END_TEST

START_TEST(by_name)
{
	SELECTED("60 -> 0", "", "-n", "webapp");
	SELECTED("-> 1", "no process is called 'web\\x0aapp'", "-n", "web\napp");
	SELECTED("-> 1", "no process is called 'sudo'", "-n", "sudo");
	SELECTED("60 71 -> 0", "", "-n", "webapp", "-n", "helper");
	SELECTED("50 -> 0", "", "50");
}
END_TEST

START_TEST(by_arguments)
{
	SELECTED("60 -> 0", "", "-C", "webapp( -v)?$"); /* and the three above us */
	SELECTED("70 -> 0", "", "-C", "^java .*[.]jar$");
	SELECTED("-> 1", "the arguments of no process match 'gmr'", "-C", "gmr");
	SELECTED("-> 2", "'[' is no regular expression", "-C", "[");
}
END_TEST

START_TEST(by_pid_file)
{
	char path[PATH_MAX], dead[PATH_MAX];

	fixture_text("pid", "70\n");
	fixture_text("dead", "80\n");
	snprintf(path, sizeof path, "%s", fixture_path("pid"));
	snprintf(dead, sizeof dead, "%s", fixture_path("dead"));
	SELECTED("70 -> 0", "", "-F", path);
	SELECTED("70 -> 1", "there is no process 80, which stands in '", "-F", dead, "-F", path);
	SELECTED("-> 1", "it is no regular file", "-F", fixture_root);
	SELECTED("70 -> 0", "", "--signal", "-F", path);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 1234, 1234), 0);
		fixture_text("70/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 \n");
		SELECTED("70 -> 0", "", "-F", path);
		SELECTED("-> 1", "uid 1234, to whom the file belongs, is not the pro", "--signal", "-F", path);
		fixture_text("70/status", "Uid:\t1234\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 \n");
		SELECTED("70 -> 0", "", "--signal", "-F", path);
	}
	SELECTED("-> 1", "No such file", "-F", fixture_path("none"));
	fixture_text("pid", "seventy\n");
	SELECTED("-> 1", "it holds no pid", "-F", path);
}
END_TEST

START_TEST(with_their_children)
{
	SELECTED("70 71 60 -> 0", "", "--children", "70", "60", "71");
	SELECTED("70 71< 60 -> 0", "", "--children", "70", "60");
}
END_TEST

static const struct { const char *typed; unsigned bit; const char *nearest; } sections[] = {
	{ "threads", SECTION_THREADS, NULL },
	{ "THREADS", SECTION_THREADS, NULL },
	{ "Green Threads", SECTION_GREEN_THREADS, NULL },
	{ "green-threads", SECTION_GREEN_THREADS, NULL },
	{ "green_threads", SECTION_GREEN_THREADS, NULL },
	{ "package", SECTION_PACKAGE, NULL },
	{ "processes", SECTION_PROCESSES, NULL },
	{ "configuration", SECTION_CONFIGURATION, NULL },
	{ "thread", 0, "Threads" },
	{ "confguration", 0, "Configuration" },
	{ "greenthreads", 0, "Green Threads" },
	{ "", 0, NULL },
	{ "everything", 0, NULL },
};

START_TEST(names_of_sections)
{
	const char *nearest = NULL;

	ck_assert_uint_eq(options_section(sections[_i].typed, &nearest), sections[_i].bit);
	if (sections[_i].nearest)
		ck_assert_str_eq(nearest, sections[_i].nearest);
	else
		ck_assert_ptr_null(nearest);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, by_pid);
	tcase_add_test(t, by_name);
	tcase_add_test(t, by_arguments);
	tcase_add_test(t, by_pid_file);
	tcase_add_test(t, with_their_children);
	tcase_add_loop_test(t, names_of_sections, 0, (int)(sizeof sections / sizeof sections[0]));
	return suite_run("select", t);
}
