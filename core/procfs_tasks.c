/* procfs_tasks.c: see procfs.h: the threads of a process, and its children. */
#include "core/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/procfs_private.h"

/* Is the process still there? -ESRCH: no. */
static int still_there(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, pid, &stat);

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

	while ((n = procfs_read_once(fd, block + have, sizeof block - have)) > 0) {
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
	CLEANUP(fd_done) int fd = procfs_open_at(task, name, O_RDONLY);

	return fd < 0 ? fd : children_of_file(fd, function, context);
}

int procfs_each_thread_child(int dir, procfs_child_fn function, void *context)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, "children", O_RDONLY);

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
	CLEANUP(fd_done) int task = procfs_open_at(proc->fd, name, O_RDONLY | O_DIRECTORY);

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

int procfs_each_thread(int dir, procfs_thread_fn function, void *context)
{
	CLEANUP(fd_done) int task = procfs_open_at(dir, "task", O_RDONLY | O_DIRECTORY);
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	const struct procfs tasks = { .fd = task };
	int r = task < 0 ? task : procfs_iterate(&tasks, &iter);
	pid_t tid;

	if (r < 0)
		return r;
	while ((r = procfs_next(&iter, &tid)) > 0) {
		CLEANUP(fd_done) int thread = procfs_process(&tasks, tid);

		r = thread < 0 ? thread : function(tid, thread, context);
		if (r != 0 && r != -ENOENT && r != -ESRCH)
			return r;
	}
	return r;
}

/* The counters stand at the end of status, behind a line of groups that may be very long: its beginning is let go. */
int procfs_switches(int dir, uint64_t *ret)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, "status", O_RDONLY);
	char block[PROCFS_BLOCK];
	size_t have = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = procfs_read_once(fd, block + have, sizeof block - have)) > 0) {
		have += (size_t)n;
		if (have < sizeof block)
			continue;
		have /= 2;
		memcpy(block, block + have, have);
	}
	return n < 0 ? (int)n : procparse_switches(block, have, ret);
}
