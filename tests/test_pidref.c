/* A process that stays the one it was: with pidfds, and where the kernel or a filter has none. */
#include <check.h>
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/cleanup.h"
#include "core/pidref.h"
#include "tests/child.h"
#include "tests/filter.h"
#include "tests/fixture.h"
#include "tests/suite.h"

/* What each test is run with, by its loop variable. */
enum { NATIVE, NO_PIDFD, REFUSED_PIDFD, REFUSED_SIGNAL, MODES };

static struct procfs proc;

static void set_up(void)
{
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
}

/* A filter stays for good, so it needs a process of its own: without (CK_FORK=no) all tests run natively. */
static bool forked(void)
{
	const char *fork_mode = getenv("CK_FORK");

	return !fork_mode || strcmp(fork_mode, "no") != 0;
}

static void set_mode(int mode)
{
	if (!forked() || mode == NATIVE)
		return;
	if (mode == REFUSED_SIGNAL)
		ck_assert_int_eq(filter_refuse(SYS_pidfd_send_signal, EPERM), 0);
	else
		ck_assert_int_eq(filter_refuse(SYS_pidfd_open, mode == NO_PIDFD ? ENOSYS : EPERM), 0);
}

static void check_fallback(const struct pidref *ref, int mode)
{
	if (forked() && (mode == NO_PIDFD || mode == REFUSED_PIDFD))
		ck_assert_int_eq(ref->fd, -1);
}

START_TEST(lives_and_ends)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	pid_t pid = child_start();

	set_mode(_i);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	check_fallback(&ref, _i);
	ck_assert_int_eq(ref.pid, pid);
	ck_assert_uint_gt(ref.start_ticks, 0);
	ck_assert_int_eq(pidref_verify(&proc, &ref), 0);
	ck_assert_int_eq(pidref_wait(&proc, &ref, 0), -ETIMEDOUT);
	ck_assert_int_eq(pidref_wait(&proc, &ref, 20), -ETIMEDOUT);
	ck_assert_int_eq(pidref_signal(&proc, &ref, 0), 0);
	ck_assert_int_eq(pidref_signal(&proc, &ref, 9999), -EINVAL);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGKILL), 0);
	ck_assert_int_eq(pidref_wait(&proc, &ref, -1), 0);
	ck_assert_int_eq(pidref_wait(&proc, &ref, 0), 0);
	/* a zombie */
	ck_assert_int_eq(pidref_verify(&proc, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGTERM), -ESRCH);
	child_end(pid);
	/* nothing */
	ck_assert_int_eq(pidref_verify(&proc, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGTERM), -ESRCH);
	ck_assert_int_eq(pidref_wait(&proc, &ref, -1), 0);
}
END_TEST

START_TEST(child_without_proc)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE, again = PIDREF_NONE;
	pid_t pid = child_start();

	set_mode(_i);
	ck_assert_int_eq(pidref_open(NULL, pid, &ref), 0);
	check_fallback(&ref, _i);
	ck_assert_int_eq(pidref_verify(NULL, &ref), 0);
	ck_assert_int_eq(pidref_wait(NULL, &ref, 10), -ETIMEDOUT);
	ck_assert_int_eq(pidref_signal(NULL, &ref, SIGKILL), 0);
	ck_assert_int_eq(pidref_wait(NULL, &ref, -1), 0);
	ck_assert_int_eq(pidref_verify(NULL, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(NULL, &ref, SIGKILL), -ESRCH);
	ck_assert_int_eq(pidref_open(NULL, pid, &again), -ESRCH);
	child_end(pid);
	ck_assert_int_eq(pidref_verify(NULL, &ref), -ESRCH);
	ck_assert_int_eq(pidref_open(NULL, pid, &again), -ESRCH);
	ck_assert_int_eq(again.pid, 0);
}
END_TEST

