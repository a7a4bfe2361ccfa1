/* fscred.h: touch files as another process would.
 *
 * A privileged process that follows a path named by another looks it up under that one's filesystem uid, gid and
 * groups (setfsuid(2), credentials(7)): nothing is found, read or deleted that the other could not reach itself.
 * Linux drops the file capabilities while the fsuid is not 0. Single-threaded processes only. */
#ifndef CORE_FSCRED_H
#define CORE_FSCRED_H

#include <stdbool.h>

#include "core/procparse.h"

struct fscred {
	uid_t uid;
	gid_t gid;
	gid_t groups[PROCPARSE_GROUPS_MAX];
	size_t group_count;
	bool groups_cut; /* there are more, which are not kept: never more rights than the other has */
};

/* The filesystem identity of the process whose directory is DIR (core/procfs.h). Errors as procfs_status(): -ENOENT,
 * -ESRCH: it is gone; -EBADMSG. Allocates nothing. */
int fscred_of_process(int dir, struct fscred *ret);

/* Our own, now. Three short system calls. Allocates nothing. -errno of getgroups(2), which has none to give where the
 * kernel is whole. */
int fscred_own(struct fscred *ret);

/* From here on look files up as CRED; returns 0 at once where that is who we are already. -EPERM: we are not
 * privileged and CRED is another, or we are in a way that setfsuid(2) would leave us the file capabilities;
 * -EOVERFLOW: we are in more than PROCPARSE_GROUPS_MAX groups and could not come back. On failure nothing has changed.
 * Allocates nothing. */
int fscred_assume(const struct fscred *cred);

/* The same user, group and groups. */
bool fscred_equal(const struct fscred *a, const struct fscred *b);

#endif
