#include "core/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/procfs_private.h"

int procfs_open(const char *root, struct procfs *ret)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ret->fd = fd;
	return 0;
}

bool procfs_shows_us(const struct procfs *proc)
{
	char text[PROCFS_PID_TEXT], own[PROCFS_PID_TEXT];
	ssize_t n = readlinkat(proc->fd, "self", text, sizeof text);
	size_t len = (size_t)(procfs_pid_text(own, getpid()) - own);

	return n > 0 && (size_t)n == len && memcmp(text, own, len) == 0;
}

int procfs_open_own(struct procfs *ret)
{
	struct procfs proc = { .fd = -1 };
	int r = procfs_open(PROCFS_ROOT, &proc);

	if (r < 0)
		return r;
	if (!procfs_shows_us(&proc)) {
		procfs_done(&proc);
		return -ENOENT;
	}
	*ret = proc;
	return 0;
}

void procfs_done(struct procfs *proc)
{
	if (proc)
		proc->fd = fd_close(proc->fd);
}

char *procfs_pid_text(char *text, pid_t pid)
{
	char digits[PROCFS_PID_TEXT];
	unsigned rest = (unsigned)pid;
	size_t n = 0;

	do
		digits[n++] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	while (n > 0)
		*text++ = digits[--n];
	*text = '\0';
	return text;
}

int procfs_open_at(int dir, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir, name, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int procfs_process(const struct procfs *proc, pid_t pid)
{
	char name[PROCFS_PID_TEXT];

	if (pid <= 0)
		return -ESRCH;
	procfs_pid_text(name, pid);
	return procfs_open_at(proc->fd, name, O_PATH | O_DIRECTORY);
}

int procfs_read(int dir, const char *name, struct buf *ret)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, name, O_RDONLY);

	if (fd < 0)
		return fd;
	buf_reset(ret);
	return buf_read_fd(ret, fd);
}

ssize_t procfs_read_once(int fd, char *block, size_t size)
{
	ssize_t n;

	do
		n = read(fd, block, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The file, or as much of it as fits into BLOCK. Returns its length. */
static ssize_t read_block(int dir, const char *name, char *block, size_t size)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, name, O_RDONLY);
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (n > 0 && have < size) {
		n = procfs_read_once(fd, block + have, size - have);
		if (n < 0)
			return n;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int procfs_stat(int dir, struct procparse_stat *ret)
{
	char block[PROCFS_BLOCK];
	ssize_t n = read_block(dir, "stat", block, sizeof block);

	return n < 0 ? (int)n : procparse_stat(block, (size_t)n, ret);
}

int procfs_stat_of(const struct procfs *proc, pid_t pid, struct procparse_stat *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);

	return dir < 0 ? dir : procfs_stat(dir, ret);
}

int procfs_status(int dir, struct procparse_status *ret)
{
	char block[PROCFS_BLOCK];
	ssize_t n = read_block(dir, "status", block, sizeof block);

	return n < 0 ? (int)n : procparse_status(block, (size_t)n, ret);
}

int procfs_cwd(int dir)
{
	return procfs_open_at(dir, "cwd", O_PATH | O_DIRECTORY);
}

int procfs_root(int dir)
{
	return procfs_open_at(dir, "root", O_PATH | O_DIRECTORY);
}

int procfs_iterate(const struct procfs *proc, struct procfs_iter *ret)
{
	/* Of its own, since a position belongs to it. */
	int fd = procfs_open_at(proc->fd, ".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	ret->fd = fd;
	ret->have = ret->at = 0;
	return 0;
}

/* What getdents64(2) writes; libc's struct dirent need not be of that form. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* The pid that NAME is, or 0. */
static pid_t entry_pid(const char *name)
{
	pid_t pid = 0;

	if (*name < '1' || *name > '9')
		return 0;
	for (; *name >= '0' && *name <= '9'; name++)
		if (__builtin_mul_overflow(pid, 10, &pid) || __builtin_add_overflow(pid, *name - '0', &pid))
			return 0;
	return *name == '\0' ? pid : 0;
}

int procfs_next(struct procfs_iter *iter, pid_t *ret)
{
	for (;;) {
		while (iter->at < iter->have) {
			const struct entry *entry = (const void *)(iter->block + iter->at);
			pid_t pid = entry->type == DT_DIR || entry->type == DT_UNKNOWN ? entry_pid(entry->name) : 0;

			iter->at += entry->reclen;
			if (pid > 0) {
				*ret = pid;
				return 1;
			}
		}
		long n = syscall(SYS_getdents64, iter->fd, iter->block, sizeof iter->block);

		if (n <= 0)
			return n < 0 ? -errno : 0;
		iter->have = (size_t)n;
		iter->at = 0;
	}
}

void procfs_iter_done(struct procfs_iter *iter)
{
	if (iter)
		iter->fd = fd_close(iter->fd);
}

int procfs_pid_namespace(const struct procfs *proc, ino_t *ret)
{
	struct stat st;

	if (fstatat(proc->fd, "self/ns/pid", &st, 0) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

int procfs_link(int dir, const char *name, char *ret, size_t ret_size)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, name, text, sizeof text);

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof text || (size_t)n >= ret_size)
		return -ENAMETOOLONG;
	memcpy(ret, text, (size_t)n);
	ret[n] = 0;
	return 0;
}

void procfs_fd_path(int fd, char ret[PROCFS_FD_PATH_MAX])
{
	snprintf(ret, PROCFS_FD_PATH_MAX, PROCFS_ROOT "/self/fd/%d", fd);
}
