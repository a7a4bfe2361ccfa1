/* fscred.h: touch files as another process would.
 *
 * A privileged process that follows a path named by another looks it up under that one's filesystem uid, gid and groups
 * (setfsuid(2), credentials(7)): nothing is found, read or deleted that the other could not reach itself. Linux drops the
 * file capabilities while the fsuid is not 0. Single-threaded processes only. */
#ifndef CORE_FSCRED_H
#define CORE_FSCRED_H

#include <stdbool.h>

#include "core/procparse.h"

struct fscred {
	uid_t uid;
	gid_t gid;
	gid_t groups[PROCPARSE_GROUPS_MAX];
	size_t group_count;
};

/* The filesystem identity of the process whose directory is DIR (core/procfs.h). */
int fscred_of_process(int dir, struct fscred *ret);

/* Our own, now. */
int fscred_own(struct fscred *ret);

/* From here on look files up as CRED; returns 0 at once where that is who we are already. -EPERM: we are not privileged and CRED is
 * another. On failure nothing has changed. */
int fscred_assume(const struct fscred *cred);

bool fscred_equal(const struct fscred *a, const struct fscred *b);

#endif
