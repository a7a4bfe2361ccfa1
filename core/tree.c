#include "core/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tree_private.h"

/* On the stack of one call: 64 KiB. What does not fit is for the next call. */
enum { TREE_MAX = 4096 };

/* Its nodes were seen below us. They stay there to their end, since we are their sub-reaper: so pid and start time say
 * all that must be known before one is signalled. Collected before anything is signalled, parents before children. */
static int signal_tree(const struct procfs *proc, pid_t root, int signal)
{
	struct tree_node nodes[TREE_MAX];
	struct tree_gather tree = { .proc = proc, .nodes = nodes, .max = TREE_MAX };
	int count = 0;
	int r = tree_take_children(&tree, root);

	if (r < 0)
		return r;
	tree_take_below(&tree, 0); /* what fails there, too: they themselves are signalled all the same */
	for (size_t i = 0; i < tree.count; i++)
		if (tree_signal_node(proc, &nodes[i], signal) == 0)
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

/* Half as much again as tree_signal() takes, for who calls from deeper down. */
__attribute__((noinline)) static void touch_stack(void)
{
	volatile char block[128 * 1024];

	for (size_t i = 0; i < sizeof block; i += 1024)
		block[i] = 0;
}

void tree_reserve_stack(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= 256 * 1024)
		touch_stack();
}

/* ---- who is below us ---- */

enum { LINKS_MAX = 4096, CLIMBS_MAX = 16 };

static int read_living(const struct procfs *proc, pid_t pid, struct procparse_stat *ret)
{
	int r = procfs_stat_of(proc, pid, ret);

	if (r == -ENOENT || (r == 0 && procparse_stat_ended(ret)))
		return -ESRCH;
	return r;
}

/* From PID up to us. 0, -ESRCH; -EAGAIN: somebody on the way ended meanwhile. */
static int climb(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;
	int r = read_living(proc, pid, &stat);

	for (int links = 0; r == 0 && stat.ppid != getpid(); links++)
		r = stat.ppid <= 1 || links == LINKS_MAX ? -ESRCH : tree_read_parent(proc, &stat);
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
