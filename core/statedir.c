/* statedir.c: see statedir.h. */
#include "core/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/write_all.h"

static bool is_link(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* PATH relative to DIR. What is checked is what was opened: nobody can swap it in between. */
static int open_checked(int dir, const char *path)
{
	CLEANUP(fd_done) int fd = -1;
	struct stat st;

	if (mkdirat(dir, path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return is_link(dir, path) ? -EPERM : -ENOTDIR;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return -EPERM;
	return TAKE_FD(fd);
}

int statedir_open(const char *path)
{
	return open_checked(AT_FDCWD, path);
}

int statedir_open_below(int dir, const char *name)
{
	if (strchr(name, '/'))
		return -EINVAL;
	return open_checked(dir, name);
}

/* Open "BASE/NAME[-UID]"; WITH_UID where others may have directories of that name beside us. */
static int try_base(const char *base, const char *name, bool with_uid, char *ret_path, size_t ret_size)
{
	char path[PATH_MAX];
	int fd, n;

	if (with_uid)
		n = snprintf(path, sizeof(path), "%s/%s-%u", base, name, (unsigned)geteuid());
	else
		n = snprintf(path, sizeof(path), "%s/%s", base, name);
	if (n < 0 || (size_t)n >= sizeof(path) || (size_t)n >= ret_size)
		return -ENAMETOOLONG;
	fd = statedir_open(path);
	if (fd >= 0)
		memcpy(ret_path, path, (size_t)n + 1);
	return fd;
}

int statedir_find(const char *wanted, const char *name, char *ret_path, size_t ret_size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int fd;

	if (wanted) {
		if (strlen(wanted) >= ret_size)
			return -ENAMETOOLONG;
		fd = statedir_open(wanted);
		if (fd >= 0)
			memcpy(ret_path, wanted, strlen(wanted) + 1);
		return fd;
	}
	fd = try_base("/run", name, false, ret_path, ret_size);
	if (fd < 0 && runtime && runtime[0] == '/')
		fd = try_base(runtime, name, false, ret_path, ret_size);
	if (fd < 0)
		fd = try_base("/tmp", name, true, ret_path, ret_size);
	return fd;
}

int statedir_read(int dir, const char *name, struct buf *ret)
{
	CLEANUP(fd_done) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : buf_read_fd(ret, fd);
}

static int with_suffix(const char *name, const char *suffix, char ret[NAME_MAX + 1])
{
	int n = snprintf(ret, NAME_MAX + 1, "%s%s", name, suffix);

	return n < 0 || n > NAME_MAX ? -ENAMETOOLONG : 0;
}

int statedir_write(int dir, const char *name, const void *data, size_t len)
{
	CLEANUP(fd_done) int fd = -1;
	char temporary[NAME_MAX + 1];
	int r = with_suffix(name, ".new", temporary);

	if (r < 0)
		return r;
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, temporary, 0);
	return r;
}

int statedir_lock(int dir, const char *name)
{
	CLEANUP(fd_done) int fd = -1;
	char path[NAME_MAX + 1];
	int r = with_suffix(name, ".lock", path);

	if (r < 0)
		return r;
	fd = openat(dir, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0)
		if (errno != EINTR)
			return -errno;
	return TAKE_FD(fd);
}

/* Plain files only: a directory in there is none of ours. */
static int empty_directory(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);

	if (!stream) {
		r = -errno;
		fd_close(copy);
		return r;
	}
	for (struct dirent *entry; (entry = readdir(stream));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && unlinkat(dir, entry->d_name, 0) < 0)
			r = -errno;
	closedir(stream);
	return r;
}

int statedir_remove_below(int dir, const char *name)
{
	CLEANUP(fd_done) int below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = below < 0 ? -errno : empty_directory(below);

	if (r < 0)
		return r;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}
