/* Discovery by name, command line, pid file and parent: made-up ones, and the kernel's. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/find.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

/* The one process called NAME, 0 for none, -1 for several. */
static pid_t find_one(const char *name)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	ck_assert_int_eq(find_by_comm(&proc, name, &set), 0);
	return set.count == 0 ? 0 : set.count == 1 ? set.pids[0] : -1;
}

#define COMM_63 "kworker/u257:12-events_unbound_and_some_more_of_a_name_like_it!"

START_TEST(names)
{
	fixture_text("10/comm", "webapp\n");
	fixture_text("11/comm", "web\napp\n");
	fixture_text("12/comm", "123456789012345\n");
	fixture_text("13/comm", COMM_63 "\n");
	fixture_text("14/comm", "\n");
	fixture_text("15/comm", "cut"); /* no newline: not a name */
	fixture_text("16/comm", "");
	fixture_directory("17");
	fixture_text("18/comm", ") (\n");
	fixture_text("19/comm", "webapp2\n");
	fixture_text("20/comm", "twice\n");
	fixture_text("21/comm", "twice\n");
	ck_assert_int_eq(find_one("webapp"), 10);
	ck_assert_int_eq(find_one("web\napp"), 11);
	ck_assert_int_eq(find_one("web"), 0);
	ck_assert_int_eq(find_one("webap"), 0);
	ck_assert_int_eq(find_one("123456789012345"), 12);
	ck_assert_int_eq(find_one("1234567890123456789"), 12);
	ck_assert_int_eq(find_one("12345678901234"), 0);
	ck_assert_int_eq(find_one(COMM_63), 13);
	ck_assert_int_eq(find_one(COMM_63 "4"), 0);
	ck_assert_int_eq(find_one(""), 14);
	ck_assert_int_eq(find_one("cut"), 0);
	ck_assert_int_eq(find_one(") ("), 18);
	ck_assert_int_eq(find_one("twice"), -1);
}
END_TEST

START_TEST(not_ourselves)
{
	char name[32];

	snprintf(name, sizeof name, "%d/comm", getpid());
	fixture_text(name, "webapp\n");
	ck_assert_int_eq(find_one("webapp"), 0);
}
END_TEST

/* Others may have the same name: this test in another build. */
static bool finds(const char *name, pid_t pid)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	ck_assert_int_eq(find_by_comm(&proc, name, &set), 0);
	return pidset_has(&set, pid);
}

static const char *const real_names[] = { "a", ") (", "pg test\nname", "pgfindtest_15by", "pgfindtest_longer_than_15" };

START_TEST(names_of_kernel)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, real_names[_i]);
		for (;;)
			pause();
	}
	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	CHILD_UNTIL(finds(real_names[_i], pid));
	ck_assert(!finds("another", pid));
	child_end(pid);
	ck_assert(!finds(real_names[_i], pid));
}
END_TEST

START_TEST(parents)
{
	pid_t parent = -5;

	fixture_stat(7, ") S 99 (", 'S', 3, 1);
	fixture_text("8/stat", "8 (cut) S");
	ck_assert_int_eq(find_parent(&proc, 8, &parent), -EBADMSG);
	ck_assert_int_eq(find_parent(&proc, 9, &parent), -ESRCH);
	ck_assert_int_eq(find_parent(&proc, 0, &parent), -ESRCH);
	ck_assert_int_eq(parent, -5);
	ck_assert_int_eq(find_parent(&proc, 7, &parent), 0);
	ck_assert_int_eq(parent, 3);
	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	ck_assert_int_eq(find_parent(&proc, getpid(), &parent), 0);
	ck_assert_int_eq(parent, getppid());
}
END_TEST

/* The one process that is found, 0 for none, -1 for several. */
static pid_t one_by_name(const char *name)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	ck_assert_int_eq(find_by_name(&proc, name, &set), 0);
	return set.count == 0 ? 0 : set.count == 1 ? set.pids[0] : -1;
}

static pid_t one_by_argv(const char *pattern)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	char why[FIND_WHY_SIZE];

	ck_assert_int_eq(find_by_argv(&proc, pattern, &set, why), 0);
	return set.count == 0 ? 0 : set.count == 1 ? set.pids[0] : -1;
}

