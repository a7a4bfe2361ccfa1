/* Touching files as another process would. Each test has a process of its own to change; most need root. */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/cleanup.h"
#include "core/fscred.h"
#include "core/procfs.h"
#include "tests/child.h"
#include "tests/filter.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static const struct fscred other = { .uid = 12345, .gid = 12346, .groups = { 7, 50, 12347 }, .group_count = 3 };

/* Run TEST in a process of its own; it returns the line of what went wrong, or 0. */
static void apart(int (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test() & 0x7f);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "went wrong at %d (0x%x)", WEXITSTATUS(status), status);
}

/* Steps of a test that runs apart. */
#define STEP(number, condition) \
	do {                    \
		if (!(condition)) \
			return number; \
	} while (0)

static bool is_root(void)
{
	if (geteuid() == 0)
		return true;
	printf("warning: nothing assumed: that needs root\n");
	return false;
}

static bool is_now(const struct fscred *cred)
{
	struct fscred own;

	return fscred_own(&own) == 0 && fscred_equal(&own, cred);
}

START_TEST(own_is_of_process)
{
	struct procfs proc;
	struct fscred own, ours;

	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	CLEANUP(fd_done) int dir = procfs_process(&proc, getpid());
	ck_assert_int_eq(fscred_own(&own), 0);
	ck_assert_int_eq(fscred_of_process(dir, &ours), 0);
	ck_assert_uint_eq(own.uid, geteuid());
	ck_assert_uint_eq(own.gid, getegid());
	ck_assert(fscred_equal(&own, &ours));
	ck_assert_int_eq(fscred_assume(&ours), 0);
	procfs_done(&proc);
}
END_TEST

START_TEST(of_fixture)
{
	struct procfs proc;
	struct fscred cred = { .uid = 5 };

	fixture_make();
	fixture_text("7/status", "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \n");
	fixture_text("8/status", "Name:\tx\nUid:\t1\t2\t3\t4\n");
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
	CLEANUP(fd_done) int seven = procfs_process(&proc, 7);
	CLEANUP(fd_done) int eight = procfs_process(&proc, 8);
	ck_assert_int_eq(fscred_of_process(eight, &cred), -EBADMSG);
	ck_assert_uint_eq(cred.uid, 5);
	ck_assert_int_eq(fscred_of_process(seven, &cred), 0);
	ck_assert_uint_eq(cred.uid, 4);
	ck_assert_uint_eq(cred.gid, 8);
	ck_assert_uint_eq(cred.group_count, 2);
	ck_assert_uint_eq(cred.groups[1], 10);
	ck_assert(!cred.groups_cut);
	procfs_done(&proc);
	fixture_remove();
}
END_TEST

START_TEST(equal)
{
	struct fscred a = other, b = other;

	b.groups[3] = 99; /* behind the last */
	ck_assert(fscred_equal(&a, &b));
	b.uid++;
	ck_assert(!fscred_equal(&a, &b));
	b = other, b.gid++;
	ck_assert(!fscred_equal(&a, &b));
	b = other, b.group_count--;
	ck_assert(!fscred_equal(&a, &b));
	b = other, b.groups[2]++;
	ck_assert(!fscred_equal(&a, &b));
	b = other, b.groups_cut = true;
	ck_assert(!fscred_equal(&a, &b));
}
END_TEST

