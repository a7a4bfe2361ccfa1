/* cgroup_place.h: the cgroups that a process is in, and their files. cgroups(7).
 *
 * A process is in one cgroup of each hierarchy: of v2, and of each v1 controller that is in use. The hierarchies are
 * found where they are mounted for us. */
#ifndef CORE_CGROUP_PLACE_H
#define CORE_CGROUP_PLACE_H

#include <limits.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/procfs.h"

struct cgroup_place {
	struct buf cgroup; /* /proc/PID/cgroup */
	struct buf mounts; /* /proc/self/mountinfo; empty where it could not be read */
};

/* Read both; DIR is the directory of the process in PROC. -ENOENT, -ESRCH: gone, or a kernel without cgroups; -ENOMEM,
 * -ENOBUFS. Release with cgroup_place_done(), which takes NULL. */
int cgroup_place_read(const struct procfs *proc, int dir, struct cgroup_place *ret);
void cgroup_place_done(struct cgroup_place *place);

/* The directory of its cgroup of v1 CONTROLLER ("memory"), or of v2 when NULL, as a path of ours; UP of 1: the one that
 * holds that, and so on. -ENOENT: it is in none, or the hierarchy, that part of it or what is so far up is not seen. */
int cgroup_place_path(const struct cgroup_place *place, const char *controller, unsigned up, char ret[PATH_MAX]);

/* Open the same, O_PATH, so that procfs_read() reads its files; the caller closes it. -EACCES... of open(2) besides. */
int cgroup_place_open(const struct cgroup_place *place, const char *controller, unsigned up);

#endif
