/* The threads of a process: made-up ones, and the kernel's. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/cleanup.h"
#include "core/procfs.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#define COUNTERS "voluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"

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

struct walk { int count; pid_t seen[8]; int result; pid_t child; };

static int see(pid_t tid, int dir, void *context)
{
	struct walk *walk = context;

	ck_assert_int_ge(dir, 0);
	walk->seen[walk->count++] = tid;
	return walk->result;
}

static int each(pid_t pid, procfs_thread_fn function, struct walk *walk)
{
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);

	ck_assert_int_ge(dir, 0);
	return procfs_each_thread(dir, function, walk);
}

START_TEST(each_thread_of_made_up_ones)
{
	struct walk all = { 0 }, gone = { .result = -ESRCH }, first = { .result = -EBADMSG };

	fixture_directory("7/task/7");
	fixture_directory("7/task/9");
	fixture_text("7/task/10", "no directory");
	ck_assert_int_eq(each(7, see, &all), 0);
	ck_assert_int_eq(all.count, 2);
	ck_assert_int_eq(all.seen[0] + all.seen[1], 16);
	ck_assert_int_eq(each(7, see, &gone), 0);
	ck_assert_int_eq(gone.count, 2);
	ck_assert_int_eq(each(7, see, &first), -EBADMSG);
	ck_assert_int_eq(first.count, 1);
	fixture_directory("8/x");
	ck_assert_int_eq(each(8, see, &all), -ENOENT);
}
END_TEST

static int switches_of(const char *status, size_t len, uint64_t *ret)
{
	CLEANUP(fd_done) int dir = -1;

	fixture_bytes("7/status", status, len);
	dir = procfs_process(&proc, 7);
	return procfs_switches(dir, ret);
}

/* Wherever a block of the file ends, and however many groups there are. */
START_TEST(switches_behind_many_groups)
{
	static char text[200000];
	size_t len = (size_t)sprintf(text, "Name:\tx\nUid:\t1\t1\t1\t1\nGroups:\t");

	for (int i = 0; len < sizeof text - 200; i++) {
		uint64_t switches = 0;
		size_t whole = len + (size_t)sprintf(text + len, "\nMems_allowed:\t1\n" COUNTERS "x86:\t\n");

		ck_assert_int_eq(switches_of(text, whole, &switches), 0);
		ck_assert_uint_eq(switches, 42);
		memset(text + len, '7', 17 + (size_t)i);
		len += 17 + (size_t)i;
	}
}
END_TEST

START_TEST(switches_of_a_bad_status)
{
	static char text[10000];
	uint64_t switches = 5;

	memset(text, 'x', sizeof text);
	ck_assert_int_eq(switches_of(text, sizeof text, &switches), -EBADMSG);
	ck_assert_int_eq(procfs_switches(proc.fd, &switches), -ENOENT);
	ck_assert_uint_eq(switches, 5);
}
END_TEST

struct forker { pthread_t thread; pid_t tid, child; volatile bool end; };

static void *fork_and_wait(void *context)
{
	struct forker *forker = context;

	forker->tid = (pid_t)syscall(SYS_gettid);
	__atomic_store_n(&forker->child, child_start(), __ATOMIC_SEQ_CST);
	while (!forker->end)
		poll(NULL, 0, 1);
	return NULL;
}

static int note_child(pid_t child, void *context)
{
	*(pid_t *)context = child;
	return 0;
}

/* The child and the counter of the thread seen[0]. */
static int look_at_one(pid_t tid, int dir, void *context)
{
	struct walk *walk = context;
	struct procparse_stat stat;
	uint64_t switches = 0;

	walk->count++;
	if (tid != walk->seen[0])
		return 0;
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert_int_eq(stat.pid, tid);
	ck_assert_int_eq(procfs_switches(dir, &switches), 0);
	ck_assert_uint_gt(switches, 0);
	return procfs_each_thread_child(dir, note_child, &walk->child);
}

START_TEST(threads_of_the_kernel)
{
	struct forker forker = { .child = 0 };
	struct walk walk = { 0 };

	use_kernels();
	ck_assert_int_eq(pthread_create(&forker.thread, NULL, fork_and_wait, &forker), 0);
	CHILD_UNTIL(__atomic_load_n(&forker.child, __ATOMIC_SEQ_CST) > 0);
	walk.seen[0] = forker.tid;
	ck_assert_int_eq(each(getpid(), look_at_one, &walk), 0);
	ck_assert_int_ge(walk.count, 2);
	ck_assert_int_eq(walk.child, forker.child);
	child_end(forker.child);
	forker.end = true;
	pthread_join(forker.thread, NULL);
}
END_TEST

static int calls;

static int counted(pid_t tid, int dir, void *context)
{
	(void)tid, (void)dir, (void)context;
	calls++;
	return 0;
}

START_TEST(a_process_that_has_ended)
{
	CLEANUP(fd_done) int dir = -1;
	uint64_t switches;
	pid_t pid = child_start();

	use_kernels();
	dir = procfs_process(&proc, pid);
	child_end(pid);
	ck_assert_int_lt(procfs_each_thread(dir, counted, NULL), 0);
	ck_assert_int_eq(calls, 0);
	ck_assert_int_lt(procfs_switches(dir, &switches), 0);
	ck_assert_int_lt(procfs_each_thread_child(dir, note_child, NULL), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, each_thread_of_made_up_ones);
	tcase_add_test(t, switches_behind_many_groups);
	tcase_add_test(t, switches_of_a_bad_status);
	tcase_add_test(t, threads_of_the_kernel);
	tcase_add_test(t, a_process_that_has_ended);
	return suite_run("procfs_threads", t);
}
