/* The section Configuration: of a real process beside what the kernel's own calls say, and cgroups of a fixture. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/section.h"
#include "tests/suite.h"

/* GROUP of the process PID. */
static const struct value *look_at(pid_t pid, bool with_environ)
{
	const struct sections_options options = { .environ = with_environ };

	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	ck_assert_int_eq(target_open(&proc, pid, &target), 0);
	section_configuration(&report, &target, NULL, &options);
	ck_assert_int_eq(report.tree.error, 0);
	ck_assert(!report.incomplete);
	return value_get(&report.tree.root, REPORT_CONFIGURATION);
}

static const char *in_group(const struct value *all, const char *group, const char *key)
{
	return value_string(value_get(all, group), key, "(nothing)");
}

/* A child that is prepared by PREPARE, and then waits. */
static pid_t start(void (*prepare)(void))
{
	int pair[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(pair), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prepare();
		if (write(pair[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(pair[1]);
	ck_assert_int_eq(read(pair[0], &byte, 1), 1);
	close(pair[0]);
	return pid;
}

static void prepare_all(void)
{
	struct rlimit files;
	sigset_t blocked;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = 100;
	setrlimit(RLIMIT_NOFILE, &files);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGHUP, SIG_IGN);
	setpriority(PRIO_PROCESS, 0, 5);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (setsid() < 0 || chdir("/tmp") < 0)
		_exit(1);
	raise(SIGUSR1);
}

START_TEST(as_the_kernel_says)
{
	pid_t pid = start(prepare_all);
	const struct value *all = look_at(pid, false);
	struct rlimit files;
	char want[128];

	/* As the kernel has them: valgrind keeps those of its programs to itself. */
	ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &files), 0);
	if (files.rlim_max != RLIM_INFINITY) {
		snprintf(want, sizeof want, "%lu / %lu files", (unsigned long)files.rlim_cur,
			 (unsigned long)files.rlim_max);
		ck_assert_str_eq(in_group(all, "limits", "Max open files"), want);
	}
	ck_assert_str_eq(in_group(all, "process", "working directory"), "/tmp");
	ck_assert_str_eq(in_group(all, "process", "executable"), target.exe);
	ck_assert_str_eq(in_group(all, "process", "terminal"), "none");
	ck_assert_int_eq(value_int(value_get(all, "process"), "session", 0), pid);
	ck_assert_str_eq(in_group(all, "signals", "SigBlk"), "SIGUSR1");
	ck_assert_ptr_nonnull(strstr(in_group(all, "signals", "SigIgn"), "SIGHUP"));
	ck_assert_ptr_nonnull(strstr(in_group(all, "signals", "SigPnd"), "SIGUSR1"));
	ck_assert_int_eq(value_int(value_get(all, "capabilities"), "NoNewPrivs", 0), 1);
	ck_assert_str_eq(in_group(all, "capabilities", "CapAmb"), "none");
	ck_assert_int_eq(value_int(value_get(all, "scheduling"), "nice", 0), getpriority(PRIO_PROCESS, (id_t)pid));
	ck_assert_str_eq(in_group(all, "scheduling", "policy"), "SCHED_OTHER");
	ck_assert_int_eq(value_int(value_get(all, "scheduling"), "Threads", 0), 1);
	ck_assert_ptr_nonnull(strstr(in_group(all, "memory", "VmRSS"), " kB"));
	ck_assert_ptr_nonnull(value_get(value_get(all, "memory"), "oom_score"));
	ck_assert_int_eq(strncmp(in_group(all, "namespaces", "net"), "net:[", 5), 0);
	ck_assert_ptr_null(strstr(in_group(all, "namespaces", "net"), "not ours"));
	ck_assert_ptr_null(value_get(all, "environment"));
	ck_assert_uint_eq(report.denied->count, 0);
	child_end(pid);
}
END_TEST

static void prepare_files(void)
{
	if (dup2(open("/dev/null", O_RDWR), 9) != 9 || dup2(9, 10) != 10)
		_exit(1);
}

START_TEST(files_by_number)
{
	pid_t pid = start(prepare_files);
	const struct value *files = value_get(look_at(pid, false), "files");
	const struct value *nine = value_first(value_get(files, "descriptors"));
	bool devices = false;

	while (nine && strcmp(nine->string, "9: /dev/null") != 0)
		nine = nine->next;
	ck_assert_ptr_nonnull(nine);
	ck_assert_str_eq(nine->next->string, "10: /dev/null"); /* by number, not by text */
	for (const struct value *kind = value_first(value_get(files, "by kind")); kind; kind = kind->next)
		devices |= strncmp(kind->string, "device: ", 8) == 0 && atoi(kind->string + 8) >= 2;
	ck_assert(devices);
	ck_assert_ptr_nonnull(strstr(value_string(files, "open", ""), " of "));
	child_end(pid);
}
END_TEST

START_TEST(environment)
{
	char *const variables[] = { "A=1", "MYSQL_PWD=s3cret", "A=2", "B", "X\x1b=\n", "X\\x1b=3", "=e", NULL };
	const struct value *group;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execle("/bin/sleep", "sleep", "600", (char *)NULL, variables);
		_exit(127);
	}
	CHILD_UNTIL(child_runs(pid, "sleep"));
	group = value_get(look_at(pid, true), "environment");
	ck_assert_str_eq(value_string(group, "A", ""), "1");
	ck_assert_str_eq(value_string(group, "MYSQL_PWD", ""), "***");
	ck_assert_str_eq(value_string(group, "B", "-"), "");
	ck_assert_str_eq(value_string(group, "X\\x1b", ""), "\\x0a");
	ck_assert_str_eq(value_string(group, "", ""), "e");
	ck_assert_uint_eq(group->count, 5);
	child_end(pid);
}
END_TEST

