#include "core/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

enum {
	CGROUP_FILE_MAX = 1 << 20, /* mountinfo of a machine with thousands of mounts */
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

/* What of the cgroup PATH lies below the directory ROOT of the hierarchy, which is what a mount shows; NULL: it does
 * not, or is outside of our cgroup namespace ("/../x", cgroup_namespaces(7)). */
static const char *below_root(const char *path, const char *root)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, "/../", 4) == 0 || strcmp(path, "/..") == 0)
		return NULL;
	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

/* The counter FILE of the hierarchy of CONTROLLER. */
static int open_in_hierarchy(const struct buf *cgroup, const struct buf *mounts, const char *controller,
			     const char *file, struct cgroup_oom *ret)
{
	char path[PATH_MAX], mount[PATH_MAX], root[PATH_MAX], full[PATH_MAX];
	const char *below;
	int r = procparse_cgroup(cgroup->data, cgroup->len, controller, path, sizeof path);

	if (r == 0)
		r = procparse_cgroup_mount(mounts->data, mounts->len, controller, mount, root, sizeof mount);
	if (r < 0)
		return r;
	below = below_root(path, root);
	if (!below)
		return -ENOENT;
	if ((size_t)snprintf(full, sizeof full, "%s%s/%s", mount, below, file) >= sizeof full)
		return -ENAMETOOLONG;
	return open_counter(AT_FDCWD, full, ret);
}

static int read_texts(const struct procfs *proc, pid_t pid, struct buf *ret_cgroup, struct buf *ret_mounts)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	int r;

	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	r = procfs_read(dir, "cgroup", ret_cgroup);
	/* Our mounts, not its own: it is we who open the file. */
	return r < 0 ? r : procfs_read(proc->fd, "self/mountinfo", ret_mounts);
}

int cgroup_oom_open(const struct procfs *proc, pid_t pid, struct cgroup_oom *ret)
{
	CLEANUP(buf_done) struct buf cgroup = BUF(CGROUP_FILE_MAX), mounts = BUF(CGROUP_FILE_MAX);
	int r = read_texts(proc, pid, &cgroup, &mounts);

	if (r == -ESRCH)
		return r;
	if (r == 0)
		r = open_in_hierarchy(&cgroup, &mounts, NULL, "memory.events", ret);
	if (r < 0 && mounts.len > 0)
		r = open_in_hierarchy(&cgroup, &mounts, "memory", "memory.oom_control", ret);
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
