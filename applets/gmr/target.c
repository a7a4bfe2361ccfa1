#include "applets/gmr/target.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/procparse_task.h"

enum {
	STATUS_MAX = 1 << 20,  /* a process may be in 65,536 groups */
	CMDLINE_MAX = 1 << 18,
	KERNEL_THREAD = 0x00200000, /* PF_KTHREAD */
};

static void read_exe(int dir, struct target *ret)
{
	static const char deleted[] = " (deleted)"; /* what d_path of the kernel appends, proc_pid_exe(5) */
	size_t len;

	ret->exe_error = procfs_link(dir, "exe", ret->exe, sizeof ret->exe);
	if (ret->exe_error < 0) {
		ret->exe[0] = '\0';
		return;
	}
	len = strlen(ret->exe);
	if (len > sizeof deleted - 1 && strcmp(ret->exe + len - (sizeof deleted - 1), deleted) == 0) {
		ret->exe[len - (sizeof deleted - 1)] = '\0';
		ret->exe_deleted = true;
	}
}

static int read_item(const struct buf *status, const char *key, size_t index, unsigned *ret)
{
	uint64_t value;
	int r = procparse_field_item(status->data, status->len, key, index, &value);

	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	*ret = (unsigned)value;
	return 0;
}

static int read_status(struct target *ret)
{
	uint64_t pid;
	int r = procfs_read(ret->dir, "status", &ret->status);

	if (r == 0)
		r = read_item(&ret->status, "Uid", 0, &ret->uid);
	if (r == 0)
		r = read_item(&ret->status, "Uid", 1, &ret->euid);
	if (r == 0)
		r = read_item(&ret->status, "Gid", 0, &ret->gid);
	if (r == 0)
		r = read_item(&ret->status, "Gid", 1, &ret->egid);
	if (r < 0)
		return r;
	/* One number for each namespace from PROC's own down; none before Linux 4.1. */
	ret->inner_pid = ret->ref.pid;
	for (size_t i = 0; procparse_field_item(ret->status.data, ret->status.len, "NSpid", i, &pid) == 0; i++)
		ret->inner_pid = (pid_t)pid;
	return 0;
}

static int read_all(struct target *ret)
{
	int r = procfs_stat(ret->dir, &ret->stat);

	/* The directory may have been opened before the pid went to the process that the pidref has. */
	if (r == 0 && ret->ref.start_ticks != ret->stat.start_ticks)
		r = -ESRCH;
	if (r == 0)
		r = read_status(ret);
	if (r < 0)
		return r;
	r = procfs_read(ret->dir, "cmdline", &ret->cmdline);
	if (r == -ENOMEM || r == -ESRCH)
		return r;
	read_exe(ret->dir, ret);
	ret->root = procfs_root(ret->dir);
	return ret->root == -EMFILE || ret->root == -ENFILE ? ret->root : 0;
}

int target_open(const struct procfs *proc, pid_t pid, struct target *ret)
{
	CLEANUP(target_done) struct target target = {
		.proc = proc, .ref = PIDREF_NONE, .dir = -1, .root = -1,
		.status = BUF(STATUS_MAX), .cmdline = BUF(CMDLINE_MAX),
	};
	int r;

	target.dir = procfs_process(proc, pid);
	r = target.dir < 0 ? target.dir : pidref_open(proc, pid, &target.ref);
	if (r == 0)
		r = read_all(&target);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	*ret = target;
	target = (struct target){ .ref = PIDREF_NONE, .dir = -1, .root = -1 };
	return 0;
}

void target_done(struct target *target)
{
	if (!target)
		return;
	pidref_done(&target->ref);
	target->dir = fd_close(target->dir);
	target->root = fd_close(target->root);
	buf_done(&target->status);
	buf_done(&target->cmdline);
}

bool target_is_kernel(const struct target *target)
{
	return target->stat.flags & KERNEL_THREAD;
}

bool target_is_headless(const struct target *target)
{
	return target->stat.state == 'Z' && !procparse_stat_ended(&target->stat);
}

/* The last item of "NSpid:\t4711\t12\t3". */
pid_t target_inner_tid(const struct target *target, pid_t tid, struct buf *status)
{
	char name[sizeof("task/-2147483648/status")];
	uint64_t number, last = 0;

	snprintf(name, sizeof(name), "task/%d/status", (int)tid);
	buf_reset(status);
	if (procfs_read(target->dir, name, status) < 0)
		return 0;
	for (size_t i = 0; procparse_field_item(status->data, status->len, "NSpid", i, &number) == 0; i++)
		last = number;
	return last <= INT32_MAX ? (pid_t)last : 0;
}

const char *target_name(const struct target *target)
{
	const char *slash = strrchr(target->exe, '/');

	return slash && slash[1] != '\0' ? slash + 1 : target->stat.comm;
}
