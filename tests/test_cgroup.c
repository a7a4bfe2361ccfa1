/* The counter of OOM kills: which file it is, and that it counts what the kernel does. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/cgroup.h"
#include "core/cleanup.h"
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

/* Both hierarchies mounted below the fixture, the names with a blank; V1_ROOT is what of v1 is seen there. */
static void write_mounts(const char *v1_root)
{
	char text[2 * PATH_MAX];

	snprintf(text, sizeof text,
		 "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
		 "35 31 0:32 %s %s/v1\\040mem rw - cgroup cgroup rw,memory\n"
		 "38 31 0:35 / %s/v2 rw shared:9 - cgroup2 cgroup2 rw\n", v1_root, fixture_root, fixture_root);
	fixture_text("self/mountinfo", text);
}

static void check_counter(const char *file, uint64_t kills)
{
	CLEANUP(cgroup_oom_done) struct cgroup_oom oom = CGROUP_OOM_NONE;
	uint64_t found = 0;

	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), 0);
	ck_assert_str_eq(oom.path, strcmp(file, "vmstat") == 0 ? file : fixture_path(file));
	ck_assert_int_eq(cgroup_oom_kills(&oom, &found), 0);
	ck_assert_uint_eq(found, kills);
}

#define CGROUPS "5:cpu,cpuacct:/c\n4:memory:/box/a\n0::/box/b\n"

START_TEST(newest_first)
{
	fixture_text("7/cgroup", CGROUPS);
	write_mounts("/");
	fixture_text("vmstat", "nr_free_pages 1\noom_kill 1\n");
	check_counter("vmstat", 1);
	fixture_text("v1 mem/box/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n"); /* Linux 4.12 */
	check_counter("vmstat", 1);
	fixture_text("v1 mem/box/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	check_counter("v1 mem/box/a/memory.oom_control", 2);
	fixture_text("v2/box/b/memory.events", "low 0\noom 4\noom_kill 3\noom_group_kill 0\n");
	check_counter("v2/box/b/memory.events", 3);
	fixture_text("7/cgroup", "4:memory:/box/a\n0::/elsewhere\n");
	check_counter("v1 mem/box/a/memory.oom_control", 2);
}
END_TEST

/* A container whose mount shows a part of the hierarchy, without a cgroup namespace. */
START_TEST(bound_part)
{
	fixture_text("7/cgroup", "4:memory:/docker/7f/in\n");
	write_mounts("/docker/7f");
	fixture_text("vmstat", "oom_kill 1\n");
	fixture_text("v1 mem/in/memory.oom_control", "oom_kill 2\n");
	fixture_text("v1 mem/memory.oom_control", "oom_kill 3\n");
	check_counter("v1 mem/in/memory.oom_control", 2);
	fixture_text("7/cgroup", "4:memory:/docker/7f\n");
	check_counter("v1 mem/memory.oom_control", 3);
}
END_TEST

static const char *const unreachable[] = {
	"4:memory:/docker/7\n", "4:memory:/docker/7ff\n", "4:memory:/other\n", "4:memory:/..\n",
	"4:memory:/../docker/7f\n", "4:memory:/docker/7f/gone (deleted)\n", "", "x\n",
	"4:memory:relative\n", "9:name=systemd:/\n",
};

START_TEST(not_to_be_reached)
{
	fixture_text("7/cgroup", unreachable[_i]);
	write_mounts("/docker/7f");
	fixture_text("vmstat", "oom_kill 1\n");
	fixture_text("v1 mem/memory.oom_control", "oom_kill 3\n");
	check_counter("vmstat", 1);
}
END_TEST

START_TEST(nothing_there)
{
	struct cgroup_oom oom = { .fd = -7 };
	uint64_t kills = 5;

	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), -ESRCH);
	fixture_directory("7");
	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), -ENOENT);
	fixture_text("7/cgroup", CGROUPS);
	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), -ENOENT);
	write_mounts("/");
	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), -ENOENT);
	fixture_text("vmstat", "nr_free_pages 1\n"); /* before Linux 4.13 */
	ck_assert_int_eq(cgroup_oom_open(&proc, 7, &oom), -ENOENT);
	ck_assert_int_eq(oom.fd, -7);
	oom = CGROUP_OOM_NONE;
	ck_assert_int_eq(cgroup_oom_kills(&oom, &kills), -ENOENT);
	ck_assert_uint_eq(kills, 5);
	cgroup_oom_done(&oom);
	cgroup_oom_done(NULL);
}
END_TEST