static int go_and_come_back(void)
{
	CLEANUP(fd_done) int secret = open(fixture_path("secret"), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	CLEANUP(fd_done) int dir = open(fixture_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct fscred own;

	STEP(1, secret >= 0 && dir >= 0 && fchmod(secret, 0600) == 0 && chmod(fixture_root, 0755) == 0);
	STEP(2, fscred_own(&own) == 0);
	for (int i = 0; i < 3; i++) {
		STEP(3, fscred_assume(&other) == 0 && is_now(&other));
		STEP(4, fscred_assume(&other) == 0);
		STEP(5, openat(dir, "secret", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
		STEP(6, unlinkat(dir, "secret", 0) < 0 && errno == EACCES);
		STEP(7, geteuid() == 0); /* the filesystem ids only */
		STEP(8, fscred_assume(&own) == 0 && is_now(&own));
		CLEANUP(fd_done) int again = openat(dir, "secret", O_RDONLY | O_CLOEXEC);
		STEP(9, again >= 0);
	}
	return 0;
}

START_TEST(there_and_back)
{
	if (!is_root())
		return;
	fixture_make();
	apart(go_and_come_back);
	fixture_remove();
}
END_TEST

/* A group's right is its right, and only as long. */
static int use_group(void)
{
	struct fscred with = other, without = other, own;
	CLEANUP(fd_done) int dir = open(fixture_root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	without.group_count = 2;
	STEP(1, fscred_own(&own) == 0 && chown(fixture_root, 0, 12347) == 0 && chmod(fixture_root, 0770) == 0);
	STEP(2, fscred_assume(&without) == 0 && faccessat(dir, "x", F_OK, AT_EACCESS) < 0);
	STEP(3, openat(dir, "x", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
	STEP(4, fscred_assume(&with) == 0 && openat(dir, "x", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT);
	STEP(5, fscred_assume(&own) == 0);
	return 0;
}

START_TEST(rights_of_groups)
{
	if (!is_root())
		return;
	fixture_make();
	apart(use_group);
	fixture_remove();
}
END_TEST

static int change_without_rights(void)
{
	struct fscred own, wanted;

	STEP(1, setgroups(0, NULL) == 0 && setresgid(500, 500, 500) == 0 && setresuid(500, 500, 500) == 0);
	STEP(2, fscred_own(&own) == 0 && own.uid == 500);
	STEP(3, fscred_assume(&own) == 0);
	wanted = own, wanted.uid = 0;
	STEP(4, fscred_assume(&wanted) == -EPERM && is_now(&own));
	wanted = own, wanted.gid = 0;
	STEP(5, fscred_assume(&wanted) == -EPERM && is_now(&own));
	wanted = own, wanted.group_count = 1;
	STEP(6, fscred_assume(&wanted) == -EPERM && is_now(&own));
	STEP(7, fscred_assume(&other) == -EPERM && is_now(&own));
	return 0;
}

START_TEST(without_rights)
{
	if (is_root())
		apart(change_without_rights);
}
END_TEST

/* Each of the three steps is refused: what was done before it is undone. */
static int refused;

static int fail_half_way(void)
{
	struct fscred own;

	STEP(1, fscred_own(&own) == 0);
	STEP(2, filter_refuse(refused, EPERM) == 0);
	STEP(3, fscred_assume(&other) == -EPERM);
	struct fscred now = own;
	STEP(4, getgroups(PROCPARSE_GROUPS_MAX, now.groups) == (int)own.group_count);
	STEP(5, memcmp(now.groups, own.groups, sizeof own.groups) == 0);
	STEP(6, refused == SYS_setfsgid || (gid_t)syscall(SYS_setfsgid, -1) == own.gid);
	STEP(7, refused == SYS_setfsuid || (uid_t)syscall(SYS_setfsuid, -1) == own.uid);
	return 0;
}

START_TEST(half_way)
{
	static const int calls[] = { SYS_setgroups, SYS_setfsgid, SYS_setfsuid };

	refused = calls[_i];
	if (is_root())
		apart(fail_half_way);
}
END_TEST

/* Where the kernel would leave us what setfsuid(2) is to take, we do not go. */
static int keep_caps(void)
{
	struct fscred own;

	STEP(1, fscred_own(&own) == 0);
	STEP(2, prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0);
	STEP(3, fscred_assume(&other) == -EPERM && is_now(&own));
	STEP(4, prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0);
	STEP(5, fscred_assume(&other) == 0 && fscred_assume(&own) == 0);
	return 0;
}

START_TEST(capabilities_kept)
{
	if (is_root())
		apart(keep_caps);
}
END_TEST

static int use_many_groups(void)
{
	enum { MANY = 300 };
	gid_t groups[MANY], now[MANY];
	struct fscred own, of_process, wanted;
	struct procfs proc;

	for (int i = 0; i < MANY; i++)
		groups[i] = 1000 + (gid_t)i;
	STEP(1, setgroups(MANY, groups) == 0 && fscred_own(&own) == 0);
	STEP(2, own.groups_cut && own.group_count == PROCPARSE_GROUPS_MAX);
	STEP(3, procfs_open("/proc", &proc) == 0);
	CLEANUP(fd_done) int dir = procfs_process(&proc, getpid());
	procfs_done(&proc);
	STEP(4, fscred_of_process(dir, &of_process) == 0 && fscred_equal(&own, &of_process));
	STEP(5, fscred_assume(&own) == 0);
	STEP(6, fscred_assume(&other) == -EOVERFLOW && is_now(&own));
	wanted = own, wanted.uid = 12345;
	STEP(7, fscred_assume(&wanted) == 0 && fscred_assume(&own) == 0); /* the same groups: nothing gets lost */
	STEP(8, getgroups(MANY, now) == MANY && memcmp(now, groups, sizeof now) == 0);
	/* From few groups to the many of another: the first of them. */
	STEP(9, setgroups(0, NULL) == 0 && fscred_assume(&wanted) == 0 && getgroups(0, NULL) == PROCPARSE_GROUPS_MAX);
	return 0;
}

START_TEST(many_groups)
{
	if (is_root())
		apart(use_many_groups);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, own_is_of_process);
	tcase_add_test(t, of_fixture);
	tcase_add_test(t, equal);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, rights_of_groups);
	tcase_add_test(t, without_rights);
	tcase_add_loop_test(t, half_way, 0, 3);
	tcase_add_test(t, capabilities_kept);
	tcase_add_test(t, many_groups);
	return suite_run("fscred", t);
}