static void prepare_namespace(void)
{
	if (unshare(CLONE_NEWUTS) < 0)
		unshare(CLONE_NEWUSER | CLONE_NEWUTS);
}

START_TEST(other_namespace)
{
	pid_t pid = start(prepare_namespace);
	const struct value *all = look_at(pid, false);
	char own[64] = "";

	ck_assert_int_gt(readlink("/proc/self/ns/uts", own, sizeof own - 1), 0);
	if (strncmp(in_group(all, "namespaces", "uts"), own, strlen(own)) != 0)
		ck_assert_ptr_nonnull(strstr(in_group(all, "namespaces", "uts"), " (not ours)"));
	else
		fprintf(stderr, "skipped: no namespace of its own\n");
	child_end(pid);
}
END_TEST

/* GROUP cgroup of a fixture's process 7, whose hierarchies are v2 and "v1". */
static const struct value *look_at_cgroup(const char *cgroup)
{
	const struct sections_options options = { 0 };
	char text[2 * PATH_MAX];

	snprintf(text, sizeof text, "38 31 0:35 / %s/v2 rw - cgroup2 cgroup2 rw\n"
		 "35 31 0:32 / %s/v1 rw - cgroup cgroup rw,memory,cpu\n", fixture_root, fixture_root);
	fixture_text("self/mountinfo", text);
	fixture_text("7/cgroup", cgroup);
	fixture_stat(7, "x", 'S', 1, 7);
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
	target.proc = &proc;
	target.ref.pid = target.inner_pid = 7;
	target.exe_error = -ENOENT;
	target.dir = procfs_process(&proc, 7);
	target.status = target.cmdline = BUF(4096);
	section_configuration(&report, &target, NULL, &options);
	return value_get(value_get(&report.tree.root, REPORT_CONFIGURATION), "cgroup");
}

START_TEST(cgroup_v2)
{
	const struct value *group;
	char want[PATH_MAX];

	fixture_make();
	fixture_text("v2/a/memory.max", "1073741824\n");
	fixture_text("v2/a/b/memory.max", "max\n");
	fixture_text("v2/a/b/memory.current", "536870912\n");
	fixture_text("v2/a/b/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n");
	fixture_text("v2/a/b/cpu.max", "150000 100000\n");
	fixture_text("v2/a/b/cpu.stat", "usage_usec 1\nnr_throttled 5\nthrottled_usec 6\n");
	fixture_text("v2/a/b/pids.max", "max\n");
	fixture_text("v2/a/b/pids.current", "9\n");
	group = look_at_cgroup("0::/a/b\n");
	ck_assert_str_eq(value_first(value_get(group, "paths"))->string, "v2: /a/b");
	snprintf(want, sizeof want, "512.0 MiB of 1.0 GiB (50%%), by %s/v2/a", fixture_root);
	ck_assert_str_eq(value_string(group, "memory", ""), want);
	ck_assert_str_eq(value_string(group, "memory.max", ""), "max");
	ck_assert_int_eq(value_int(group, "memory.current", 0), 536870912);
	ck_assert_int_eq(value_int(group, "memory.events oom", 0), 3);
	ck_assert_int_eq(value_int(group, "memory.events oom_kill", 0), 4);
	snprintf(want, sizeof want, "1.50 cores, by %s/v2/a/b", fixture_root);
	ck_assert_str_eq(value_string(group, "cpu", ""), want);
	ck_assert_int_eq(value_int(group, "cpu.stat nr_throttled", 0), 5);
	ck_assert_str_eq(value_string(group, "pids.max", ""), "max");
	ck_assert_int_eq(value_int(group, "pids.current", 0), 9);
	fixture_remove();
}
END_TEST

START_TEST(cgroup_v1)
{
	const struct value *group;

	fixture_make();
	fixture_text("v1/a/memory.limit_in_bytes", "9223372036854771712\n");
	fixture_text("v1/a/memory.usage_in_bytes", "1024\n");
	fixture_text("v1/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	fixture_text("v1/a/cpu.cfs_quota_us", "-1\n");
	fixture_text("v1/a/cpu.cfs_period_us", "100000\n");
	group = look_at_cgroup("4:memory:/a\n3:cpu:/a\n0::/\n");
	ck_assert_str_eq(value_first(value_get(group, "paths"))->string, "memory: /a");
	ck_assert_str_eq(value_string(group, "memory", ""), "1.0 KiB, no limit");
	ck_assert_str_eq(value_string(group, "memory.limit_in_bytes", ""), "max");
	ck_assert_int_eq(value_int(group, "memory.oom_control oom_kill", 0), 2);
	ck_assert_str_eq(value_string(group, "cpu", ""), "no limit");
	fixture_remove();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("configuration");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, as_the_kernel_says);
	tcase_add_test(tests, files_by_number);
	tcase_add_test(tests, environment);
	tcase_add_test(tests, other_namespace);
	tcase_add_test(tests, cgroup_v2);
	tcase_add_test(tests, cgroup_v1);
	return suite_run("configuration", tests);
}
