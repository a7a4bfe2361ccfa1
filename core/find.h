/* find.h: discover processes: by name and by parent. (By pid file, command line and cgroup when their first user
 * comes.) */
#ifndef CORE_FIND_H
#define CORE_FIND_H

#include "core/procfs.h"

/* Append every process whose comm is NAME (at most 15 bytes of NAME count, as the kernel cuts it), ours left out.
 * Reads only /proc/PID/comm: two bytes more than the floor of one open, read and close a process. */
int find_by_comm(const struct procfs *proc, const char *name, struct pidset *ret);

/* The parent of PID. -ESRCH: PID is gone. */
int find_parent(const struct procfs *proc, pid_t pid, pid_t *ret);

#endif
