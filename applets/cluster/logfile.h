/* logfile.h: a log that is rotated: PATH, and the one before it, PATH.1. */
#ifndef CLUSTER_LOGFILE_H
#define CLUSTER_LOGFILE_H

#include <stddef.h>
#include <sys/types.h>

enum { LOGFILE_MAX = 10 << 20 }; /* bytes, then it is rotated */

struct logfile { int fd; const char *path; off_t size; };

/* Open PATH to append to it, made with mode 0644 where missing; -ELOOP: a link; -EPERM: another user's, or others have a
 * link to it; -EISDIR; -ENOENT: no such directory... A device (/dev/null) is written to as it is. */
int logfile_open(const char *path, struct logfile *ret);

/* Append LEN bytes, whole lines, rotated before where they would not fit. -ENOSPC, -EDQUOT, -EFBIG, -EIO: nothing of it
 * is in the file. A log that was removed or renamed is made anew. */
int logfile_write(struct logfile *log, const char *data, size_t len);

void logfile_done(struct logfile *log); /* takes NULL */

#endif
