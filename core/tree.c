#include "core/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/pidref.h"

/* On the stack of one call, 256 KiB of which are touched as far as they are used. What does not fit is for the next
 * call. */
enum { TREE_MAX = 16384 };

/* Its nodes were seen below us. They stay there to their end, since we are their sub-reaper: so pid and start time say
 * all that must be known before one is signalled. */
struct tree {
	const struct procfs *proc;
	pid_t parent; /* whose children are being taken */
	size_t count;
	struct tree_node nodes[TREE_MAX];
};

static int read_stat(const struct procfs *proc, pid_t pid, struct procparse_stat *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);

	return dir < 0 ? dir : procfs_stat(dir, ret);
}

/* Take CHILD if it says itself that tree.parent is its parent: the list of children may be old. */
static int take_child(pid_t child, void *context)
{
	struct tree *tree = context;
	struct procparse_stat stat;

	if (tree->count == TREE_MAX)
		return 1;
	if (read_stat(tree->proc, child, &stat) == 0 && stat.ppid == tree->parent && !procparse_stat_ended(&stat))
		tree->nodes[tree->count++] = (struct tree_node){ child, stat.start_ticks };
	return 0;
}

/* Was the pid of NODE its own all the time until now? */
static bool still_is(const struct procfs *proc, const struct tree_node *node)
{
	struct procparse_stat stat;

	return read_stat(proc, node->pid, &stat) == 0 && stat.start_ticks == node->start_ticks;
}

/* Collect level by level, before anything is signalled: parents stand before their children. */
static int collect(struct tree *tree, pid_t root)
{
	int r;

	tree->count = 0;
	tree->parent = root;
	r = procfs_each_child(tree->proc, tree->parent, take_child, tree);
	for (size_t at = 0; r == 0 && at < tree->count; at++) {
		size_t before = tree->count;

		tree->parent = tree->nodes[at].pid;
		r = procfs_each_child(tree->proc, tree->parent, take_child, tree);
		/* Ended while we looked: what it had comes to us, or it is another's with the same pid. */
		if (tree->count > before && !still_is(tree->proc, &tree->nodes[at]))
			tree->count = before;
		if (r < 0) /* it is signalled itself all the same */
			r = 0;
	}
	return r < 0 ? r : 0;
}

static int signal_node(const struct procfs *proc, const struct tree_node *node, int signal)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int r = pidref_open(proc, node->pid, &ref);

	if (r == -ESRCH)
		return r;
	/* No descriptor or no memory for a pidfd: then by pid and start time alone. */
	if (r < 0)
		ref = (struct pidref){ .pid = node->pid, .fd = -1, .start_ticks = node->start_ticks };
	if (ref.start_ticks != node->start_ticks)
		return -ESRCH;
	return pidref_signal(proc, &ref, signal);
}

static int signal_tree(const struct procfs *proc, pid_t root, int signal)
{
	struct tree tree;
	int count = 0, r;

	tree.proc = proc;
	r = collect(&tree, root);
	if (r < 0)
		return r;
	for (size_t i = 0; i < tree.count; i++)
		if (signal_node(proc, &tree.nodes[i], signal) == 0)
			count++;
	return count;
}

/* As PID 1 everybody else is ours: kill(2) with -1 spares only the caller. A process group of 1 would be that -1 for
 * anybody, so it is refused first of all. */
static int signal_blindly(pid_t pgrp, int signal)
{
	int r;

	if (getpid() == 1)
		r = kill(-1, signal);
	else if (pgrp > 1)
		r = kill(-pgrp, signal);
	else
		return 0;
	if (r == 0)
		return 1;
	return errno == ESRCH ? 0 : -errno;
}

int tree_signal(const struct procfs *proc, pid_t pgrp, int signal)
{
	if (!proc || !procfs_shows_us(proc))
		return signal_blindly(pgrp, signal);
	return signal_tree(proc, getpid(), signal);
}

int tree_signal_below(const struct procfs *proc, pid_t child, int signal)
{
	return proc && procfs_shows_us(proc) ? signal_tree(proc, child, signal) : 0;
}

/* Half as much again as struct tree takes, for who calls from deeper down. */
__attribute__((noinline)) static void touch_stack(void)
{
	volatile char block[512 * 1024];

	for (size_t i = 0; i < sizeof block; i += 1024)
		block[i] = 0;
}

void tree_reserve_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= 1024 * 1024)
		touch_stack();
}

/* ---- who is below us ---- */

enum { LINKS_MAX = 4096, CLIMBS_MAX = 16 };

static int read_living(const struct procfs *proc, pid_t pid, struct procparse_stat *ret)
{
	int r = read_stat(proc, pid, ret);

	if (r == -ENOENT || (r == 0 && procparse_stat_ended(ret)))
		return -ESRCH;
	return r;
}

/* From PID up to us. A parent that was read is CHILD's own if CHILD names it still: one that ends has no children any
 * more. 0, -ESRCH; -EAGAIN: somebody on the way ended meanwhile. */
static int climb(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat child, parent, again;
	int r = read_living(proc, pid, &child);

	for (int links = 0; r == 0 && child.ppid != getpid(); links++) {
		if (child.ppid <= 1 || links == LINKS_MAX)
			return -ESRCH;
		r = read_stat(proc, child.ppid, &parent);
		if (r == 0)
			r = read_stat(proc, child.pid, &again);
		if (r == -ENOENT || r == -ESRCH ||
		    (r == 0 && (again.ppid != child.ppid || again.start_ticks != child.start_ticks)))
			return -EAGAIN;
		child = parent;
	}
	return r;
}

int tree_verify(const struct procfs *proc, pid_t pid)
{
	siginfo_t info = { 0 };
	int r = -EAGAIN;

	if (!proc || !procfs_shows_us(proc)) /* waitid(2) knows our own children, and no others */
		return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid ?
		       0 : -ESRCH;
	for (int i = 0; r == -EAGAIN && i < CLIMBS_MAX; i++)
		r = climb(proc, pid);
	return r == -EAGAIN ? -ESRCH : r;
}
