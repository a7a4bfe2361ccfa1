/* find.h: discover processes: by name, by command line, by pid file and by parent. (By cgroup when its first user
 * comes.) */
#ifndef CORE_FIND_H
#define CORE_FIND_H

#include "core/procfs.h"

/* Append every process whose comm is NAME (at most 15 bytes of NAME count, as the kernel cuts it), ours left out,
 * and who ends meanwhile or may not be read. Reads only /proc/PID/comm: the floor is one open, read and close a
 * process. -errno of reading the root of PROC; -ENOMEM: RET has what was found so far. */
int find_by_comm(const struct procfs *proc, const char *name, struct pidset *ret);

/* The same, and also those whose executable's last component is NAME, as far as we may read that. */
int find_by_name(const struct procfs *proc, const char *name, struct pidset *ret);

/* Append every process whose arguments, joined by blanks, match the extended regular expression PATTERN (regex(7); only
 * their first 64 KiB are looked at), ours and those without arguments left out. -EINVAL: it is none, RET_WHY says why;
 * else as find_by_comm(). */
enum { FIND_WHY_SIZE = 128 };
int find_by_argv(const struct procfs *proc, const char *pattern, struct pidset *ret, char ret_why[FIND_WHY_SIZE]);

/* The pid that stands in the file PATH: decimal, with nothing but white space around it. -EBADMSG: something else
 * stands there; -EINVAL: it is no regular file; else open(2)'s and read(2)'s -errno. Does not block on a FIFO. Whether
 * there is such a process is not looked at. RET_OWNER: whose file it is. */
int find_pid_file(const char *path, pid_t *ret, uid_t *ret_owner);

/* The parent of PID. -ESRCH: PID is gone; else as procfs_stat(). */
int find_parent(const struct procfs *proc, pid_t pid, pid_t *ret);

/* Append PID and all its ancestors, as far as PROC shows them. -ENOMEM. */
int find_ancestors(const struct procfs *proc, pid_t pid, struct pidset *ret);

#endif
