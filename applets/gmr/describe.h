/* describe.h: numbers of the kernel in words: system calls, locks; descriptors: descriptors.h. */
#ifndef GMR_DESCRIBE_H
#define GMR_DESCRIBE_H

#include "applets/gmr/target.h"
#include "core/capture.h"

/* syscalls.c: the name of system call NUMBER of this processor, or NULL; does its first argument name a descriptor? */
const char *syscall_name(long number);
bool syscall_takes_fd(long number);

/* locks.c: which thread of CAPTURE holds the glibc mutex that thread INDEX waits for in futex(2): its tid, or 0. Reads 24
 * bytes of the process, and believes them only where all fields fit together. */
pid_t lock_owner(const struct target *target, const struct capture *capture, size_t index);

/* A cycle in "I waits for OWNERS[I]" (indices, -1: for nobody): puts the indices of the next one that starts behind *AT
 * into RET (COUNT long) and returns how many; 0: there is none left. Pure. */
size_t lock_cycle(const ssize_t *owners, size_t count, size_t *at, size_t *ret);

#endif
