/* users.h: names of users by their numbers, from /etc/passwd alone.
 *
 * getpwuid(3) may ask the network (nsswitch.conf(5)), wait for it, and load libraries: not while a process is looked
 * at, and not in a static binary. */
#ifndef CORE_USERS_H
#define CORE_USERS_H

#include <stddef.h>
#include <sys/types.h>

#include "core/buf.h"

#define USERS_FILE "/etc/passwd"

/* What was read of the file; empty: nobody has a name. */
struct users { struct buf text; };

/* Read the file PATH, as much of it as is sane. -ENOENT, -EACCES...: RET is empty. Release with users_done(). */
int users_read(const char *path, struct users *ret);
void users_done(struct users *users); /* takes NULL */

/* Append the name of UID, of the first line that has it; the number where none does. -ENOBUFS, -ENOMEM. */
int users_name(const struct users *users, uid_t uid, struct buf *ret);

#endif
