/* outfile.h: files that hold a report: whole or not there.
 *
 * A report shows what a process does and how it was started, so its file is for its owner alone (0600). It is written
 * without a name where the file system can do that (O_TMPFILE, open(2)), else under one that nobody has, synced, and
 * gets its name when it is complete. Signals that end a program (INT, TERM, HUP, QUIT) wait meanwhile, so none leaves a
 * part behind. Who runs as root may be lured: no link is followed, nothing that exists is written to. */
#ifndef GMR_OUTFILE_H
#define GMR_OUTFILE_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

/* Write LEN bytes of DATA as "NAME_gurumeditation_YYYYMMDDHHMMSS" into the directory DIR (core/reportdir.h), AT in UTC,
 * with "-1", "-2"... behind it where there is one of that name. NAME is made harmless (outfile_name()). RET_NAME is its
 * name. -ENOSPC and such: nothing has been left. Blocks until it is on the disk. */
int outfile_add(int dir, const char *name, time_t at, const char *data, size_t len, char ret_name[NAME_MAX + 1]);

/* Write them as PATH, which is replaced whole. -EEXIST: there is no regular file, but a link or such. Else as above.
 * A link on the way there is followed: the path is what somebody typed. */
int outfile_replace(const char *path, const char *data, size_t len);

/* Would outfile_replace() refuse PATH as it is now? 0, or -errno as there. */
int outfile_check(const char *path);

/* NAME with '_' for what is none of [A-Za-z0-9._-], for a leading '.' or '-', and for an empty one, as long as a file's
 * name may be with its end. Pure. */
void outfile_name(const char *name, time_t at, char ret[NAME_MAX + 1]);

#endif
