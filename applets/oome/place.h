/* place.h: a place where an oome file may appear, watched; why a file there is not believed, said once. */
#ifndef OOME_PLACE_H
#define OOME_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/inotify.h>

#include "applets/oome/oomefile.h"

/* What is read of a process: an environment as large as execve(2) takes with the usual limit of 8 MiB for the stack,
 * a quarter of it; of very many descendants the oldest and the newest. */
enum { PLACE_ENVIRON_MAX = 2 * 1024 * 1024, PLACE_DESCENDANTS_MAX = 256 };

/* How many of COUNT descendants are looked at, and which is the Ith of them. Pure. */
static inline size_t place_descendants(size_t count)
{
	return count < PLACE_DESCENDANTS_MAX ? count : PLACE_DESCENDANTS_MAX;
}

static inline size_t place_descendant(size_t count, size_t i)
{
	return i < PLACE_DESCENDANTS_MAX / 2 ? i : count - place_descendants(count) + i;
}

/* The same name in the same directory? */
bool place_same(const struct oomefile *a, const struct oomefile *b);

/* What is watched for: the file made, moved there, touched again; the directory itself moved or deleted. */
enum {
	PLACE_FILE_EVENTS = IN_CREATE | IN_MOVED_TO | IN_ATTRIB,
	PLACE_DIRECTORY_EVENTS = IN_DELETE_SELF | IN_MOVE_SELF,
	PLACE_ANEW_EVENTS = PLACE_DIRECTORY_EVENTS | IN_IGNORED | IN_UNMOUNT, /* the place must be found anew */
};

/* Watch FILE's directory by INOTIFY: the watch descriptor, which is the same for the same directory, or -errno.
 * Without PROC (NULL: no /proc, which names a directory by our descriptor on it) it is taken by its path. */
int place_watch(const struct procfs *proc, const struct oomefile *file, int inotify);

/* Is FILE's directory on a file system of which inotify(7) tells everything? Not where other machines (NFS) or a
 * program (FUSE) make files too; what is not known to be local is not. */
bool place_is_local(const struct oomefile *file);

/* A link, no regular file, somebody else's, anything else. */
enum { PLACE_REASONS = 4 };

/* The warnings about a program's files. All zero: none yet. */
struct place_warned {
	struct oomefile_id file;        /* the file of the latest */
	int64_t next_ms[PLACE_REASONS]; /* of loop_now(): before it the same reason is not said again */
};

/* oomefile_look() said ERROR, and for -EPERM OWNER (else -1): log for the program NAME why its file is not believed,
 * unless this file, in any version, is the one in WARNED, or another was for the same reason within the last minute: a
 * program that makes its file anew without end must not fill the log. WARNED is updated. */
void place_complain(const struct oomefile *file, const char *name, int error, uid_t owner,
		    struct place_warned *warned);

#endif
