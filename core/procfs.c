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

/* What the kernel knows of a file in one block: status of a process in 64 groups, with room to spare. */
enum { PROCFS_BLOCK = 4096 };

int procfs_open(const char *root, struct procfs *ret)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ret->fd = fd;
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

static int open_at(int dir, const char *name, int flags)
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
	return open_at(proc->fd, name, O_PATH | O_DIRECTORY);
}

int procfs_read(int dir, const char *name, struct buf *ret)
{
	CLEANUP(fd_done) int fd = open_at(dir, name, O_RDONLY);

	if (fd < 0)
		return fd;
	buf_reset(ret);
	return buf_read_fd(ret, fd);
}

static ssize_t read_once(int fd, char *block, size_t size)
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
	CLEANUP(fd_done) int fd = open_at(dir, name, O_RDONLY);
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (n > 0 && have < size) {
		n = read_once(fd, block + have, size - have);
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

int procfs_status(int dir, struct procparse_status *ret)
{
	char block[PROCFS_BLOCK];
	ssize_t n = read_block(dir, "status", block, sizeof block);

	return n < 0 ? (int)n : procparse_status(block, (size_t)n, ret);
}

int procfs_cwd(int dir)
{
	return open_at(dir, "cwd", O_PATH | O_DIRECTORY);
}

int procfs_root(int dir)
{
	return open_at(dir, "root", O_PATH | O_DIRECTORY);
}

int procfs_iterate(const struct procfs *proc, struct procfs_iter *ret)
{
	/* Of its own, since a position belongs to it. */
	int fd = open_at(proc->fd, ".", O_RDONLY | O_DIRECTORY);

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

/* Is the process still there? -ESRCH: no. */
static int still_there(const struct procfs *proc, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	struct procparse_stat stat;
	int r = dir < 0 ? dir : procfs_stat(dir, &stat);

	return r == -ENOENT ? -ESRCH : r;
}

/* Without CONFIG_PROC_CHILDREN: who calls PID its parent? */
static int children_by_scan(const struct procfs *proc, pid_t pid, procfs_child_fn function, void *context)
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	pid_t other;
	int r = still_there(proc, pid);

	if (r == 0)
		r = procfs_iterate(proc, &iter);
	if (r < 0)
		return r;
	while ((r = procfs_next(&iter, &other)) > 0) {
		CLEANUP(fd_done) int dir = procfs_process(proc, other);
		struct procparse_stat stat;

		if (dir < 0 || procfs_stat(dir, &stat) < 0 || stat.ppid != pid)
			continue;
		r = function(other, context);
		if (r != 0)
			return r;
	}
	return r;
}

/* How much of BLOCK ends in whole pids. */
static size_t whole_pids(const char *block, size_t have)
{
	while (have > 0 && block[have - 1] != ' ' && block[have - 1] != '\n')
		have--;
	return have;
}

static int children_of_file(int fd, procfs_child_fn function, void *context)
{
	char block[PROCFS_BLOCK];
	size_t have = 0, whole, at;
	ssize_t n;
	pid_t pid;
	int r;

	while ((n = read_once(fd, block + have, sizeof block - have)) > 0) {
		have += (size_t)n;
		whole = whole_pids(block, have);
		if (whole == 0 && have == sizeof block)
			return -EBADMSG;
		at = 0;
		while ((r = procparse_children(block, whole, &at, &pid)) > 0) {
			r = function(pid, context);
			if (r != 0)
				return r;
		}
		if (r < 0)
			return r;
		have -= whole;
		memmove(block, block + whole, have);
	}
	if (n < 0)
		return (int)n;
	return have > 0 ? -EBADMSG : 0;
}

/* The children of one thread; TASK is the directory of all. -ENOENT: the thread ended, or the kernel has no such
 * file. */
static int children_of_thread(int task, pid_t tid, procfs_child_fn function, void *context)
{
	char name[PROCFS_PID_TEXT + sizeof "/children"];

	memcpy(procfs_pid_text(name, tid), "/children", sizeof "/children");
	CLEANUP(fd_done) int fd = open_at(task, name, O_RDONLY);

	return fd < 0 ? fd : children_of_file(fd, function, context);
}

/* Whichever thread called fork(2) is the one that lists the child. */
static int children_of_threads(int task, procfs_child_fn function, void *context)
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	const struct procfs tasks = { .fd = task };
	int result = -ENOENT;
	int r = procfs_iterate(&tasks, &iter);
	pid_t tid;

	if (r < 0)
		return r;
	while ((r = procfs_next(&iter, &tid)) > 0) {
		r = children_of_thread(task, tid, function, context);
		if (r == 0)
			result = 0;
		else if (r != -ENOENT && r != -ESRCH)
			return r;
	}
	return r < 0 ? r : result;
}

int procfs_each_child(const struct procfs *proc, pid_t pid, procfs_child_fn function, void *context)
{
	char name[PROCFS_PID_TEXT + sizeof "/task"];
	struct stat st;
	int r;

	if (pid <= 0)
		return -ESRCH;
	memcpy(procfs_pid_text(name, pid), "/task", sizeof "/task");
	CLEANUP(fd_done) int task = open_at(proc->fd, name, O_RDONLY | O_DIRECTORY);

	if (task < 0)
		r = task;
	else if (fstat(task, &st) == 0 && st.st_nlink == 3) /* ".", ".." and one thread */
		r = children_of_thread(task, pid, function, context);
	else
		r = children_of_threads(task, function, context);
	return r == -ENOENT || r == -ESRCH ? children_by_scan(proc, pid, function, context) : r;
}

static int add_child(pid_t child, void *set)
{
	return pidset_add(set, child);
}

int procfs_children(const struct procfs *proc, pid_t pid, struct pidset *ret)
{
	return procfs_each_child(proc, pid, add_child, ret);
}

/* A process whose parent ends while we read moves to another one and would be named twice. */
static int add_new_child(pid_t child, void *set)
{
	return pidset_has(set, child) ? 0 : pidset_add(set, child);
}

int procfs_descendants(const struct procfs *proc, pid_t pid, struct pidset *ret)
{
	size_t at = ret->count;
	int r = procfs_each_child(proc, pid, add_new_child, ret);

	for (; r == 0 && at < ret->count; at++) {
		r = procfs_each_child(proc, ret->pids[at], add_new_child, ret);
		if (r == -ESRCH || r == -ENOENT)
			r = 0;
	}
	return r;
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
