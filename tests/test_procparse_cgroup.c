/* The parsers of proc(5) for control groups. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/procparse.h"
#include "tests/suite.h"

static const char cgroups[] =
	"9:name=systemd:/init:scope\n5:cpu,cpuacct:/a\n4:memory:/user.slice\n3:memoryx:/no\n0::/u\n";

static void check_cgroup(const char *text, const char *controller, int want, const char *path)
{
	char ret[16] = "untouched";

	ck_assert_int_eq(procparse_cgroup(text, strlen(text), controller, ret, sizeof ret), want);
	ck_assert_str_eq(ret, want < 0 ? "untouched" : path);
}

START_TEST(cgroup_paths)
{
	check_cgroup(cgroups, "memory", 0, "/user.slice");
	check_cgroup(cgroups, NULL, 0, "/u");
	check_cgroup(cgroups, "cpu", 0, "/a");
	check_cgroup(cgroups, "cpuacct", 0, "/a");
	check_cgroup(cgroups, "name=systemd", 0, "/init:scope");
	check_cgroup(cgroups, "mem", -ENOENT, NULL);
	check_cgroup("", NULL, -ENOENT, NULL);
	check_cgroup("0::/cut", NULL, -ENOENT, NULL);
	check_cgroup("0::relative\n", NULL, -EBADMSG, NULL);
	check_cgroup("0::\n", NULL, -EBADMSG, NULL);
	check_cgroup("nonsense\n", NULL, -EBADMSG, NULL);
	check_cgroup("0::/a/path/of/16/bb\n", NULL, -ENAMETOOLONG, NULL);
	check_cgroup("0::/a/path/of/15/b\n", NULL, 0, "/a/path/of/15/b");
	check_cgroup("1:memory:/v1\n", NULL, -ENOENT, NULL);
}
END_TEST

static const char mounts[] =
	"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"23 22 0:21 / /proc rw master:1 propagate_from:2 - proc proc rw\n"
	"34 31 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
	"35 31 0:32 /docker\\0407f /mnt/a\\040b\\134c\\011 rw,relatime shared:15 master:3 - cgroup cgroup rw,memory\n"
	"38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

static void check_mount(const char *text, const char *controller, size_t size, int want, const char *mount,
			const char *root)
{
	char ret_mount[64] = "untouched", ret_root[64] = "untouched";

	ck_assert_int_eq(procparse_cgroup_mount(text, strlen(text), controller, ret_mount, ret_root, size), want);
	ck_assert_str_eq(ret_mount, want < 0 ? "untouched" : mount);
	ck_assert_str_eq(ret_root, want < 0 ? "untouched" : root);
}

START_TEST(cgroup_mounts)
{
	check_mount(mounts, "memory", 64, 0, "/mnt/a b\\c\t", "/docker 7f");
	check_mount(mounts, "memory", 12, 0, "/mnt/a b\\c\t", "/docker 7f");
	check_mount(mounts, "memory", 11, -ENAMETOOLONG, NULL, NULL);
	check_mount(mounts, NULL, 64, 0, "/sys/fs/cgroup/unified", "/");
	check_mount(mounts, "cpuacct", 64, 0, "/sys/fs/cgroup/cpu", "/");
	check_mount(mounts, "pids", 64, -ENOENT, NULL, NULL);
	check_mount("", NULL, 64, -ENOENT, NULL, NULL);
	check_mount("1 2 0:1 / /x rw - cgroup2 a b", NULL, 64, -ENOENT, NULL, NULL);
	check_mount("1 2 0:1 / /x rw cgroup2 a b\n", NULL, 64, -EBADMSG, NULL, NULL);
	check_mount("1 2 0:1 /\n", NULL, 64, -EBADMSG, NULL, NULL);
	check_mount("1 2 0:1 / /x\\000y rw - cgroup2 a b\n", NULL, 64, -EBADMSG, NULL, NULL);
	check_mount("1 2 0:1 / /x\\04 rw - cgroup2 a b\n", NULL, 64, 0, "/x\\04", "/");
	check_mount("1 2 0:1 / /x\\777 rw - cgroup2 a b\n", NULL, 64, 0, "/x\\777", "/");
}
END_TEST

static void check_keyed(const char *text, int want, uint64_t value)
{
	uint64_t ret = 5;

	ck_assert_int_eq(procparse_keyed(text, strlen(text), "oom_kill", &ret), want);
	ck_assert_uint_eq(ret, want < 0 ? 5 : value);
}

START_TEST(keyed)
{
	check_keyed("low 0\noom 1\noom_kill 3\noom_group_kill 0\n", 0, 3);
	check_keyed("oom_kill_disable 0\nunder_oom 0\noom_kill 18446744073709551615\n", 0, UINT64_MAX);
	check_keyed("oom_kill_disable 0\nunder_oom 0\n", -ENOENT, 0);
	check_keyed("", -ENOENT, 0);
	check_keyed("oom_kill 3", -ENOENT, 0);
	check_keyed("oom_kill\n", -ENOENT, 0);
	check_keyed("oom_kill -1\n", -EBADMSG, 0);
	check_keyed("oom_kill 1x\n", -EBADMSG, 0);
	check_keyed("oom_kill 18446744073709551616\n", -EBADMSG, 0);
	check_keyed("x\noom_kill \n", -EBADMSG, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, cgroup_paths);
	tcase_add_test(t, cgroup_mounts);
	tcase_add_test(t, keyed);
	return suite_run("procparse_cgroup", t);
}
