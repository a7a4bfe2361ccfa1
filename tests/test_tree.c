/* Ending a process with everything that it started. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/tree.h"

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

/* Only what is below one of two children, which stays; and nothing where it has ended. */
static int play_below(const struct procfs *proc)
{
	siginfo_t info;
	pid_t pid, one, other;

	if (start(&one)) {
		if (start(&pid)) {
			if (start(&pid))
				wait_for_ever();
			wait_for_ever();
		}
		wait_for_ever();
	}
	if (start(&other)) {
		if (start(&pid))
			wait_for_ever();
		wait_for_ever();
	}
	await_ready(5);
	if (tree_signal_below(proc, one, 0) != 2 || tree_signal_below(proc, other, 0) != 1)
		return 1;
	if (tree_signal_below(proc, one, SIGKILL) != 2)
		return 2;
	/* The lower of the two may come to us for a moment before it is dead. */
	while (tree_signal_below(proc, one, 0) > 0 || tree_signal(proc, 0, 0) > 3)
		poll(NULL, 0, 1);
	if (tree_signal(proc, 0, 0) != 3 || tree_signal_below(NULL, other, SIGKILL) != 0)
		return 3;
	kill(one, SIGKILL);
	if (waitid(P_PID, (id_t)one, &info, WEXITED | WNOWAIT) < 0)
		return 4;
	if (tree_signal_below(proc, one, SIGKILL) != 0)
		return 5;
	return kill_all(proc, 0) ? 0 : 6;
}

START_TEST(below_a_child)
{
	as_guard(play_below, true, false);
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

/* A chain of three, whose middle ends; a stranger, a zombie, ourselves. */
static int play_verify(const struct procfs *proc)
{
	int from[2];
	pid_t top, middle, pids[2];

	if (pipe2(from, O_CLOEXEC) < 0)
		return 1;
	if (start(&top)) {
		if (start(&middle)) {
			if (start(&pids[1]))
				wait_for_ever();
			pids[0] = getpid();
			if (write(from[1], pids, sizeof pids) != sizeof pids)
				_exit(1);
			wait_for_ever();
		}
		waitpid(middle, NULL, 0);
		wait_for_ever();
	}
	await_ready(2);
	if (read(from[0], pids, sizeof pids) != sizeof pids)
		return 2;
	if (tree_verify(proc, top) != 0 || tree_verify(proc, pids[0]) != 0 || tree_verify(proc, pids[1]) != 0)
		return 3;
	if (tree_verify(proc, getpid()) != -ESRCH || tree_verify(proc, getppid()) != -ESRCH ||
	    tree_verify(proc, 1) != -ESRCH || tree_verify(proc, 0) != -ESRCH || tree_verify(proc, -1) != -ESRCH)
		return 4;
	kill(pids[0], SIGKILL);
	await_ready(1); /* the top has reaped it: the lowest one is ours now */
	if (tree_verify(proc, pids[0]) != -ESRCH || tree_verify(proc, pids[1]) != 0)
		return 5;
	kill(top, SIGKILL);
	child_await_zombie(top);
	if (tree_verify(proc, top) != -ESRCH)
		return 6;
	return kill_all(proc, 0) && tree_verify(proc, pids[1]) == -ESRCH ? 0 : 7;
}

START_TEST(who_is_below)
{
	as_guard(play_verify, true, false);
}
END_TEST

static int play_verify_blindly(const struct procfs *proc)
{
	pid_t pid;

	if (start(&pid))
		wait_for_ever();
	await_ready(1);
	if (tree_verify(proc, pid) != 0 || tree_verify(proc, getppid()) != -ESRCH || tree_verify(proc, 0) != -ESRCH)
		return 1;
	kill(pid, SIGKILL);
	child_await_zombie(pid);
	if (tree_verify(proc, pid) != -ESRCH)
		return 2;
	waitpid(pid, NULL, 0);
	return tree_verify(proc, pid) == -ESRCH ? 0 : 3;
}

START_TEST(who_is_below_without_proc)
{
	as_guard(play_verify_blindly, false, false);
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
	if (geteuid() != 0) {
		printf("warning: a /proc of other pids is not tested: a pid namespace needs root\n");
		return;
	}
	as_guard(play_foreign, true, true);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, levels);
	tcase_add_test(t, nobody);
	tcase_add_test(t, zombies);
	tcase_add_test(t, below_a_child);
	tcase_add_test(t, daemon_);
	tcase_add_test(t, who_is_below);
	tcase_add_test(t, who_is_below_without_proc);
	tcase_add_test(t, brother);
	tcase_add_test(t, group_without_proc);
	tcase_add_test(t, first_without_proc);
	tcase_add_test(t, foreign_proc);
	return suite_run("tree", t);
}
