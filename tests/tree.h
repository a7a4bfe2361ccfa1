/* tree.h: play the guard of a tree of processes, in a child of the test, a sub-reaper. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "core/tree.h"
#include "tests/child.h"
#include "tests/filter.h"

/* Processes of the tree report here that they are ready; it is at its end when the last of them has ended. */
static int alive[2];

static inline void ready(void)
{
	if (write(alive[1], "", 1) != 1)
		_exit(99);
}

static inline void await_ready(int count)
{
	char c;

	for (; count > 0; count--)
		if (read(alive[0], &c, 1) != 1)
			_exit(98);
}

static inline void wait_for_ever(void)
{
	ready();
	for (;;)
		pause();
}

/* Fork; the child goes on with true. */
static inline bool start(pid_t *ret)
{
	*ret = fork();
	if (*ret < 0)
		_exit(97);
	return *ret == 0;
}

/* Run PLAY as a sub-reaper in a process of its own; it says what is wrong by its exit status. Only where it makes a pid
 * namespace (as PID 1 of which everybody is signalled) may it signal everybody. */
static inline void as_guard(int (*play)(const struct procfs *proc), bool with_proc, bool with_namespace)
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
static inline bool kill_all(const struct procfs *proc, pid_t pgrp)
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

#endif