START_TEST(refers_to_nothing)
{
	struct pidref ref = { .pid = -5, .fd = -7 };
	static const pid_t pids[] = { 0, -1, 2147483647 };
	pid_t zombie = child_start();

	set_mode(_i);
	for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
		ck_assert_int_eq(pidref_open(&proc, pids[i], &ref), -ESRCH);
		ck_assert_int_eq(pidref_open(NULL, pids[i], &ref), -ESRCH);
	}
	kill(zombie, SIGKILL);
	child_await_zombie(zombie);
	ck_assert_int_eq(pidref_open(&proc, zombie, &ref), -ESRCH);
	child_end(zombie);
	ck_assert_int_eq(pidref_open(&proc, zombie, &ref), -ESRCH);
	ck_assert_int_eq(ref.pid, -5);
	ck_assert_int_eq(ref.fd, -7);
	ref = PIDREF_NONE;
	ck_assert_int_eq(pidref_verify(&proc, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGKILL), -ESRCH);
	pidref_done(&ref);
	pidref_done(NULL);
}
END_TEST

START_TEST(not_ours)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;

	set_mode(_i);
	ck_assert_int_eq(pidref_open(&proc, 1, &ref), 0);
	ck_assert_int_eq(pidref_verify(&proc, &ref), 0);
	if (geteuid() != 0)
		ck_assert_int_eq(pidref_signal(&proc, &ref, 0), -EPERM);
}
END_TEST

START_TEST(equal)
{
	CLEANUP(pidref_done) struct pidref a = PIDREF_NONE, b = PIDREF_NONE;

	set_mode(_i);
	ck_assert_int_eq(pidref_open(&proc, getpid(), &a), 0);
	ck_assert_int_eq(pidref_open(&proc, getpid(), &b), 0);
	ck_assert(pidref_equal(&a, &b));
	b.start_ticks++;
	ck_assert(!pidref_equal(&a, &b));
	b = (struct pidref){ .pid = 1, .fd = b.fd, .start_ticks = a.start_ticks };
	ck_assert(!pidref_equal(&a, &b));
}
END_TEST

/* The pid is another process's, as the start time tells: fixture. */
START_TEST(reused_in_fixture)
{
	struct procfs tree;
	struct pidref ref = { .pid = getpid(), .fd = -1, .start_ticks = 99 };

	fixture_make();
	fixture_stat(getpid(), "x", 'S', 1, 99);
	ck_assert_int_eq(procfs_open(fixture_root, &tree), 0);
	ck_assert_int_eq(pidref_verify(&tree, &ref), 0);
	fixture_stat(getpid(), "x", 'S', 1, 100);
	ck_assert_int_eq(pidref_verify(&tree, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(&tree, &ref, SIGKILL), -ESRCH); /* or we would be dead */
	fixture_stat(getpid(), "x", 'Z', 1, 99);
	ck_assert_int_eq(pidref_verify(&tree, &ref), -ESRCH);
	fixture_stat(getpid(), "x", 'S', 1, 99);
	char name[32];
	snprintf(name, sizeof name, "%d/stat", getpid());
	fixture_text(name, "7 (x) S 1");
	ck_assert_int_eq(pidref_verify(&tree, &ref), -EBADMSG);
	ck_assert_int_eq(pidref_signal(&tree, &ref, SIGKILL), -EBADMSG);
	procfs_done(&tree);
	fixture_remove();
}
END_TEST

/* A child with exactly this pid; -errno. */
static pid_t child_with_pid(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1 };
	long r = syscall(SYS_clone3, &args, sizeof args);

	if (r == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return r < 0 ? -errno : (pid_t)r;
}

static uint64_t start_of(pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	struct procparse_stat stat;

	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	return stat.start_ticks;
}

START_TEST(reused_for_real)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE, other = PIDREF_NONE;
	pid_t pid = child_start(), second;

	set_mode(_i);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	child_end(pid);
	second = child_with_pid(pid);
	if (second == -EPERM || second == -ENOSYS) {
		printf("warning: no pid reused for real: clone3(2) with set_tid %s\n",
		       second == -EPERM ? "needs root" : "is not there (below valgrind, or an old kernel)");
		return;
	}
	while (second == pid && start_of(second) == ref.start_ticks) { /* a clock tick is 10 ms */
		child_end(second);
		second = child_with_pid(pid);
	}
	ck_assert_int_eq(second, pid);
	ck_assert_int_eq(pidref_verify(&proc, &ref), -ESRCH);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGKILL), -ESRCH);
	ck_assert_int_eq(pidref_wait(&proc, &ref, -1), 0);
	ck_assert_int_eq(waitpid(second, NULL, WNOHANG), 0); /* it lives */
	ck_assert_int_eq(pidref_open(&proc, second, &other), 0);
	ck_assert(!pidref_equal(&ref, &other));
	child_end(second);
}
END_TEST

