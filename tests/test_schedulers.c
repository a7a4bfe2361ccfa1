/* Which threads hang: made-up ones, and real ones that are stopped, held in the kernel, or wait for vfork(2). */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "applets/heart/schedulers.h"
#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { NOBODY = 65534 };

static struct procfs proc;
static struct schedulers schedulers;
static struct schedulers_thread hung;
static int64_t now;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
	schedulers = (struct schedulers){ 0 };
	hung = (struct schedulers_thread){ 0 };
	now = 1000000;
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

/* Late enough for a look. */
static bool get_on(pid_t pid)
{
	now += SCHEDULERS_APART_MS;
	return schedulers_get_on(&schedulers, &proc, pid, now, &hung);
}

/* ---- made-up threads ---- */

static void thread(int tid, char state, int switches, unsigned start)
{
	char name[64], text[256];

	snprintf(name, sizeof name, "7/task/%d/stat", tid);
	snprintf(text, sizeof text, "%d (x) %c 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 4096 1 0\n", tid, state, start);
	fixture_text(name, text);
	snprintf(name, sizeof name, "7/task/%d/status", tid);
	snprintf(text, sizeof text, "voluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t1\n", switches);
	fixture_text(name, text);
	snprintf(name, sizeof name, "7/task/%d/children", tid);
	fixture_text(name, "");
}

START_TEST(two_looks_at_a_thread)
{
	static const struct { char first, second; int switches; unsigned start; bool well; } cases[] = {
		{ 'D', 'D', 5, 1, false }, { 'T', 'T', 5, 1, false }, { 'D', 'T', 5, 1, false },
		{ 'D', 'D', 6, 1, true },  { 'T', 'T', 6, 1, true },  { 'D', 'D', 5, 2, true },
		{ 'D', 'S', 5, 1, true },  { 'S', 'D', 5, 1, true },  { 'R', 'R', 5, 1, true },
		{ 't', 't', 5, 1, true },  { 'Z', 'Z', 5, 1, true },  { 'S', 'S', 5, 1, true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		schedulers = (struct schedulers){ 0 };
		thread(7, 'R', (int)i, 1);
		thread(8, cases[i].first, 5, 1);
		ck_assert(get_on(7));
		thread(8, cases[i].second, cases[i].switches, cases[i].start);
		ck_assert_msg(get_on(7) == cases[i].well, "case %zu", i);
	}
}
END_TEST

START_TEST(what_hangs_is_named)
{
	thread(8, 'D', 5, 77);
	thread(9, 'D', 5, 78);
	ck_assert(get_on(7));
	ck_assert_int_eq(hung.tid, 0);
	thread(8, 'S', 6, 77);
	ck_assert(!get_on(7));
	ck_assert_int_eq(hung.tid, 9);
	ck_assert_int_eq(hung.state, 'D');
	ck_assert_uint_eq(hung.start_ticks, 78);
	ck_assert_uint_eq(hung.switches, 6);
	thread(9, 'S', 6, 78);
	ck_assert(get_on(7));
}
END_TEST

/* Heartbeats that follow each other closely must not get past a thread that hangs. */
START_TEST(what_was_found_holds_until_the_next_look)
{
	thread(8, 'D', 5, 1);
	ck_assert(get_on(7));
	ck_assert(schedulers_get_on(&schedulers, &proc, 7, now + SCHEDULERS_APART_MS - 1, &hung));
	ck_assert(!get_on(7));
	thread(8, 'S', 6, 1);
	hung.tid = 0;
	ck_assert(!schedulers_get_on(&schedulers, &proc, 7, now + SCHEDULERS_APART_MS - 1, &hung));
	ck_assert_int_eq(hung.tid, 8);
	ck_assert(schedulers_get_on(&schedulers, &proc, 7, now + SCHEDULERS_APART_MS, &hung));
}
END_TEST

/* After a restart: nothing of the old one counts. */
START_TEST(another_process)
{
	thread(8, 'D', 5, 1);
	ck_assert(get_on(7));
	ck_assert(!get_on(7));
	ck_assert(schedulers_get_on(&schedulers, &proc, 9, now, &hung)); /* there is none */
	ck_assert(get_on(7));
	ck_assert(!get_on(7));
	ck_assert(schedulers_get_on(&schedulers, NULL, 7, now, &hung));
}
END_TEST

START_TEST(what_cannot_be_read_gets_on)
{
	thread(8, 'D', 5, 1);
	fixture_text("7/task/8/status", "nonsense");
	fixture_directory("7/task/9");
	fixture_text("7/task/10/stat", "10 (x) D 1 7");
	ck_assert(get_on(7));
	ck_assert(get_on(7));
}
END_TEST

START_TEST(more_than_are_remembered)
{
	for (int i = 0; i < SCHEDULERS_MAX + 40; i++)
		thread(100 + i, 'D', 5, 1);
	ck_assert(get_on(7));
	ck_assert_uint_eq(schedulers.count, SCHEDULERS_MAX);
	ck_assert(!get_on(7));
	for (int i = 0; i < SCHEDULERS_MAX + 40; i++)
		thread(100 + i, 'D', 6, 1);
	ck_assert(get_on(7));
}
END_TEST

/* A kernel without lists of children: a child, found by its parent, that is no vfork(2) child. */
START_TEST(without_lists_of_children)
{
	fixture_stat(7, "x", 'D', 1, 1);
	fixture_stat(12, "child", 'S', 7, 2);
	thread(8, 'D', 5, 1);
	ck_assert_int_eq(unlink(fixture_path("7/task/8/children")), 0);
	ck_assert(get_on(7));
	ck_assert(!get_on(7));
}
END_TEST

/* ---- real ones: this program run again (valgrind would make a fork(2) of a vfork(2)) ---- */

static char program[PATH_MAX];

/* In a child: until its parent ends. */
static void sleep_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* D, by vfork(2). */
static void *wait_for_vfork(void *unused)
{
	if (vfork() == 0)
		sleep_with_parent();
	return unused;
}

/* D, by a child in memory of its own: as good as held in the kernel. */
static void *wait_for_copy(void *unused)
{
	if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0)
		sleep_with_parent();
	return unused;
}

