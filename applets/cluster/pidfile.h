/* pidfile.h: the pid file of a cluster (roster.h), and the lock beside it.
 *
 * The file is replaced whole, by rename(2) of "PIDFILE.new". "PIDFILE.lock" is never renamed or unlinked: one byte of
 * it is locked (F_OFD_SETLK, fcntl(2)) by the daemon as long as it lives, another one by whoever stops the cluster.
 * Neither lock goes to a child that calls exec. Who writes PIDFILE.new has one of the two locks. */
#ifndef CLUSTER_PIDFILE_H
#define CLUSTER_PIDFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/cluster/roster.h"

struct pidfile_stat { uid_t uid; int64_t mtime_ms; }; /* whose it is, and since when it is as it is: of the epoch */

/* Read it. -ENOENT: there is none. -EPERM: it belongs to somebody else than root and us, or others may write it:
 * RET_STAT says whose it is. -EBADMSG: it is no pid file (cut off, or another file). -ELOOP: a link. -EACCES, -EIO...
 * Release RET with roster_done(). */
int pidfile_read(const char *path, struct roster *ret, struct pidfile_stat *ret_stat);

/* Why the file could not be read, and what to do: "it belongs to uid 33 (run as that user)"; of ERROR, which is
 * -errno of pidfile_read() or found_load(). Looks at the file. */
enum { PIDFILE_WHY_SIZE = 160 };
const char *pidfile_why(const char *path, int error, char ret[PIDFILE_WHY_SIZE]);

/* Replace it, with mode 0644. After a crash at any instant there is the old one or the new one. -ENOSPC, -EDQUOT,
 * -EROFS, -EACCES, -ENOENT (no such directory)...: the old one is there still, and no PIDFILE.new. Not synced: a boot
 * makes it void. */
int pidfile_write(const char *path, const struct roster *roster);

/* Remove it. 0 also where there was none. */
int pidfile_remove(const char *path);

/* LOCK_STOPPING: the daemon's, where it starts nothing more and cannot say so in the file: the disk is full. */
enum lock_part { LOCK_DAEMON, LOCK_STOP, LOCK_STOPPING };

/* Open "PATH.lock", made where missing, with mode 0600; close-on-exec. A descriptor that the caller closes, or -errno:
 * -EPERM: it is somebody else's file, or has a second name, or is no regular one; -EACCES; -ELOOP: a link. A child that
 * is forked and does not call exec has it too, and must close it. */
int lock_open(const char *path);

/* Take one part of it. -EWOULDBLOCK: somebody else has it. WAIT: blocks until it is free. */
int lock_take(int fd, enum lock_part part, bool wait);
void lock_release(int fd, enum lock_part part);

/* Has somebody else that part of "PATH.lock"? Opens it for reading only. 1; 0, also where there is no file, or one that
 * is not for us to read: only its owner can tell; -EPERM: it is a file of somebody else, or one that others may write;
 * else -errno. */
int lock_is_held(const char *path, enum lock_part part);

#endif
