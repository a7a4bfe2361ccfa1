/* tree.h: end a process with everything that it started; tell who belongs to it.
 *
 * The caller is the sub-reaper (PR_SET_CHILD_SUBREAPER) or PID 1 of the tree, so that orphans stay below it and no
 * descendant gets away by daemonising. Allocates nothing: this is the path that must work when memory is gone. It
 * takes 80 KiB of stack, which tree_reserve_stack() makes sure of in good time. */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/procfs.h"

/* Send SIGNAL to every descendant of the calling process, deepest last, zombies left out. Without PROC (NULL: no
 * /proc) to the process group PGRP and, as PID 1, to everything else. Returns the number of processes that were
 * signalled, or -errno. A process that forks meanwhile, or one behind the first 4096, may be missed: call again until
 * it returns 0. */
int tree_signal(const struct procfs *proc, pid_t pgrp, int signal);

/* The same for every descendant of CHILD, a child of ours that is not reaped yet; not for CHILD itself. What is an
 * orphan there comes to us, unless CHILD is a sub-reaper, too. Without PROC nobody is found. */
int tree_signal_below(const struct procfs *proc, pid_t child, int signal);

/* ---- tree_scope.c: processes that belong together, wherever they are ---- */

struct tree_node { pid_t pid; uint64_t start_ticks; }; /* of /proc/PID/stat, by which a pid that is reused is seen */

/* They need not be below us: a node counts only while its pid has that start time. We ourselves never belong to it. */
struct tree_scope {
	const struct tree_node *whole;  /* these, and all below them */
	size_t whole_count;
	const struct tree_node *below;  /* all below these, but not they themselves */
	size_t below_count;
	const char *mark;               /* who was started with "NAME=VALUE" in the environment, and all below them;
					 * NULL: nobody. Other users' processes that we may not read are passed over */
	const struct tree_node *spared; /* these not, nor what is below them */
	size_t spared_count;
};

/* Send SIGNAL to all of SCOPE, parents first; 0 only counts. Returns how many there are, signalled or not. -EPERM:
 * there are only such as we may not signal; -EMFILE and such: who could be found was signalled. Allocates nothing; at
 * most some thousand a call, the rest by the next. A process that forks meanwhile may be missed: call again until it
 * returns 0. -ENOENT: PROC shows other pids than ours. */
int tree_signal_scope(const struct procfs *proc, const struct tree_scope *scope, int signal);

/* Put all of SCOPE into RET, parents before their children, at most MAX. Returns how many; -errno: RET is of no use. */
int tree_list_scope(const struct procfs *proc, const struct tree_scope *scope, struct tree_node *ret, size_t max);

/* Send SIGNAL to that one process. 0; -ESRCH: it has ended, or its pid is another's; -EPERM. */
int tree_signal_node(const struct procfs *proc, const struct tree_node *node, int signal);

/* ---- tree.c ---- */

/* Is PID a living descendant of the calling process? 0: it is; -ESRCH: it is not, or it has ended; -EMFILE and such:
 * not known. Without PROC (NULL) only our own children are known. Who acts upon it has a pidref from before. */
int tree_verify(const struct procfs *proc, pid_t pid);

/* Have the kernel give us the stack for tree_signal() now: later there may be none to be had (RLIMIT_AS,
 * vm.overcommit_memory=2), which is a SIGSEGV. To be called once, from about as deep as tree_signal() will be. Does
 * nothing where RLIMIT_STACK is too small for it. */
void tree_reserve_stack(void);

#endif
