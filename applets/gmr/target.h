/* target.h: the process that a report is about: what every section needs of it, read once. */
#ifndef GMR_TARGET_H
#define GMR_TARGET_H

#include <limits.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/pidref.h"
#include "core/procfs.h"

struct target {
	const struct procfs *proc;
	struct pidref ref;
	int dir;                    /* its directory in PROC, O_PATH */
	int root;                   /* its root directory, O_PATH, or -errno */
	struct procparse_stat stat;
	struct buf status;          /* the text of its status */
	struct buf cmdline;         /* raw: arguments that end with NUL; empty for a kernel thread */
	uid_t uid, euid;            /* real, effective, as we see them */
	gid_t gid, egid;
	char exe[PATH_MAX];         /* what the link says, without " (deleted)"; "" with exe_error */
	int exe_error;              /* 0 or -errno */
	bool exe_deleted;           /* the file was deleted or replaced since */
	pid_t inner_pid;            /* its pid in its own pid namespace (NSpid) */
	pid_t reporter;             /* its child that makes a report of it, and does not belong there; 0: none */
};

/* Read it. -ESRCH: there is no such process (any more); -ENOMEM, -EMFILE. Release with target_done(). */
int target_open(const struct procfs *proc, pid_t pid, struct target *ret);
void target_done(struct target *target); /* takes NULL */

/* Is it one of the kernel's own, without a program? Has its first thread ended (pthread_exit(3) in main), so that its
 * directory in /proc shows no executable, files or memory, while others go on? */
bool target_is_kernel(const struct target *target);
bool target_is_headless(const struct target *target);

/* The id that its thread TID has in the pid namespace of the process, by STATUS, a buffer. 0: not known. */
pid_t target_inner_tid(const struct target *target, pid_t tid, struct buf *status);

/* The last component of exe, else its comm: what a person calls it. Points into TARGET. */
const char *target_name(const struct target *target);

#endif
