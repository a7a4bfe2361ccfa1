/* procfs_private.h: what the files of procfs share: system calls that a signal interrupted are made again. */
#ifndef CORE_PROCFS_PRIVATE_H
#define CORE_PROCFS_PRIVATE_H

#include <sys/types.h>

/* What the kernel knows of a file in one block: status of a process in 64 groups, with room to spare. */
enum { PROCFS_BLOCK = 4096 };

/* openat(2) with O_CLOEXEC; read(2). -errno. */
int procfs_open_at(int dir, const char *name, int flags);
ssize_t procfs_read_once(int fd, char *block, size_t size);

#endif
