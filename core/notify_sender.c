/* notify_sender.c: see notify.h: who may speak for the tree.
 *
 * A sender that is there is looked up; pid and uid of SCM_CREDENTIALS are the kernel's word, unless root says
 * otherwise. One that is gone (`systemd-notify READY=1` of a script often is) leaves no more than its uid. */
#include "core/notify.h"

#include <errno.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/tree.h"

static bool spoke_before(const struct notify *notify, uid_t uid)
{
	for (unsigned i = 0; i < notify->uid_count && i < NOTIFY_UIDS; i++)
		if (notify->uids[i] == uid)
			return true;
	return false;
}

static void remember(struct notify *notify, uid_t uid)
{
	if (!spoke_before(notify, uid))
		notify->uids[notify->uid_count++ % NOTIFY_UIDS] = uid;
}

static int read_status(const struct procfs *proc, pid_t pid, struct procparse_status *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);

	return dir < 0 ? dir : procfs_status(dir, ret);
}

static bool is_in_the_tree(const struct procfs *proc, uid_t uid)
{
	CLEANUP(pidset_done) struct pidset pids = { 0 };
	struct procparse_status status;

	procfs_descendants(proc, getpid(), &pids); /* what was found counts */
	for (size_t i = 0; i < pids.count; i++)
		if (read_status(proc, pids.pids[i], &status) == 0 && (status.uid == uid || status.fsuid == uid))
			return true;
	return false;
}

/* It has ended, and its parent, which is to take note of that, is we or below us. */
static bool is_zombie_of_ours(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;

	return procfs_stat_of(proc, pid, &stat) == 0 && procparse_stat_ended(&stat) &&
	       (stat.ppid == getpid() || tree_verify(proc, stat.ppid) == 0);
}

static bool is_there(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;

	return procfs_stat_of(proc, pid, &stat) == 0 && !procparse_stat_ended(&stat);
}

bool notify_sender_is_ours(struct notify *notify, const struct procfs *proc, const struct notify_sender *sender)
{
	int r = sender->pid > 0 ? tree_verify(proc, sender->pid) : -ESRCH;

	if (r == 0) {
		remember(notify, sender->uid);
		return true;
	}
	if (sender->pid <= 0 || (proc && r == -ESRCH && is_there(proc, sender->pid)))
		return false;
	if (sender->uid == 0 || sender->uid == geteuid() || spoke_before(notify, sender->uid))
		return true;
	return proc && r == -ESRCH && (is_zombie_of_ours(proc, sender->pid) || is_in_the_tree(proc, sender->uid));
}
