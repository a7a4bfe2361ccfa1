/* reportdir.h: a directory for reports, which show what a process does. */
#ifndef CORE_REPORTDIR_H
#define CORE_REPORTDIR_H

/* Open the directory PATH for reports. -EPERM: a link in its place belongs to another user than us or root, or we are
 * root and it belongs to another user, or everybody may rename what is in it (not sticky); -EROFS and -EACCES: it
 * cannot be written to; else open(2)'s -errno. Returns a descriptor that the caller closes. Allocates nothing. */
int reportdir_open(const char *path);

#endif
