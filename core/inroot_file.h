/* inroot_file.h: open a file for reading as a process inside its own root would (core/inroot.h). */
#ifndef CORE_INROOT_FILE_H
#define CORE_INROOT_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

/* Open the regular file at PATH, which is absolute, inside ROOT (descriptor on a directory), links followed as
 * inroot_open_parent() does. Never waits for a pipe or device to answer. Returns a descriptor that the caller closes,
 * with its status in RET_STATUS (unless that is NULL). -ENOENT (also of a relative path); -EISDIR, -ENXIO: not a
 * regular file, or one of a proc file system; -EFBIG: more than MAX bytes; -ELOOP; -EACCES... */
int inroot_open_file(int root, const char *path, off_t max, struct stat *ret_status);

/* What is at PATH, links followed, whatever it is. Errors as above. */
int inroot_stat(int root, const char *path, struct stat *ret);

#endif
