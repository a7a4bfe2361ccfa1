/* runner_pid.c: see runner.h: the lines pid:NUMBER and pid:FILE. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "applets/cluster/ending.h"
#include "applets/cluster/path.h"
#include "applets/cluster/process.h"
#include "applets/cluster/runner_private.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/pidref.h"

enum {
	PID_FILE_MAX = 64 << 10, /* the original's has the pids of all members in its one line */
	HEAD_SIZE = 64,
	/* Some file systems tell the time of a change in whole seconds, FAT in two of them. */
	TOLERANCE_MS = 2000,
	NODES_MAX = 16384,
};

/* A pid file: its directory, and the file, which are the same ones from the first look to its removal. */
struct pid_file { int dir, fd; const char *name; struct stat st; };

#define PID_FILE_NONE ((struct pid_file){ .dir = -1, .fd = -1 })

static void pid_file_done(struct pid_file *file)
{
	file->dir = fd_close(file->dir);
	file->fd = fd_close(file->fd);
}

/* ---- the file ---- */

/* O_NONBLOCK: nobody may write to a FIFO. */
static int open_file(const char *path, struct pid_file *ret)
{
	CLEANUP(free_done) char *parent = path_parent(path);

	if (!parent)
		return -ENOMEM;
	ret->name = path_name(path);
	ret->dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->dir < 0)
		return -errno;
	ret->fd = openat(ret->dir, ret->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return ret->fd < 0 || fstat(ret->fd, &ret->st) < 0 ? -errno : 0;
}

/* "4711\n", and "4711:4720:4725\n" of the original's. 0: that is no pid. Pure. */
static pid_t parse_pid(const char *text)
{
	const char *digits = text + strspn(text, " \t\r\n");
	char *end;
	unsigned long value;

	if (*digits < '0' || *digits > '9')
		return 0;
	errno = 0;
	value = strtoul(digits, &end, 10);
	if (errno || value > INT32_MAX || (*end && !strchr(": \t\r\n", *end)))
		return 0;
	return (pid_t)value;
}

/* The number in it, or -EBADMSG and what is wrong. */
static pid_t read_pid(const struct pid_file *file, struct runner_result *ret)
{
	char head[HEAD_SIZE + 1] = "";
	ssize_t n;
	pid_t pid;

	if (!S_ISREG(file->st.st_mode))
		return runner_say(ret, -EBADMSG, "it is no regular file");
	if (file->st.st_size > PID_FILE_MAX)
		return runner_say(ret, -EBADMSG, "it is too long for a pid file");
	do
		n = pread(file->fd, head, HEAD_SIZE, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return runner_say(ret, -EBADMSG, "cannot read it: %s", log_errno(errno));
	pid = parse_pid(head);
	if (pid > 0 && memchr(head, '\0', (size_t)n))
		pid = 0;
	return pid > 0 ? pid : runner_say(ret, -EBADMSG, "it does not begin with a pid");
}

/* Only the file that was read: another one may be there by now, of a process that was started meanwhile. */
static int remove_file(const struct pid_file *file, struct runner_result *ret)
{
	struct stat st;
	int r = fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (r == 0 && (st.st_dev != file->st.st_dev || st.st_ino != file->st.st_ino))
		return 0;
	if (r == 0)
		r = unlinkat(file->dir, file->name, 0) < 0 ? -errno : 0;
	return r == 0 || r == -ENOENT ? 0 : runner_say(ret, -ECHILD, "cannot remove the file: %s", log_errno(r));
}

/* ---- the process ---- */

static int read_uid(const struct procfs *proc, pid_t pid, uid_t *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	struct procparse_status status;
	int r = dir < 0 ? dir : procfs_status(dir, &status);

	if (r == 0)
		*ret = status.uid;
	return r;
}

/* The process PID as it is now: 0; 1: there is none; -ECHILD: it is not to be ended, whoever says so. */
static int find(struct runner *r, pid_t pid, struct tree_node *ret, struct runner_result *ret_result)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int error;

	if (pid == 1)
		return runner_say(ret_result, -ECHILD, "process 1 is the init of this system");
	if (process_is_above_us(r->proc, pid))
		return runner_say(ret_result, -ECHILD, "process %d is this one, or one that it comes from", (int)pid);
	error = pidref_open(r->proc, pid, &ref);
	if (error == -ESRCH)
		return 1;
	if (error < 0)
		return runner_say(ret_result, -ECHILD, "cannot look at process %d: %s", (int)pid, log_errno(error));
	*ret = (struct tree_node){ pid, ref.start_ticks };
	return 0;
}