START_TEST(of_kernel)
{
	CLEANUP(cgroup_oom_done) struct cgroup_oom oom = CGROUP_OOM_NONE;
	uint64_t kills;

	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	ck_assert_int_eq(cgroup_oom_open(&proc, getpid(), &oom), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(cgroup_oom_kills(&oom, &kills), 0);
}
END_TEST

/* Write TEXT to FILE of the cgroup GROUP. */
static bool tell(const char *group, const char *file, const char *text)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = write(fd, text, strlen(text));
		close(fd);
	}
	return n > 0;
}

/* A cgroup of 16 MiB below our own: its path. */
static bool make_group(char *ret, size_t size)
{
	CLEANUP(cgroup_oom_done) struct cgroup_oom oom = CGROUP_OOM_NONE;
	char *slash;

	if (cgroup_oom_open(&proc, getpid(), &oom) < 0 || oom.path[0] != '/')
		return false;
	slash = strrchr(oom.path, '/');
	*slash = '\0';
	snprintf(ret, size, "%s/procguard-test-%d", oom.path, getpid());
	if (mkdir(ret, 0755) < 0)
		return false;
	if (tell(ret, "memory.limit_in_bytes", "16M") || tell(ret, "memory.max", "16M")) {
		tell(ret, "memory.swap.max", "0");
		return true;
	}
	rmdir(ret);
	return false;
}

/* A child that moves itself into GROUP, says so, and on a word from us eats memory until it is killed. */
static pid_t start_eater(const char *group, int says, int hears)
{
	pid_t pid = fork();
	char c = 'x';

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!tell(group, "cgroup.procs", "0") || write(says, &c, 1) != 1 || read(hears, &c, 1) != 1)
		_exit(1);
	for (int i = 0; i < 256; i++) {
		char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (block != MAP_FAILED)
			memset(block, 1, 1 << 20);
	}
	_exit(2);
}

START_TEST(counts_for_real)
{
	CLEANUP(cgroup_oom_done) struct cgroup_oom oom = CGROUP_OOM_NONE;
	int says[2], hears[2], status;
	char group[1024], c;
	uint64_t before, after;
	pid_t pid;

	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	if (!make_group(group, sizeof group)) {
		printf("warning: the kernel's OOM killer is not tested: no memory cgroup can be made here\n");
		return;
	}
	ck_assert(pipe2(says, O_CLOEXEC) == 0 && pipe2(hears, O_CLOEXEC) == 0);
	pid = start_eater(group, says[1], hears[0]);
	ck_assert_int_eq(read(says[0], &c, 1), 1);
	ck_assert_int_eq(cgroup_oom_open(&proc, pid, &oom), 0);
	ck_assert(strncmp(oom.path, group, strlen(group)) == 0);
	ck_assert_int_eq(cgroup_oom_kills(&oom, &before), 0);
	ck_assert_int_eq(write(hears[1], &c, 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(cgroup_oom_kills(&oom, &after), 0);
	ck_assert_uint_eq(after, before + 1);
	CHILD_UNTIL(rmdir(group) == 0);
	ck_assert_int_eq(cgroup_oom_kills(&oom, &after), -ENODEV);
	for (int i = 0; i < 2; i++)
		close(says[i]), close(hears[i]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, newest_first);
	tcase_add_test(t, bound_part);
	tcase_add_loop_test(t, not_to_be_reached, 0, sizeof unreachable / sizeof *unreachable);
	tcase_add_test(t, nothing_there);
	tcase_add_test(t, of_kernel);
	tcase_add_test(t, counts_for_real);
	return suite_run("cgroup", t);
}
