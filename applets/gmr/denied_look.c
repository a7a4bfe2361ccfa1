/* denied_look.c: what may be why something was refused. /proc/PID/status and uid_map may be read by everybody. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/gmr/denied.h"
#include "core/cleanup.h"
#include "core/find.h"
#include "core/procparse_task.h"

enum {
	FILE_MAX = 1 << 16,
	CAP_PTRACE = 19,           /* CAP_SYS_PTRACE */
	REAL = 0, FILESYSTEM = 3,  /* Uid: and Gid: real, effective, saved, filesystem */
};

/* The INDEXth number of KEY, or FALLBACK. */
static uint64_t item(const struct buf *status, const char *key, size_t index, uint64_t fallback)
{
	uint64_t value;

	return procparse_field_item(status->data, status->len, key, index, &value) == 0 ? value : fallback;
}

static uint64_t hex(const struct buf *status, const char *key, uint64_t fallback)
{
	uint64_t value;

	return procparse_field_hex(status->data, status->len, key, &value) == 0 ? value : fallback;
}

static void look_at_us(const struct procfs *proc, struct denied_facts *ret, gid_t *ret_gid)
{
	CLEANUP(buf_done) struct buf status = BUF(FILE_MAX);

	(void)procfs_read(proc->fd, "self/status", &status);
	ret->our_uid = (uid_t)item(&status, "Uid", REAL, getuid());
	ret->our_fsuid = (uid_t)item(&status, "Uid", FILESYSTEM, geteuid());
	ret->our_caps = hex(&status, "CapEff", 0);
	ret->our_seccomp = (int)item(&status, "Seccomp", 0, 0);
	ret->in_container = !(hex(&status, "CapBnd", UINT64_MAX) >> CAP_PTRACE & 1);
	*ret_gid = (gid_t)item(&status, "Gid", ret->attach ? REAL : FILESYSTEM, getgid());
}

static void look_at_ids(const struct target *target, gid_t our_gid, struct denied_facts *ret)
{
	ret->same_gids = true;
	for (size_t i = 0; i < 3; i++) {
		ret->uids[i] = (uid_t)item(&target->status, "Uid", i, target->uid);
		ret->gids[i] = (gid_t)item(&target->status, "Gid", i, target->gid);
		ret->same_gids &= ret->gids[i] == our_gid;
	}
}

/* Files in the directory of a process that is not dumpable are root's (of its user namespace), proc(5). */
static int dumpable(const struct target *target)
{
	struct stat st;

	if (target->euid == 0 || fstatat(target->dir, "environ", &st, 0) < 0)
		return -1;
	return st.st_uid == target->euid;
}

static int yama_scope(const struct procfs *proc)
{
	CLEANUP(buf_done) struct buf text = BUF(64);

	if (procfs_read(proc->fd, "sys/kernel/yama/ptrace_scope", &text) < 0 || text.len == 0)
		return -1;
	return text.data[0] >= '0' && text.data[0] <= '9' ? text.data[0] - '0' : -1;
}

static bool same_file(const struct target *target, const char *theirs, const char *ours)
{
	CLEANUP(buf_done) struct buf a = BUF(FILE_MAX);
	CLEANUP(buf_done) struct buf b = BUF(FILE_MAX);

	if (procfs_read(target->dir, theirs, &a) < 0 || procfs_read(target->proc->fd, ours, &b) < 0)
		return true;
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The link may be read only by who may read the rest; what the ids are mapped to tells nearly as well. */
static bool same_user_ns(const struct target *target)
{
	char theirs[64], ours[64];

	if (procfs_link(target->dir, "ns/user", theirs, sizeof(theirs)) == 0 &&
	    procfs_link(target->proc->fd, "self/ns/user", ours, sizeof(ours)) == 0)
		return strcmp(theirs, ours) == 0;
	return same_file(target, "uid_map", "self/uid_map");
}

static bool is_descendant(const struct target *target)
{
	CLEANUP(pidset_done) struct pidset ancestors = { 0 };

	return procfs_shows_us(target->proc) && target->ref.pid != getpid() &&
	       find_ancestors(target->proc, target->ref.pid, &ancestors) == 0 && pidset_has(&ancestors, getpid());
}

/* "... - proc proc rw,hidepid=invisible"; "hidepid=0", "hidepid=off": not at all. */
static bool is_hiding(const struct procfs *proc)
{
	static const char option[] = "hidepid=";
	CLEANUP(buf_done) struct buf text = BUF(1 << 20);
	const char *at;

	if (procfs_read(proc->fd, "self/mountinfo", &text) < 0 || text.len == 0)
		return false;
	at = strstr(text.data, option);
	return at && at[sizeof(option) - 1] != '0' && strncmp(at + sizeof(option) - 1, "off", 3) != 0;
}

void denied_look(const struct target *target, int error, bool attach, struct denied_facts *ret)
{
	gid_t our_gid;

	*ret = (struct denied_facts){ .error = abs(error), .attach = attach };
	look_at_us(target->proc, ret, &our_gid);
	look_at_ids(target, our_gid, ret);
	ret->target_caps = hex(&target->status, "CapPrm", 0);
	ret->dumpable = dumpable(target);
	ret->tracer = (pid_t)item(&target->status, "TracerPid", 0, 0);
	ret->yama_scope = yama_scope(target->proc);
	ret->is_descendant = is_descendant(target);
	ret->same_user_ns = same_user_ns(target);
	ret->kernel_thread = target_is_kernel(target);
	ret->headless = target_is_headless(target);
	ret->hidepid = is_hiding(target->proc);
}
