/* Processes that belong together: by pid and start time, by what is above them, by a mark. */
#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/pidref.h"
#include "tests/suite.h"
#include "tests/tree.h"

/* Of this test alone: others may run at the same time. */
static char mark[64], cut_mark[64];

/* What a play has started, by the order of names. */
enum { TOP, LEFT, LEAF, RIGHT, OTHER, NODES };
static struct tree_node *nodes; /* shared by all processes of the play */

static void note(const struct procfs *proc, int name)
{
	struct pidref ref = PIDREF_NONE;

	if (pidref_open(proc, getpid(), &ref) < 0)
		_exit(94);
	nodes[name] = (struct tree_node){ ref.pid, ref.start_ticks };
	pidref_done(&ref);
}

static void stay(const struct procfs *proc, int name)
{
	note(proc, name);
	wait_for_ever();
}

/* TOP, below it LEFT (with LEAF below) and RIGHT; OTHER is their top's brother. */
static void grow(const struct procfs *proc)
{
	pid_t pid;

	if (start(&pid)) {
		if (start(&pid)) {
			if (start(&pid))
				stay(proc, LEAF);
			stay(proc, LEFT);
		}
		if (start(&pid))
			stay(proc, RIGHT);
		stay(proc, TOP);
	}
	if (start(&pid))
		stay(proc, OTHER);
	await_ready(NODES);
}

static size_t place(const struct tree_node *list, int count, int name)
{
	for (int i = 0; i < count; i++)
		if (list[i].pid == nodes[name].pid && list[i].start_ticks == nodes[name].start_ticks)
			return (size_t)i + 1;
	return 0;
}

/* Is SCOPE, found and listed, as many as COUNT? */
static bool counts(const struct procfs *proc, const struct tree_scope *scope, int count)
{
	struct tree_node list[32];

	return tree_signal_scope(proc, scope, 0) == count && tree_list_scope(proc, scope, list, 32) == count;
}

static int play_scopes(const struct procfs *proc)
{
	struct tree_scope scope = { .whole = &nodes[TOP], .whole_count = 1 };
	struct tree_node list[32], us;
	int n;

	grow(proc);
	n = tree_list_scope(proc, &scope, list, 32);
	if (n != 4 || place(list, n, TOP) != 1 || place(list, n, LEFT) >= place(list, n, LEAF))
		return 1;
	scope = (struct tree_scope){ .whole = nodes, .whole_count = NODES, .below = nodes, .below_count = NODES };
	if (!counts(proc, &scope, NODES) || tree_list_scope(proc, &scope, list, 2) != 2)
		return 2;
	scope = (struct tree_scope){ .below = &nodes[TOP], .below_count = 1 };
	if (!counts(proc, &scope, 3))
		return 3;
	/* A child is named before its parent; who is above both is first all the same. */
	scope.whole = (struct tree_node[]){ nodes[LEAF], nodes[TOP] };
	scope.whole_count = 2;
	n = tree_list_scope(proc, &scope, list, 32);
	if (n != 4 || place(list, n, TOP) != 1 || place(list, n, LEFT) >= place(list, n, LEAF))
		return 4;
	/* Spared with what is below them, also where that is named. */
	scope.spared = &nodes[LEFT];
	scope.spared_count = 1;
	if (!counts(proc, &scope, 2))
		return 5;
	scope.spared = &nodes[TOP];
	if (!counts(proc, &scope, 0))
		return 6;
	/* We do not belong to it, but our children may. */
	note(proc, NODES);
	us = nodes[NODES];
	scope = (struct tree_scope){ .whole = &us, .whole_count = 1 };
	if (!counts(proc, &scope, NODES))
		return 7;
	scope = (struct tree_scope){ 0 };
	if (!counts(proc, &scope, 0))
		return 8;
	scope = (struct tree_scope){ .whole = &us, .whole_count = 1, .spared = &nodes[OTHER], .spared_count = 1 };
	if (tree_signal_scope(proc, &scope, SIGKILL) != 4 || kill(nodes[OTHER].pid, 0) < 0)
		return 9;
	return kill_all(proc, 0) ? 0 : 10;
}

/* Ended, or another process with that pid. */
static int play_verified(const struct procfs *proc)
{
	struct tree_node wrong;
	struct tree_scope scope = { .whole = &wrong, .whole_count = 1, .below = &wrong, .below_count = 1 };

	grow(proc);
	wrong = (struct tree_node){ nodes[TOP].pid, nodes[TOP].start_ticks + 1 };
	if (!counts(proc, &scope, 0) || tree_signal_scope(proc, &scope, SIGKILL) != 0)
		return 1;
	wrong = (struct tree_node){ 0, 0 };
	if (!counts(proc, &scope, 0))
		return 2;
	wrong = (struct tree_node){ 1, 0 };
	if (!counts(proc, &scope, 0) || tree_signal_scope(proc, &scope, 0) != 0)
		return 3;
	scope.spared = &wrong; /* spares nobody */
	scope.spared_count = 1;
	wrong = (struct tree_node){ nodes[OTHER].pid, nodes[OTHER].start_ticks + 1 };
	scope.whole = &nodes[OTHER];
	if (tree_signal_scope(proc, &scope, SIGKILL) != 1)
		return 4;
	child_await_zombie(nodes[OTHER].pid);
	if (!counts(proc, &scope, 0))
		return 5;
	return kill_all(proc, 0) ? 0 : 6;
}

