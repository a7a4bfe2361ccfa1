#include "core/find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { FIND_COMM_CUT = 15 }; /* TASK_COMM_LEN without its NUL */

/* One name as /proc/PID/comm may show it: cut, or whole where a kernel thread's longer name is meant. */
struct find_name {
	const char *text;
	size_t len, cut;
};

static bool name_is(const struct find_name *name, const char *comm, size_t len)
{
	if (len == 0 || comm[len - 1] != '\n')
		return false;
	len--;
	return (len == name->cut || len == name->len) && memcmp(comm, name->text, len) == 0;
}

/* Three system calls and nothing else: this runs for every process there is. */
static bool comm_is(const struct procfs *proc, pid_t pid, const struct find_name *name)
{
	char path[PROCFS_PID_TEXT + sizeof "/comm"], comm[PROCPARSE_COMM_MAX + 1];
	ssize_t n;
	int fd;

	memcpy(procfs_pid_text(path, pid), "/comm", sizeof "/comm");
	fd = openat(proc->fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, comm, sizeof comm);
	close(fd);
	return n > 0 && name_is(name, comm, (size_t)n);
}

/* A path of the link "exe" may be longer than PATH_MAX only below a deep directory: then it is not found by it. */
static bool exe_is(const struct procfs *proc, pid_t pid, const struct find_name *name)
{
	char path[PROCFS_PID_TEXT + sizeof "/exe"], exe[PATH_MAX];
	const char *slash;

	memcpy(procfs_pid_text(path, pid), "/exe", sizeof "/exe");
	if (procfs_link(proc->fd, path, exe, sizeof exe) < 0)
		return false;
	slash = strrchr(exe, '/');
	if (!slash || strncmp(slash + 1, name->text, name->len) != 0)
		return false;
	return !slash[1 + name->len] || !strcmp(slash + 1 + name->len, " (deleted)");
}

static int find_named(const struct procfs *proc, const char *name, bool by_exe, struct pidset *ret)
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	size_t len = strlen(name);
	const struct find_name wanted = {
		.text = name, .len = len, .cut = len < FIND_COMM_CUT ? len : FIND_COMM_CUT,
	};
	pid_t own = getpid(), pid;
	int r = procfs_iterate(proc, &iter);

	if (r < 0)
		return r;
	while ((r = procfs_next(&iter, &pid)) > 0) {
		if (pid == own || !(comm_is(proc, pid, &wanted) || (by_exe && exe_is(proc, pid, &wanted))))
			continue;
		r = pidset_add(ret, pid);
		if (r < 0)
			return r;
	}
	return r;
}

int find_by_comm(const struct procfs *proc, const char *name, struct pidset *ret)
{
	return find_named(proc, name, false, ret);
}

int find_by_name(const struct procfs *proc, const char *name, struct pidset *ret)
{
	return find_named(proc, name, true, ret);
}

int find_parent(const struct procfs *proc, pid_t pid, pid_t *ret)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, pid, &stat);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	*ret = stat.ppid;
	return 0;
}

int find_ancestors(const struct procfs *proc, pid_t pid, struct pidset *ret)
{
	/* The tree changes while it is walked: nobody is his own ancestor twice. */
	while (pid > 0 && !pidset_has(ret, pid)) {
		int r = pidset_add(ret, pid);

		if (r < 0)
			return r;
		if (find_parent(proc, pid, &pid) < 0)
			break;
	}
	return 0;
}
