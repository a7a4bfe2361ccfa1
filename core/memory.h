/* memory.h: bytes of another process. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copy LEN bytes at ADDRESS of process PID to RET, without stopping it: process_vm_readv(2), which needs ptrace(2)'s
 * permission to attach. What is copied may be of several moments. -EFAULT: not all of them are mapped; -ESRCH; -EPERM;
 * -ENOSYS. RET may have been written to then. Does not check that PID is still who is meant: pidref_verify(). */
int memory_read(pid_t pid, uint64_t address, void *ret, size_t len);

#endif
