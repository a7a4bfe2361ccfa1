/* found.h: what there is of a cluster: its pid file beside the processes that it names. Never trusts a pid alone. */
#ifndef CLUSTER_FOUND_H
#define CLUSTER_FOUND_H

#include "applets/cluster/config.h"
#include "applets/cluster/pidfile.h"
#include "applets/cluster/roster.h"
#include "core/pidref.h"
#include "core/procfs.h"
#include "core/tree.h"

enum found_state {
	FOUND_NOTHING, /* no pid file */
	FOUND_ALIVE,   /* the daemon lives */
	FOUND_DEAD,    /* a pid file whose daemon is gone */
	FOUND_HELD,    /* no pid file, or a dead one, but the daemon's lock is held: a start is about to write it, an
			* end has just removed it, or the daemon is in another container */
};

enum { FOUND_WHY_SIZE = 160, FOUND_LEFT_MAX = 1024 };

struct found {
	enum found_state state;
	struct roster roster;      /* as the file says; a member that is not the process any more has ended, too, with
				    * MEMBER_STATUS_UNKNOWN, now; nothing in it without a file */
	struct pidref daemon;      /* of FOUND_ALIVE */
	char why[FOUND_WHY_SIZE];  /* of FOUND_DEAD, and of FOUND_HELD with a file: "pid 4711 has ended", "pid 4711
				    * is another process now", "it is of another boot", "it is of another container" */
	struct tree_node *left;    /* of FOUND_DEAD: the processes that are left, by the file, by their environment, and
				    * all below them, without the logger; parents before their children; FOUND_LEFT_MAX
				    * at most */
	size_t left_count;
};

/* Look. LOCKED: the daemon's lock is ours, so that it is held says nothing. A file of the original, with nothing but
 * pids, counts as alive while its pid is a process that began before the file was written. -EPERM, -EBADMSG, -EACCES
 * and such: as pidfile_read(), the file cannot be judged; -EPERM also where its daemon is hidden from us (hidepid=);
 * -EAGAIN: it is replaced all the time; -ENOSYS: PROC has no boot id; -EMFILE, -ENOMEM. Release with found_done(). */
int found_load(const struct procfs *proc, const char *pid_path, bool locked, struct found *ret);

/* The same without the lock, but FOUND_HELD only when it stays so for most of a second: a start has the lock for a
 * moment before the pid file is there, an end after it. */
int found_wait(const struct procfs *proc, const char *pid_path, struct found *ret);

/* What a process that is left is called: its member's name, else its comm, to be escaped; "?": it has ended. */
void found_name(const struct procfs *proc, const struct found *found, const struct tree_node *node,
		char ret[ROSTER_NAME_SIZE]);

void found_done(struct found *found); /* takes NULL */

#endif