static void *sleep_on(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* The first thread is a zombie, the process is not. */
START_TEST(first_thread_ended)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	struct procparse_stat stat = { 0 };
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, sleep_on, NULL);
		syscall(SYS_exit, 0); /* of this thread alone */
	}
	set_mode(_i);
	CLEANUP(fd_done) int dir = procfs_process(&proc, pid);
	CHILD_UNTIL(procfs_stat(dir, &stat) == 0 && stat.state == 'Z');
	ck_assert_int_eq(stat.num_threads, 2);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	ck_assert_int_eq(pidref_verify(&proc, &ref), 0);
	ck_assert_int_eq(pidref_signal(&proc, &ref, SIGKILL), 0);
	ck_assert_int_eq(pidref_wait(&proc, &ref, 10000), 0);
	child_end(pid);
}
END_TEST

START_TEST(thread_is_no_process)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	CLEANUP(pidset_done) struct pidset tids = { 0 };
	struct procfs_iter iter;
	pthread_t thread;
	pid_t tid;

	if (!forked())
		return; /* the thread ends with the process */
	set_mode(_i);
	ck_assert_int_eq(pthread_create(&thread, NULL, sleep_on, NULL), 0);
	struct procfs tasks = { .fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	ck_assert_int_eq(procfs_iterate(&tasks, &iter), 0);
	while (procfs_next(&iter, &tid) > 0)
		if (tid != getpid())
			pidset_add(&tids, tid);
	procfs_iter_done(&iter);
	procfs_done(&tasks);
	ck_assert_uint_eq(tids.count, 1);
	if (_i == NATIVE)
		ck_assert_int_eq(pidref_open(&proc, tids.pids[0], &ref), -ESRCH);
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

START_TEST(wait_is_interrupted)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
	pid_t pid = child_start();
	double began = child_now();

	set_mode(_i);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(pidref_wait(&proc, &ref, 50), -ETIMEDOUT);
	ck_assert(child_now() - began >= 0.049);
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(pidref_verify(&proc, &ref), 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(pidref_wait(&proc, &ref, -1), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	child_end(pid);
}
END_TEST

START_TEST(no_descriptors)
{
	struct pidref ref = PIDREF_NONE;
	int fds[1024], n = 0;

	while (n < 1024 && (fds[n] = dup(0)) >= 0)
		n++;
	if (n == 1024) /* a large limit: nothing to be tested */
		ck_assert_int_eq(pidref_open(&proc, getpid(), &ref), 0);
	else
		ck_assert_int_eq(pidref_open(&proc, getpid(), &ref), -EMFILE);
	while (n > 0)
		close(fds[--n]);
	pidref_done(&ref);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, lives_and_ends, 0, MODES);
	tcase_add_loop_test(t, child_without_proc, 0, MODES);
	tcase_add_loop_test(t, refers_to_nothing, 0, MODES);
	tcase_add_loop_test(t, not_ours, 0, MODES);
	tcase_add_loop_test(t, equal, 0, MODES);
	tcase_add_test(t, reused_in_fixture);
	tcase_add_loop_test(t, reused_for_real, 0, MODES);
	tcase_add_loop_test(t, first_thread_ended, 0, MODES);
	tcase_add_loop_test(t, thread_is_no_process, 0, MODES);
	tcase_add_loop_test(t, wait_is_interrupted, 0, MODES);
	tcase_add_test(t, no_descriptors);
	return suite_run("pidref", t);
}
