/* The section Processes: real trees, and one of a fixture that is too large. */
#include "applets/gmr/processes.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/section.h"
#include "tests/suite.h"

static const struct value *look_at(pid_t pid)
{
	ck_assert_int_eq(target_open(&proc, pid, &target), 0);
	section_processes(&report, &target);
	ck_assert_int_eq(report.tree.error, 0);
	return value_get(&report.tree.root, REPORT_PROCESSES);
}

static const struct value *child_of(const struct value *process, pid_t pid)
{
	const struct value *child = value_first(value_get(process, "children"));

	while (child && value_int(child, "pid", 0) != pid)
		child = child->next;
	return child;
}

START_TEST(states)
{
	/* psutil's PROC_STATUSES. */
	static const char *const words[] = {
		"Rrunning", "Ssleeping", "Ddisk-sleep", "Tstopped", "ttracing-stop", "Zzombie", "Xdead", "xdead",
		"Kwake-kill", "Wwaking", "Iidle", "Pparked", "?unknown",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		ck_assert_str_eq(processes_state(words[i][0]), words[i] + 1);
	procfs_open(PROCFS_ROOT, &proc);
}
END_TEST

static char state_of(pid_t pid)
{
	struct procparse_stat stat = { 0 };

	return procfs_stat_of(&proc, pid, &stat) == 0 ? stat.state : '?';
}

/* A child that has a child, and a name that is to be escaped. */
static pid_t start_parent(int *ret_grandchild)
{
	int pair[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		pid_t grandchild = child_start();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(pair[1], &grandchild, sizeof grandchild) != sizeof grandchild)
			_exit(1);
		execlp("sleep", "sl\x1b" "eep", "600", (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(read(pair[0], ret_grandchild, sizeof *ret_grandchild), (ssize_t)sizeof *ret_grandchild);
	close(pair[1]);
	close(pair[0]);
	CHILD_UNTIL(child_runs(pid, "sleep"));
	return pid;
}

START_TEST(real_tree)
{
	pid_t zombie, stopped, parent, grandchild = 0;
	const struct value *root, *child;

	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	zombie = child_start();
	stopped = child_start();
	parent = start_parent(&grandchild);
	kill(zombie, SIGKILL);
	child_await_zombie(zombie);
	kill(stopped, SIGSTOP);
	CHILD_UNTIL(state_of(stopped) == 'T' && state_of(parent) == 'S' && state_of(grandchild) == 'S');
	root = look_at(getpid());
	ck_assert_int_eq(value_int(root, "parent_pid", 0), getppid());
	ck_assert_int_eq(value_int(value_get(root, "uids"), "real", -1), getuid());
	ck_assert_int_eq(value_int(value_get(root, "gids"), "saved", -1), getgid());
	if (getuid() == 0)
		ck_assert_str_eq(value_string(root, "username", ""), "root");
	child = child_of(root, zombie);
	ck_assert_str_eq(value_string(child, "state", ""), "zombie");
	ck_assert_uint_eq(value_get(child, "command")->count, 0);
	ck_assert_str_eq(value_string(child_of(root, stopped), "state", ""), "stopped");
	child = child_of(root, parent);
	ck_assert_str_eq(value_string(child, "state", ""), "sleeping");
	ck_assert_int_eq(value_int(child, "parent_pid", 0), getpid());
	ck_assert_str_eq(value_first(value_get(child, "command"))->string, "sl\\x1beep");
	ck_assert_str_eq(value_string(child_of(child, grandchild), "state", ""), "sleeping");
	ck_assert_uint_eq(value_get(child_of(child, grandchild), "children")->count, 0);
	ck_assert(!report.incomplete);
	child_end(zombie);
	child_end(stopped);
	child_end(parent);
	kill(grandchild, SIGKILL);
}
END_TEST

/* What a fixture's process has besides its stat and its children. */
static void add_process(int pid, int parent, const char *children)
{
	char name[64];

	fixture_stat(pid, "x", 'S', parent, 7);
	snprintf(name, sizeof name, "%d/status", pid);
	fixture_text(name, "Name:\tx\nUid:\t4294967294\t1\t2\t3\nGid:\t4\t5\t6\t7\n");
	snprintf(name, sizeof name, "%d/cmdline", pid);
	fixture_bytes(name, "x\0-p\0", 5);
	snprintf(name, sizeof name, "%d/task/%d/children", pid, pid);
	fixture_text(name, children);
}

static const struct value *look_at_fixture(int pid)
{
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
	target.proc = &proc;
	target.ref.pid = pid;
	target.dir = procfs_process(&proc, pid);
	target.status = target.cmdline = BUF(4096);
	ck_assert_int_eq(procfs_stat(target.dir, &target.stat), 0);
	ck_assert_int_eq(procfs_read(target.dir, "status", &target.status), 0);
	section_processes(&report, &target);
	ck_assert_int_eq(report.tree.error, 0);
	return value_get(&report.tree.root, REPORT_PROCESSES);
}

START_TEST(ids)
{
	const struct value *root;

	fixture_make();
	add_process(10, 1, "11 12 ");
	add_process(11, 10, "");
	add_process(12, 9, ""); /* another's by now */
	root = look_at_fixture(10);
	fixture_remove();
	ck_assert_str_eq(value_string(root, "username", ""), "4294967294");
	ck_assert_int_eq(value_int(value_get(root, "uids"), "real", 0), 4294967294);
	ck_assert_int_eq(value_int(value_get(root, "uids"), "effective", 0), 1);
	ck_assert_int_eq(value_int(value_get(root, "gids"), "saved", 0), 6);
	ck_assert_ptr_nonnull(child_of(root, 11));
	ck_assert_ptr_null(child_of(root, 12));
}
END_TEST

/* Each the child of the one before it, and the last one the parent of the first: as no kernel has it. */
START_TEST(too_deep)
{
	const struct value *process;
	char children[16];
	int levels = 0;

	fixture_make();
	for (int pid = 10; pid < 110; pid++) {
		snprintf(children, sizeof children, "%d ", pid == 109 ? 10 : pid + 1);
		add_process(pid, pid == 10 ? 109 : pid - 1, children);
	}
	process = look_at_fixture(10);
	fixture_remove();
	for (; process; process = value_first(value_get(process, "children")))
		levels++;
	ck_assert_int_gt(levels, 90);
	ck_assert_int_lt(levels, VALUE_DEPTH_MAX / 2);
	ck_assert_uint_eq(report.notes->count, 1);
	ck_assert(report.incomplete);
}
END_TEST

START_TEST(too_many)
{
	static char children[65536];
	const struct value *root;
	size_t len = 0;

	fixture_make();
	for (int pid = 11; pid < 4211; pid++)
		len += (size_t)snprintf(children + len, sizeof children - len, "%d ", pid);
	add_process(10, 1, children);
	add_process(11, 10, "");
	add_process(4206, 10, ""); /* not looked at any more */
	root = look_at_fixture(10);
	fixture_remove();
	ck_assert_uint_eq(value_get(root, "children")->count, 1);
	ck_assert_uint_eq(report.notes->count, 1);
	ck_assert(report.incomplete);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("processes");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, states);
	tcase_add_test(tests, real_tree);
	tcase_add_test(tests, ids);
	tcase_add_test(tests, too_deep);
	tcase_add_test(tests, too_many);
	return suite_run("processes", tests);
}
