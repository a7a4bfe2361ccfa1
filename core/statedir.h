/* statedir.h: small files that must survive the process that wrote them.
 *
 * A directory that only we can write; a file in it is replaced whole (written as "NAME.new", synced, renamed) and may
 * be owned by one process at a time: flock(2) on "NAME.lock", which is never renamed or unlinked. Writers of one NAME
 * own it, so there is at most one "NAME.new", also after a crash. */
#ifndef CORE_STATEDIR_H
#define CORE_STATEDIR_H

#include <sys/types.h>

#include "core/buf.h"

/* Open PATH, made with mode 0700 when missing (one level). -EPERM: it is a link, belongs to another user or is writable
 * by others. Returns a descriptor that the caller closes, or -errno. */
int statedir_open(const char *path);

/* The directory named NAME below DIR, made with mode 0700 when missing, with the same checks. */
int statedir_open_below(int dir, const char *name);

/* A directory for us: WANTED when given (its failure is final), else /run/NAME, $XDG_RUNTIME_DIR/NAME, /tmp/NAME-UID,
 * the first that can be had. RET_PATH names it. Returns a descriptor that the caller closes, or -errno of the
 * last one. */
int statedir_find(const char *wanted, const char *name, char *ret_path, size_t ret_size);

/* Append the file NAME whole to RET. -ENOENT: none; -ELOOP: a link; -ENOBUFS: longer than RET->max, what fits is kept;
 * -ENOMEM; else open(2)'s and read(2)'s -errno. */
int statedir_read(int dir, const char *name, struct buf *ret);

/* Write it whole, with mode 0600: after a crash at any instant there is the old content or the new. Blocks until it is
 * on the disk, by fsync(2). -ENAMETOOLONG; -ENOSPC, -EDQUOT, -EROFS... leave the old. */
int statedir_write(int dir, const char *name, const void *data, size_t len);

/* Own NAME: returns a descriptor that holds the lock until it, and every copy that a fork made, is closed;
 * -EWOULDBLOCK: another process owns it; -ENAMETOOLONG; else open(2)'s -errno. Does not block. */
int statedir_lock(int dir, const char *name);

/* Remove the directory NAME below DIR with the files in it. -ENOENT: there is none. */
int statedir_remove_below(int dir, const char *name);

#endif
