/* find.h: discover processes: by name and by parent. (By pid file, command line and cgroup when their first user
 * comes.) */
#ifndef CORE_FIND_H
#define CORE_FIND_H

#include "core/procfs.h"

/* Append every process whose comm is NAME (at most 15 bytes of NAME count, as the kernel cuts it), ours left out,
 * and who ends meanwhile or may not be read. Reads only /proc/PID/comm: the floor is one open, read and close a
 * process. -errno of reading the root of PROC; -ENOMEM: RET has what was found so far. */
int find_by_comm(const struct procfs *proc, const char *name, struct pidset *ret);

/* The parent of PID. -ESRCH: PID is gone; else as procfs_stat(). */
int find_parent(const struct procfs *proc, pid_t pid, pid_t *ret);

#endif