START_TEST(names_of_executables)
{
	fixture_text("10/comm", "worker\n");
	fixture_link("10/exe", "/opt/webapp");
	fixture_text("11/comm", "other\n");
	fixture_link("11/exe", "/opt/replaced (deleted)");
	fixture_text("12/comm", "hidden\n"); /* no exe: may not be read */
	fixture_text("13/comm", "webapp2\n");
	fixture_link("13/exe", "/webapp/webapp2");
	ck_assert_int_eq(one_by_name("webapp"), 10);
	ck_assert_int_eq(one_by_name("worker"), 10);
	ck_assert_int_eq(find_one("webapp"), 0);
	ck_assert_int_eq(one_by_name("replaced"), 11);
	ck_assert_int_eq(one_by_name("replace"), 0);
	ck_assert_int_eq(one_by_name("hidden"), 12);
	ck_assert_int_eq(one_by_name("webapp2"), 13);
}
END_TEST

static const char java[] = "java\0-Xmx1g\0-jar\0/srv/a b.jar\0", title[] = "nginx: master\0\0\0\0";

START_TEST(command_lines)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	char why[FIND_WHY_SIZE] = "", own[32];

	fixture_bytes("10/cmdline", java, sizeof java - 1);
	fixture_bytes("11/cmdline", title, sizeof title - 1);
	fixture_text("12/cmdline", ""); /* a kernel thread */
	fixture_directory("13");
	snprintf(own, sizeof own, "%d/cmdline", getpid());
	fixture_bytes(own, java, sizeof java - 1);
	ck_assert_int_eq(one_by_argv("-jar /srv/a b[.]jar$"), 10);
	ck_assert_int_eq(one_by_argv("^nginx: (master|worker)$"), 11);
	ck_assert_int_eq(one_by_argv("^$"), 0);
	ck_assert_int_eq(one_by_argv("."), -1);
	ck_assert_int_eq(find_by_argv(&proc, "(", &set, why), -EINVAL);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(pid_files)
{
	static const struct { const char *text; int r; pid_t pid; } files[] = {
		{ "17\n", 0, 17 }, { "  17 \r\n\n", 0, 17 }, { "17", 0, 17 }, { "", -EBADMSG, 0 },
		{ "0\n", -EBADMSG, 0 }, { "17 18\n", -EBADMSG, 0 }, { "-17\n", -EBADMSG, 0 },
		{ "99999999999999999999", -EBADMSG, 0 }, { "17x", -EBADMSG, 0 },
	};
	pid_t pid;
	uid_t owner = 1;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		pid = 0;
		fixture_text("pid", files[i].text);
		ck_assert_int_eq(find_pid_file(fixture_path("pid"), &pid, &owner), files[i].r);
		ck_assert_int_eq(pid, files[i].pid);
		ck_assert(files[i].r < 0 || owner == geteuid());
	}
	ck_assert_int_eq(find_pid_file(fixture_path("none"), &pid, &owner), -ENOENT);
	ck_assert_int_eq(find_pid_file(fixture_root, &pid, &owner), -EINVAL);
	ck_assert_int_eq(mkfifo(fixture_path("fifo"), 0600), 0);
	ck_assert_int_eq(find_pid_file(fixture_path("fifo"), &pid, &owner), -EINVAL);
}
END_TEST

START_TEST(ancestors)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	fixture_stat(7, "a", 'S', 3, 1);
	fixture_stat(3, "b", 'S', 5, 1);
	fixture_stat(5, "c", 'S', 3, 1); /* the tree changed while we read it */
	ck_assert_int_eq(find_ancestors(&proc, 7, &set), 0);
	ck_assert_uint_eq(set.count, 3);
	ck_assert(pidset_has(&set, 7) && pidset_has(&set, 3) && pidset_has(&set, 5));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, names);
	tcase_add_test(t, not_ourselves);
	tcase_add_loop_test(t, names_of_kernel, 0, 5);
	tcase_add_test(t, parents);
	tcase_add_test(t, names_of_executables);
	tcase_add_test(t, command_lines);
	tcase_add_test(t, pid_files);
	tcase_add_test(t, ancestors);
	return suite_run("find", t);
}
