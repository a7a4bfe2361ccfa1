#include "core/inroot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/vfs.h>

#include "core/cleanup.h"
#include "core/inroot.h"

enum { LINKS_MAX = 40 }; /* as the kernel, path_resolution(7) */

/* Where PATH ends when links are followed: the directory that holds it, and its name in NAME. */
static int find_place(int root, const char *path, char name[NAME_MAX + 1], struct stat *ret)
{
	CLEANUP(fd_done) int at = -1;
	char text[PATH_MAX];
	const char *last;

	if (path[0] != '/')
		return -ENOENT;
	for (int i = 0; i < LINKS_MAX; i++) {
		int parent = inroot_open_parent(root, at, path, &last);
		ssize_t n;

		if (parent < 0)
			return parent;
		fd_close(at);
		at = parent;
		if (strlen(last) > NAME_MAX)
			return -ENAMETOOLONG;
		strcpy(name, last);
		if (fstatat(at, name, ret, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (!S_ISLNK(ret->st_mode))
			return TAKE_FD(at);
		n = readlinkat(at, name, text, sizeof text);
		if (n <= 0 || (size_t)n >= sizeof text)
			return n < 0 ? -errno : -ENAMETOOLONG;
		text[n] = '\0';
		path = text;
	}
	return -ELOOP;
}

int inroot_stat(int root, const char *path, struct stat *ret)
{
	char name[NAME_MAX + 1];
	struct stat st;
	CLEANUP(fd_done) int dir = find_place(root, path, name, &st);

	if (dir < 0)
		return dir;
	*ret = st;
	return 0;
}

/* What proc shows is of who looks: not what the process would see there, and not what it may name to us. */
static bool is_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* A name may come to mean something else between two looks: what was opened is looked at again. */
static int check(const struct stat *st, off_t max)
{
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISREG(st->st_mode))
		return -ENXIO;
	return st->st_size > max ? -EFBIG : 0;
}

int inroot_open_file(int root, const char *path, off_t max, struct stat *ret_status)
{
	char name[NAME_MAX + 1];
	struct stat st;
	CLEANUP(fd_done) int dir = find_place(root, path, name, &st);
	CLEANUP(fd_done) int fd = -1;
	int r = dir < 0 ? dir : check(&st, max);

	if (r < 0)
		return r;
	if (is_proc(dir))
		return -ENXIO;
	do
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = is_proc(fd) ? -ENXIO : check(&st, max); /* one file of proc may be mounted elsewhere */
	if (r < 0)
		return r;
	if (ret_status)
		*ret_status = st;
	return TAKE_FD(fd);
}
