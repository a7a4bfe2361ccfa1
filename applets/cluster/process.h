/* process.h: a process by what makes it certain. */
#ifndef CLUSTER_PROCESS_H
#define CLUSTER_PROCESS_H

#include <stdbool.h>

#include "applets/cluster/roster.h"
#include "core/procfs.h"
#include "core/tree.h"

/* The process that has PID now. -ESRCH: there is none (a zombie counts as one). */
int process_identify(const struct procfs *proc, pid_t pid, struct tree_node *ret);

/* Is it we, or somebody whom we come from? Not known: false. */
bool process_is_above_us(const struct procfs *proc, pid_t pid);

#endif
