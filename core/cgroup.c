#include "core/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cgroup_place.h"
#include "core/cleanup.h"

enum {
	CGROUP_COUNTER_MAX = 32768, /* vmstat has some 5 KiB */
};

static ssize_t read_counter(int fd, char *block, size_t size)
{
	size_t have = 0;
	ssize_t n = 1;

	while (n != 0 && have < size) {
		n = pread(fd, block + have, size - have, (off_t)have);
		if (n > 0)
			have += (size_t)n;
		else if (n < 0 && errno != EINTR)
			return -errno;
	}
	return (ssize_t)have;
}

int cgroup_oom_kills(const struct cgroup_oom *oom, uint64_t *ret)
{
	char block[CGROUP_COUNTER_MAX];
	ssize_t n;

	if (oom->fd < 0)
		return -ENOENT;
	n = read_counter(oom->fd, block, sizeof block);
	return n < 0 ? (int)n : procparse_keyed(block, (size_t)n, "oom_kill", ret);
}

/* PATH, if it is there and counts. (memory.oom_control does not before Linux 4.13.) */
static int open_counter(int dir, const char *path, struct cgroup_oom *ret)
{
	CLEANUP(fd_done) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	struct cgroup_oom oom = { .fd = fd };
	uint64_t kills;
	int r;

	if (fd < 0)
		return -errno;
	r = cgroup_oom_kills(&oom, &kills);
	if (r < 0)
		return r;
	snprintf(oom.path, sizeof oom.path, "%s", path);
	oom.fd = TAKE_FD(fd);
	*ret = oom;
	return 0;
}

/* The counter FILE of the hierarchy of CONTROLLER. */
static int open_in_hierarchy(const struct cgroup_place *place, const char *controller, const char *file,
			     struct cgroup_oom *ret)
{
	char path[PATH_MAX], full[PATH_MAX];
	int r = cgroup_place_path(place, controller, 0, path);

	if (r < 0)
		return r;
	if ((size_t)snprintf(full, sizeof full, "%s/%s", path, file) >= sizeof full)
		return -ENAMETOOLONG;
	return open_counter(AT_FDCWD, full, ret);
}

static int read_place(const struct procfs *proc, pid_t pid, struct cgroup_place *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);

	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	return cgroup_place_read(proc, dir, ret);
}

int cgroup_oom_open(const struct procfs *proc, pid_t pid, struct cgroup_oom *ret)
{
	CLEANUP(cgroup_place_done) struct cgroup_place place = { 0 };
	int r = read_place(proc, pid, &place);

	if (r == -ESRCH)
		return r;
	if (r == 0)
		r = open_in_hierarchy(&place, NULL, "memory.events", ret);
	if (r < 0 && place.mounts.len > 0)
		r = open_in_hierarchy(&place, "memory", "memory.oom_control", ret);
	if (r < 0)
		r = open_counter(proc->fd, "vmstat", ret);
	return r;
}

void cgroup_oom_done(struct cgroup_oom *oom)
{
	if (!oom)
		return;
	fd_done(&oom->fd);
	*oom = CGROUP_OOM_NONE;
}
