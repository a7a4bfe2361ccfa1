/* Who is whose child in a proc tree: made-up ones, and the kernel's. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/procfs.h"
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

static void use_kernels(void)
{
	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
}

START_TEST(children_from_file)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	static char text[40000];
	size_t len = 0;

	for (int i = 0; i < 5000; i++)
		len += (size_t)sprintf(text + len, "%d ", 100 + i * (i % 7 + 1));
	fixture_bytes("7/task/7/children", text, len);
	fixture_text("7/task/9/children", "12 ");
	ck_assert_int_eq(procfs_children(&proc, 7, &set), 0);
	ck_assert_uint_eq(set.count, 5001);
	ck_assert(pidset_has(&set, 12) && pidset_has(&set, 100) && pidset_has(&set, 100 + 4999 * (4999 % 7 + 1)));
}
END_TEST

static const char *const bad_children[] = { "12 x ", "12", "-1 ", "99999999999 " };

START_TEST(children_from_bad_file)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	fixture_text("7/task/7/children", bad_children[_i]);
	ck_assert_int_eq(procfs_children(&proc, 7, &set), -EBADMSG);
}
END_TEST

START_TEST(children_from_endless_file)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	static char text[10000];

	memset(text, '1', sizeof text);
	fixture_bytes("7/task/7/children", text, sizeof text);
	ck_assert_int_eq(procfs_children(&proc, 7, &set), -EBADMSG);
}
END_TEST

/* A kernel without CONFIG_PROC_CHILDREN. */
START_TEST(children_by_parent)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	fixture_stat(7, "7 (x) S 1", 'S', 1, 1);
	fixture_directory("7/task/7");
	fixture_stat(8, ") R 7 (", 'S', 7, 2);
	fixture_stat(9, "other", 'S', 1, 3);
	fixture_stat(10, "zombie", 'Z', 7, 4);
	fixture_text("11/stat", "11 (cut) S 7");
	fixture_directory("12");
	fixture_stat(13, "grandchild", 'S', 8, 5);
	ck_assert_int_eq(procfs_children(&proc, 7, &set), 0);
	ck_assert_uint_eq(set.count, 2);
	ck_assert(pidset_has(&set, 8) && pidset_has(&set, 10));
	pidset_reset(&set);
	ck_assert_int_eq(procfs_descendants(&proc, 7, &set), 0);
	ck_assert_uint_eq(set.count, 3);
	ck_assert_int_eq(set.pids[2], 13);
	pidset_reset(&set);
	ck_assert_int_eq(procfs_children(&proc, 9, &set), 0);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_int_eq(procfs_children(&proc, 14, &set), -ESRCH);
	ck_assert_int_eq(procfs_children(&proc, 12, &set), -ESRCH);
	ck_assert_int_eq(procfs_children(&proc, 0, &set), -ESRCH);
}
END_TEST

/* What a reused pid could make of it: a ring. */
START_TEST(descendants_end)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	fixture_text("7/task/7/children", "8 9 ");
	fixture_text("8/task/8/children", "9 ");
	fixture_text("9/task/9/children", "8 9 10 ");
	fixture_stat(10, "gone meanwhile", 'S', 9, 1);
	ck_assert_int_eq(unlink(fixture_path("10/stat")), 0);
	ck_assert_int_eq(procfs_descendants(&proc, 7, &set), 0);
	ck_assert_uint_eq(set.count, 3);
	ck_assert_int_eq(procfs_descendants(&proc, 11, &set), -ESRCH);
}
END_TEST

static void *fork_in_thread(void *pid)
{
	*(pid_t *)pid = child_start();
	while (*(volatile pid_t *)pid)
		poll(NULL, 0, 1);
	return NULL;
}

START_TEST(children_of_threads)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	volatile pid_t forked = 0;
	pid_t pid = child_start(), other;
	pthread_t thread;

	use_kernels();
	ck_assert_int_eq(procfs_children(&proc, getpid(), &set), 0);
	ck_assert(pidset_has(&set, pid));
	ck_assert_int_eq(pthread_create(&thread, NULL, fork_in_thread, (void *)&forked), 0);
	CHILD_UNTIL(forked > 0);
	other = forked;
	pidset_reset(&set);
	ck_assert_int_eq(procfs_children(&proc, getpid(), &set), 0);
	ck_assert(pidset_has(&set, pid) && pidset_has(&set, other));
	child_end(other);
	forked = 0;
	pthread_join(thread, NULL);
	child_end(pid);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, children_from_file);
	tcase_add_loop_test(t, children_from_bad_file, 0, 4);
	tcase_add_test(t, children_from_endless_file);
	tcase_add_test(t, children_by_parent);
	tcase_add_test(t, descendants_end);
	tcase_add_test(t, children_of_threads);
	return suite_run("procfs_children", t);
}