/* Exec SCRIPT with the mark in its environment. */
static void run_marked(const char *script)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL };
	char after[80], *const env[] = { "PATH=/usr/bin:/bin", "BEFORE=1", mark, after, NULL };

	snprintf(after, sizeof after, "AFTER=%s", mark);

	execve("/bin/sh", argv, env);
	_exit(93);
}

static bool comes_to(const struct procfs *proc, const struct tree_scope *scope, int count)
{
	double end = child_now() + 50;

	while (tree_signal_scope(proc, scope, 0) != count) {
		if (child_now() > end)
			return false;
		poll(NULL, 0, 2);
	}
	return true;
}

/* Somebody else asks, to whom nobody of them belongs. */
static int ask_marked(const struct procfs *proc)
{
	const struct tree_scope marked = { .mark = mark };
	const struct tree_scope cut = { .mark = cut_mark };
	struct tree_scope all = { .whole = &nodes[TOP], .whole_count = 1, .mark = mark };
	struct tree_node list[32];
	int n;

	if (!comes_to(proc, &marked, 6) || !counts(proc, &cut, 0))
		return 1;
	if (!counts(proc, &all, 8)) /* TOP and RIGHT, too; LEFT is found in two ways */
		return 2;
	n = tree_list_scope(proc, &all, list, 32);
	if (place(list, n, TOP) == 0 || place(list, n, TOP) > place(list, n, LEFT))
		return 3;
	all = (struct tree_scope){ .mark = mark, .spared = &nodes[TOP], .spared_count = 1 };
	if (!counts(proc, &all, 5))
		return 4;
	if (tree_signal_scope(proc, &marked, SIGTERM) != 6)
		return 5;
	return comes_to(proc, &marked, 0) ? 0 : 6;
}

/* A daemon of two forks, with children that have the mark and one that has not; LEFT has it, above it TOP has not. */
static int play_marked(const struct procfs *proc)
{
	int status;
	pid_t pid, asker;

	if (start(&pid)) {
		if (start(&pid)) {
			setsid();
			run_marked("sleep 100 & env -i /bin/sleep 100 & (sleep 100; :) & wait");
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (start(&pid)) {
		if (start(&pid)) {
			note(proc, LEFT);
			ready();
			run_marked("exec sleep 100");
		}
		if (start(&pid))
			stay(proc, RIGHT);
		stay(proc, TOP);
	}
	await_ready(3);
	if (start(&asker))
		_exit(ask_marked(proc));
	if (waitpid(asker, &status, 0) != asker || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return WIFEXITED(status) ? 10 + WEXITSTATUS(status) : 1;
	return kill_all(proc, 0) ? 0 : 2;
}

/* Another user's: found by pid, not by the mark, which that one may not read. */
static int ask_nobody(const struct procfs *proc)
{
	const struct tree_scope marked = { .mark = mark };
	struct tree_scope scope = { .whole = &nodes[TOP], .whole_count = 1 };
	pid_t own;

	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	if (!counts(proc, &marked, 0) || !counts(proc, &scope, 1))
		return 2;
	if (tree_signal_scope(proc, &scope, SIGKILL) != -EPERM)
		return 3;
	if (start(&own))
		stay(proc, OTHER);
	await_ready(1);
	scope.whole = (struct tree_node[]){ nodes[TOP], nodes[OTHER] };
	scope.whole_count = 2;
	return tree_signal_scope(proc, &scope, SIGKILL) == 2 ? 0 : 4;
}

static int play_denied(const struct procfs *proc)
{
	const struct tree_scope marked = { .mark = mark };
	int status;
	pid_t pid;

	if (start(&pid)) {
		note(proc, TOP);
		run_marked("exec sleep 100");
	}
	if (!comes_to(proc, &marked, 1))
		return 1;
	if (start(&pid))
		_exit(ask_nobody(proc));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return WIFEXITED(status) ? 10 + WEXITSTATUS(status) : 2;
	if (!counts(proc, &marked, 1)) /* it has not been signalled */
		return 3;
	return kill_all(proc, 0) ? 0 : 4;
}

static void play(int (*function)(const struct procfs *proc))
{
	nodes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(nodes, MAP_FAILED);
	snprintf(mark, sizeof mark, "PROCGUARD_TEST=%d-%.0f-x", (int)getpid(), child_now() * 1e6);
	snprintf(cut_mark, sizeof cut_mark, "%.*s", (int)strlen(mark) - 1, mark);
	as_guard(function, true, false);
	munmap(nodes, 4096);
}

START_TEST(scopes)
{
	play(play_scopes);
}
END_TEST

START_TEST(verified)
{
	play(play_verified);
}
END_TEST

START_TEST(marked)
{
	play(play_marked);
}
END_TEST

START_TEST(denied)
{
	if (geteuid() != 0)
		printf("warning: another user's processes are not tested: that needs root\n");
	else
		play(play_denied);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, scopes);
	tcase_add_test(t, verified);
	tcase_add_test(t, marked);
	tcase_add_test(t, denied);
	return suite_run("tree_scope", t);
}
