/* Ending a process with everything that it started: each test plays the guard in a child of its own, a sub-reaper. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "core/tree.h"
#include "tests/child.h"
#include "tests/filter.h"

/* Processes of the tree report here that they are ready; it is at its end when the last of them has ended. */
static int alive[2];

static void ready(void)
{
	if (write(alive[1], "", 1) != 1)
		_exit(99);
}

static void await_ready(int count)
{
	char c;

	for (; count > 0; count--)
		if (read(alive[0], &c, 1) != 1)
			_exit(98);
}

static void wait_for_ever(void)
{
	ready();
	for (;;)
		pause();
}

/* Fork; the child goes on with true. */
static bool start(pid_t *ret)
{
	*ret = fork();
	if (*ret < 0)
		_exit(97);
	return *ret == 0;
}

/* Run PLAY as a sub-reaper in a process of its own; it says what is wrong by its exit status. Only where it makes a pid
 * namespace (as PID 1 of which everybody is signalled) may it signal everybody. */
static void as_guard(int (*play)(const struct procfs *proc), bool with_proc, bool with_namespace)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(pipe2(alive, O_CLOEXEC), 0);
	if (start(&pid)) {
		struct procfs proc = { .fd = -1 };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		signal(SIGTERM, SIG_DFL); /* the check library's handler would pass it on to the test */
		setpgid(0, 0);
		if (with_proc && procfs_open("/proc", &proc) < 0)
			_exit(96);
		if ((with_namespace ? unshare(CLONE_NEWPID) : filter_refuse_kill_all()) < 0)
			_exit(95);
		_exit(play(with_proc ? &proc : NULL));
	}
	close(alive[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the guard ended with 0x%x", status);
	char c;
	while (read(alive[0], &c, 1) > 0) /* ends when nobody is left: else the test is timed out */
		;
	close(alive[0]);
}

/* Kill until nobody is there. */
static bool kill_all(const struct procfs *proc, pid_t pgrp)
{
	double end = child_now() + 20;

	for (;;) {
		int r = tree_signal(proc, pgrp, SIGKILL);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (r == 0 && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return true;
		if (r < 0 || child_now() > end)
			return false;
		poll(NULL, 0, 1);
	}
}

static int play_levels(const struct procfs *proc)
{
	pid_t pid;

	for (int i = 0; i < 3; i++)
		if (start(&pid)) {
			for (int k = 0; k < 3; k++)
				if (start(&pid)) {
					if (start(&pid))
						wait_for_ever();
					wait_for_ever();
				}
			wait_for_ever();
		}
	await_ready(3 + 9 + 9);
	if (tree_signal(proc, 0, 0) != 21)
		return 1;
	if (tree_signal(proc, 0, SIGTERM) != 21)
		return 2;
	return kill_all(proc, 0) ? 0 : 3;
}

START_TEST(levels)
{
	as_guard(play_levels, true, false);
}
END_TEST

static int play_nobody(const struct procfs *proc)
{
	return tree_signal(proc, 0, SIGKILL) == 0 ? 0 : 1;
}

START_TEST(nobody)
{
	as_guard(play_nobody, true, false);
}
END_TEST

/* Zombies are left out; they are the guard's to reap. */
static int play_zombies(const struct procfs *proc)
{
	siginfo_t info;
	pid_t pid, live;

	if (start(&pid))
		_exit(0);
	if (start(&live))
		wait_for_ever();
	await_ready(1);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		return 1;
	if (tree_signal(proc, 0, SIGTERM) != 1)
		return 2;
	if (waitid(P_PID, (id_t)live, &info, WEXITED | WNOWAIT) < 0)
		return 3;
	return tree_signal(proc, 0, SIGKILL) == 0 ? 0 : 4;
}

START_TEST(zombies)
{
	as_guard(play_zombies, true, false);
}
END_TEST

/* A daemon: two forks, a session of its own, its parent gone. And one that ignores SIGTERM. */
static int play_daemon(const struct procfs *proc)
{
	pid_t pid;

	if (start(&pid)) {
		if (start(&pid)) {
			setsid();
			if (start(&pid)) {
				signal(SIGTERM, SIG_IGN);
				wait_for_ever();
			}
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	await_ready(1);
	if (tree_signal(proc, pid, SIGTERM) != 1 || tree_signal(proc, pid, SIGTERM) != 1)
		return 1;
	return kill_all(proc, pid) ? 0 : 2;
}

START_TEST(daemon_)
{
	as_guard(play_daemon, true, false);
}
END_TEST

/* A brother of the guard is not below it. */
START_TEST(brother)
{
	pid_t pid = child_start();

	as_guard(play_levels, true, false);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	child_end(pid);
}
END_TEST

static int play_group(const struct procfs *proc)
{
	pid_t leader, pid;

	if (start(&leader)) {
		setpgid(0, 0);
		if (start(&pid))
			wait_for_ever();
		wait_for_ever();
	}
	await_ready(2);
	if (tree_signal(proc, 0, SIGKILL) != 0 || tree_signal(proc, 1, SIGKILL) != 0)
		return 1; /* no group, or init's: nobody */
	if (tree_signal(proc, leader, SIGTERM) <= 0)
		return 2;
	if (!kill_all(proc, leader))
		return 3;
	return tree_signal(proc, leader, SIGKILL) == 0 ? 0 : 4;
}

START_TEST(group_without_proc)
{
	as_guard(play_group, false, false);
}
END_TEST

/* PID 1 of a namespace without /proc: everybody else in it, whatever group or session. */
static int play_first(const struct procfs *proc)
{
	int status;
	pid_t pid;

	if (start(&pid)) {
		pid_t child;

		if (getpid() != 1)
			_exit(1);
		if (start(&child)) {
			setsid();
			if (start(&child))
				wait_for_ever();
			wait_for_ever();
		}
		await_ready(2);
		_exit(kill_all(proc, 0) ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

START_TEST(first_without_proc)
{
	if (geteuid() != 0) {
		printf("warning: PID 1 is not tested: a pid namespace needs root\n");
		return;
	}
	as_guard(play_first, false, true);
}
END_TEST

/* A /proc of other pids than ours is as good as none. */
static int play_foreign(const struct procfs *proc)
{
	int status;
	pid_t pid;

	if (start(&pid)) {
		pid_t child;

		if (getpid() != 1)
			_exit(1);
		if (start(&child))
			wait_for_ever();
		await_ready(1);
		_exit(kill_all(proc, 0) ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

START_TEST(foreign_proc)
{
	if (geteuid() == 0)
		as_guard(play_foreign, true, true);
}
END_TEST

static int play_no_memory(const struct procfs *proc)
{
	struct rlimit none = { 0 };
	pid_t pid;

	for (int i = 0; i < 50; i++)
		if (start(&pid)) {
			if (start(&pid))
				wait_for_ever();
			wait_for_ever();
		}
	await_ready(100);
	if (tree_signal(proc, 0, 0) != 100) /* the stack is there from now on */
		return 4;
	setrlimit(RLIMIT_AS, &none);
	setrlimit(RLIMIT_DATA, &none);
	if (tree_signal(proc, 0, SIGTERM) != 100)
		return 2;
	return kill_all(proc, 0) ? 0 : 3;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(TREE_SANITIZED)
#define TREE_SANITIZED 1
#endif
#ifndef TREE_SANITIZED
#define TREE_SANITIZED 0
#endif

START_TEST(no_memory)
{
	const char *preload = getenv("LD_PRELOAD");

	/* Sanitizers and valgrind need more and more address space themselves. */
	if (!TREE_SANITIZED && !(preload && strstr(preload, "vgpreload")))
		as_guard(play_no_memory, true, false);
}
END_TEST

/* With a single descriptor left, the kernel's /proc still serves in the end; with none, it says so. */
static int play_no_descriptors(const struct procfs *proc)
{
	struct rlimit limit;
	pid_t pid;

	if (start(&pid))
		wait_for_ever();
	await_ready(1);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (tree_signal(proc, 0, SIGKILL) != -EMFILE)
		return 1;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return kill_all(proc, 0) ? 0 : 2;
}

START_TEST(no_descriptors)
{
	as_guard(play_no_descriptors, true, false);
}
END_TEST

/* A chain, each one's parent the one before it, and as many brothers. */
static int play_many(const struct procfs *proc)
{
	enum { CHAIN = 200, WIDE = 800 };
	pid_t pid;

	for (int i = 0; i < WIDE; i++)
		if (start(&pid))
			wait_for_ever();
	if (start(&pid)) {
		for (int i = 1; i < CHAIN && start(&pid); i++)
			;
		wait_for_ever();
	}
	await_ready(CHAIN + WIDE);
	if (tree_signal(proc, 0, 0) != CHAIN + WIDE)
		return 1;
	return kill_all(proc, 0) ? 0 : 2;
}

START_TEST(many)
{
	as_guard(play_many, true, false);
}
END_TEST

/* Somebody who forks as fast as it can does not get away. */
static int play_forker(const struct procfs *proc)
{
	pid_t pid;

	for (int i = 0; i < 2; i++)
		if (start(&pid)) {
			ready();
			for (;;) { /* the parent goes, the child goes on: the pid is ever another */
				if (start(&pid))
					setsid();
				else
					_exit(0);
			}
		}
	await_ready(2);
	return kill_all(proc, 0) ? 0 : 1;
}

START_TEST(forker)
{
	as_guard(play_forker, true, false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tree");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, levels);
	tcase_add_test(t, nobody);
	tcase_add_test(t, zombies);
	tcase_add_test(t, daemon_);
	tcase_add_test(t, brother);
	tcase_add_test(t, group_without_proc);
	tcase_add_test(t, first_without_proc);
	tcase_add_test(t, foreign_proc);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, no_descriptors);
	tcase_add_test(t, many);
	tcase_add_test(t, forker);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
