/* Ending a tree when there is little left to do it with, and when there is much of it. */
#include <check.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/sanitized.h"
#include "tests/suite.h"
#include "tests/tree.h"

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
	tree_reserve_stack();
	setrlimit(RLIMIT_AS, &none);
	setrlimit(RLIMIT_DATA, &none);
	if (tree_signal(proc, 0, SIGTERM) != 100)
		return 2;
	return kill_all(proc, 0) ? 0 : 3;
}

START_TEST(no_memory)
{
	if (!SANITIZED && !sanitized_by_valgrind())
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
	TCase *t = tcase_create("all");

	tcase_add_test(t, no_memory);
	tcase_add_test(t, no_descriptors);
	tcase_add_test(t, many);
	tcase_add_test(t, forker);
	return suite_run("tree_limits", t);
}
