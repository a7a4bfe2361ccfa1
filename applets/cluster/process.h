/* process.h: a process by what makes it certain. */
#ifndef CLUSTER_PROCESS_H
#define CLUSTER_PROCESS_H

#include <stdbool.h>

#include "applets/cluster/roster.h"
#include "core/procfs.h"
#include "core/tree.h"

/* What /proc says of PID now; it may be a zombie. -ENOENT, -ESRCH: there is none. */
int process_stat(const struct procfs *proc, pid_t pid, struct procparse_stat *ret);

/* The process that has PID now. -ESRCH: there is none (a zombie counts as one). */
int process_identify(const struct procfs *proc, pid_t pid, struct process_id *ret);

/* Is it we, or somebody whom we come from? Not known: false. */
bool process_is_above_us(const struct procfs *proc, pid_t pid);

static inline struct tree_node process_node(const struct process_id *process)
{
	return (struct tree_node){ process->pid, process->start_ticks };
}

#endif
