/* logfile.h: a log that is rotated: PATH, and the one before it, PATH.1. */
#ifndef CLUSTER_LOGFILE_H
#define CLUSTER_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LOGFILE_MAX = 10 << 20 }; /* bytes, then it is rotated */

struct logfile {
	int fd;           /* -1: it could not be opened; the next write tries again */
	const char *path; /* NULL: it is what it is, a pipe or a terminal for example */
	bool is_file;     /* a regular file, and no device */
	dev_t dev;
	ino_t ino;
};

/* Open PATH, which must outlive it, to append to it, made with mode 0644 where missing. -ELOOP: a link; -EPERM: another
 * user's, or others have a link to it, or neither file nor device; -EISDIR; -ENOENT: no such directory... Then a write
 * tries again. A device (/dev/null) is written to as it is. */
int logfile_open(const char *path, struct logfile *ret);

/* One that writes to FD, which stays the caller's. */
void logfile_attach(int fd, struct logfile *ret);

/* Append LEN bytes, whole lines, rotated before where they would not fit; where the directory is not ours to rename in,
 * the file grows. -ENOSPC, -EDQUOT, -EFBIG, -EIO: nothing of it is in the file; as logfile_open(): a log that was
 * removed or renamed is made anew. Blocks as a pipe or terminal does. */
int logfile_write(struct logfile *log, const char *data, size_t len);

void logfile_done(struct logfile *log); /* takes NULL */

#endif