static int act(const char *what)
{
	pthread_t threads[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(what, "vfork"))
		wait_for_vfork(NULL);
	if (!strcmp(what, "copy"))
		wait_for_copy(NULL);
	if (strcmp(what, "threads"))
		return 1;
	pthread_create(&threads[0], NULL, wait_for_vfork, NULL);
	pthread_create(&threads[1], NULL, wait_for_copy, NULL);
	return pthread_join(threads[0], NULL);
}

static int count_uninterruptible(pid_t tid, int dir, void *count)
{
	struct procparse_stat stat;

	(void)tid;
	*(size_t *)count += procfs_stat(dir, &stat) == 0 && stat.state == 'D';
	return 0;
}

static size_t uninterruptible(pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	size_t count = 0;

	return dir < 0 || procfs_each_thread(dir, count_uninterruptible, &count) < 0 ? 0 : count;
}

/* Does each of COUNT threads wait for its child? Any may be in D for a moment before that. */
static bool waits(pid_t pid, size_t count)
{
	CLEANUP(pidset_done) struct pidset children = { 0 };

	procfs_children(&proc, pid, &children);
	return children.count == count && uninterruptible(pid) == count;
}

/* Run ourselves as WHAT, until COUNT threads wait. */
static pid_t actor(const char *what, size_t count)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, program, what, NULL);
		_exit(127);
	}
	CHILD_UNTIL(waits(pid, count));
	return pid;
}

static void use_kernels(void)
{
	procfs_done(&proc);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
}

START_TEST(a_stopped_program)
{
	pid_t pid = child_start();
	int status;

	use_kernels();
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(get_on(pid));
	ck_assert(!get_on(pid));
	ck_assert_int_eq(hung.tid, pid);
	ck_assert_int_eq(hung.state, 'T');
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	CHILD_UNTIL(get_on(pid));
	child_end(pid);
	ck_assert(get_on(pid));
	ck_assert(get_on(pid));
}
END_TEST

START_TEST(a_vfork_is_no_hang)
{
	pid_t pid;

	use_kernels();
	pid = actor("vfork", 1);
	ck_assert(get_on(pid));
	ck_assert(get_on(pid));
	ck_assert(get_on(pid));
	child_end(pid);
}
END_TEST

START_TEST(held_in_the_kernel)
{
	pid_t pid;

	use_kernels();
	pid = actor("copy", 1);
	ck_assert(get_on(pid));
	ck_assert(!get_on(pid));
	ck_assert_int_eq(hung.tid, pid);
	ck_assert_int_eq(hung.state, 'D');
	child_end(pid);
}
END_TEST

/* Another thread's vfork excuses nobody. */
START_TEST(one_thread_of_two)
{
	pid_t pid;

	use_kernels();
	pid = actor("threads", 2);
	ck_assert(get_on(pid));
	ck_assert(!get_on(pid));
	ck_assert_int_ne(hung.tid, pid);
	ck_assert_int_eq(schedulers.count, 1);
	child_end(pid);
}
END_TEST

/* Without the rights that kcmp(2) asks for. The exit status: what is wrong. */
static int look_as_nobody(pid_t vforks, pid_t held)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 1;
	if (syscall(SYS_kcmp, getpid(), held, 1, 0, 0) >= 0 || errno != EPERM)
		return 2;
	if (!get_on(vforks) || !get_on(vforks) || !get_on(vforks))
		return 3;
	return get_on(held) && get_on(held) ? 4 : 0;
}

START_TEST(looked_at_by_a_stranger)
{
	int status = -1;
	pid_t vforks, held, looker;

	if (geteuid() != 0)
		return;
	use_kernels();
	vforks = actor("vfork", 1);
	held = actor("copy", 1);
	looker = fork();
	if (looker == 0)
		_exit(look_as_nobody(vforks, held));
	ck_assert_int_eq(waitpid(looker, &status, 0), looker);
	ck_assert_int_eq(status, 0);
	child_end(vforks);
	child_end(held);
}
END_TEST

int main(int argc, char **argv)
{
	TCase *t = tcase_create("all");

	if (argc > 1)
		return act(argv[1]);
	if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
		return 1;
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, two_looks_at_a_thread);
	tcase_add_test(t, what_hangs_is_named);
	tcase_add_test(t, what_was_found_holds_until_the_next_look);
	tcase_add_test(t, another_process);
	tcase_add_test(t, what_cannot_be_read_gets_on);
	tcase_add_test(t, more_than_are_remembered);
	tcase_add_test(t, without_lists_of_children);
	tcase_add_test(t, a_stopped_program);
	tcase_add_test(t, a_vfork_is_no_hang);
	tcase_add_test(t, held_in_the_kernel);
	tcase_add_test(t, one_thread_of_two);
	tcase_add_test(t, looked_at_by_a_stranger);
	return suite_run("schedulers", t);
}