static bool is_ours(const struct procfs *proc, const struct tree_scope *ours, const struct tree_node *node)
{
	CLEANUP(free_done) struct tree_node *nodes = ours ? calloc(NODES_MAX, sizeof(*nodes)) : NULL;
	int count = nodes ? tree_list_scope(proc, ours, nodes, NODES_MAX) : 0;

	for (int i = 0; i < count; i++)
		if (nodes[i].pid == node->pid && nodes[i].start_ticks == node->start_ticks)
			return true;
	return false;
}

static bool is_younger(const struct stat *st, const struct tree_node *node)
{
	struct timespec now;
	int64_t began_ms, changed_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;

	clock_gettime(CLOCK_REALTIME, &now);
	began_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - procfs_age_ms(node->start_ticks);
	return began_ms > changed_ms + TOLERANCE_MS;
}

/* May the file name that process, which is none of ours? Somebody could have any process ended otherwise. */
static int judge(struct runner *r, const struct stat *st, const struct tree_node *node, struct runner_result *ret)
{
	uid_t uid = 0;
	int error = read_uid(r->proc, node->pid, &uid);

	if (error < 0)
		return runner_say(ret, -ECHILD, "cannot look at process %d: %s", (int)node->pid, log_errno(error));
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != uid)
		return runner_say(ret, -ECHILD, "the file belongs to uid %u, process %d to uid %u",
				  (unsigned)st->st_uid, (int)node->pid, (unsigned)uid);
	if (st->st_mode & S_IWOTH)
		return runner_say(ret, -ECHILD, "anybody may write the file (chmod o-w)");
	if (is_younger(st, node))
		return runner_say(ret, -ECHILD, "process %d began after the file was written: it is another one than "
				  "the one that wrote it (remove the file)", (int)node->pid);
	return 0;
}

static int end(struct runner *r, const struct tree_node *node, struct runner_result *ret)
{
	struct ending ending = { .loop = r->loop, .proc = r->proc, .grace_ms = r->config->stop_timeout_ms,
				 .reporting = r->reporting };
	const struct tree_scope scope = { .whole = node, .whole_count = 1 };
	int error = ending_all(&ending, &scope);

	if (error == -ETIMEDOUT)
		return runner_say(ret, -ECHILD, "process %d does not end, though it was killed", (int)node->pid);
	if (error < 0)
		return runner_say(ret, -ECHILD, "cannot end process %d: %s%s", (int)node->pid, log_errno(error),
				  error == -EPERM ? " (run as root, or as its user)" : "");
	return 0;
}

/* ---- a line ---- */

static int end_number(struct runner *r, pid_t pid, struct runner_result *ret)
{
	struct tree_node node;
	int found = find(r, pid, &node, ret);

	if (found > 0)
		log_line("No process to end: there is none with pid %d", (int)pid);
	if (found != 0)
		return found < 0 ? found : 0;
	return end(r, &node, ret);
}

/* Its process has ended before. Whose the file was can be told no more. */
static int remove_stale(const char *path, const struct pid_file *file, pid_t pid, struct runner_result *ret)
{
	bool trusted = file->st.st_uid == 0 || file->st.st_uid == geteuid();

	log_line("No process to end: process %d, which '%s' names, is gone%s", (int)pid, path,
		 trusted ? "" : " (the file belongs to another user, and stays)");
	return trusted ? remove_file(file, ret) : 0;
}

static int end_file(struct runner *r, const char *path, const struct tree_scope *ours, struct runner_result *ret)
{
	CLEANUP(pid_file_done) struct pid_file file = PID_FILE_NONE;
	struct tree_node node;
	int error = open_file(path, &file), found;
	pid_t pid;

	if (error == -ENOENT || error == -ENOTDIR) {
		log_line("No process to end: there is no '%s'", path);
		return 0;
	}
	if (error < 0)
		return runner_say(ret, -ECHILD, error == -ELOOP ? "it is a link" : "cannot read it: %s",
				  log_errno(error));
	pid = read_pid(&file, ret);
	if (pid < 0)
		return -ECHILD;
	found = find(r, pid, &node, ret);
	if (found > 0)
		return remove_stale(path, &file, pid, ret);
	if (found == 0 && !is_ours(r->proc, ours, &node))
		found = judge(r, &file.st, &node, ret);
	if (found == 0)
		found = end(r, &node, ret);
	return found < 0 ? found : remove_file(&file, ret);
}

int runner_pid(struct runner *r, const struct line *line, const struct tree_scope *ours, struct runner_result *ret)
{
	*ret = (struct runner_result){ .rest = -1 };
	if (runner_is_cancelled(r))
		return runner_say(ret, -ECANCELED, "cancelled");
	return line->path ? end_file(r, line->path, ours, ret) : end_number(r, line->pid, ret);
}
