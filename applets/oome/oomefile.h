/* oomefile.h: where a process's oome file is, and whether to believe it.
 *
 * The path: -o FILE; else OOME_FILE of the process's environment; else $HOMEDIR/work/oome; else work/oome in its
 * directory. A path that comes from a process is resolved in that process's root, under its filesystem identity: it
 * cannot name what it could not delete itself. */
#ifndef OOME_OOMEFILE_H
#define OOME_OOMEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "core/fscred.h"
#include "core/procfs.h"

/* Which file, and which version of it: a changed ctime is a new report. */
struct oomefile_id {
	uint64_t dev, ino;
	int64_t ctime_sec, ctime_nsec;
	bool exists;
};

/* A place where an oome file may appear: stays valid when the process that named it is gone. */
struct oomefile {
	int dir;                /* O_PATH descriptor of its directory */
	char *name;             /* last component */
	char *path;             /* as configured, absolute where it can be; for messages */
	bool own_rights;        /* -o: looked up and deleted with our own rights, not CRED's */
	struct fscred cred;     /* of the process that named it */
	uid_t owner;            /* uid of that process: may own the file, as root and we may */
};

#define OOMEFILE_NONE ((struct oomefile){ .dir = -1 })

/* The path that an environment block and a -o FILE (or NULL) come to, relative ones to the process's directory: into
 * RET (PATH_MAX bytes). Pure. -ENAMETOOLONG. An empty value counts as unset. */
int oomefile_path(const char *option, const char *env, size_t env_len, char *ret, size_t ret_size);

/* Find the place for the process whose /proc directory is DIR (-1: our own child where there is no /proc; only with
 * OPTION then). ENV is its environment block; OPTION is -o FILE or NULL. -ENOENT: the directory does not exist
 * (yet); -EACCES, -EPERM: we may not look; -EINVAL: the path names no file. May block as the file system does.
 * Release with oomefile_done(). */
int oomefile_locate(int dir, const char *env, size_t env_len, const char *option, struct oomefile *ret);

/* Look at the place for a file that may be believed: a regular one, no link, owned by root, by us, by the uid of the
 * process that named it or, where PROC is not NULL, by a descendant of PID. 0: RET says which version, if any.
 * -ELOOP: a link; -EINVAL: not a regular file; -EPERM: it belongs to RET_OWNER, who is nobody of these (ANY_OWNER
 * lifts that). */
int oomefile_look(const struct oomefile *file, const struct procfs *proc, pid_t pid, bool any_owner,
		  struct oomefile_id *ret, uid_t *ret_owner);

/* Delete it, if it is still the version ID; -ESTALE: it has changed, and stays. -ENOENT: it is gone already. */
int oomefile_delete(const struct oomefile *file, const struct oomefile_id *id);

/* The same version of the same file? False where either does not exist. */
bool oomefile_id_equal(const struct oomefile_id *a, const struct oomefile_id *b);

/* A second descriptor on the same place. -EMFILE, -ENOMEM. */
int oomefile_copy(const struct oomefile *file, struct oomefile *ret);

/* Close and free; FILE is OOMEFILE_NONE then. Takes NULL. */
void oomefile_done(struct oomefile *file);

#endif
