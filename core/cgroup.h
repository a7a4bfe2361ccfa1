/* cgroup.h: how often the kernel's OOM killer struck where a process lives. cgroups(7), proc_vmstat(5). */
#ifndef CORE_CGROUP_H
#define CORE_CGROUP_H

#include <stdint.h>

#include "core/procfs.h"

/* A counter of OOM kills: v2 memory.events, else v1 memory.oom_control, else /proc/vmstat (all of the machine). */
struct cgroup_oom {
	int fd;         /* the open file, or -1: nothing to be had */
	char path[512]; /* its path, for messages */
};

#define CGROUP_OOM_NONE ((struct cgroup_oom){ .fd = -1 })

/* Open the counter for the cgroup of the process PID. -ENOENT: this system has none of the three; -ESRCH: no such
 * process. Close with cgroup_oom_done(). */
int cgroup_oom_open(const struct procfs *proc, pid_t pid, struct cgroup_oom *ret);

/* The counter now. -ENODEV: its cgroup was removed. Allocates nothing. */
int cgroup_oom_kills(const struct cgroup_oom *oom, uint64_t *ret);

/* Close it; OOM is CGROUP_OOM_NONE then. Takes NULL. */
void cgroup_oom_done(struct cgroup_oom *oom);

#endif
