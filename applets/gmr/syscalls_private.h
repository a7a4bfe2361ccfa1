/* syscalls_private.h: the names that one processor has for itself: syscalls_x86_64.c, syscalls_aarch64.c, or none. */
#ifndef GMR_SYSCALLS_PRIVATE_H
#define GMR_SYSCALLS_PRIVATE_H

#include <stddef.h>

/* By number; NULL in between: there is none. */
extern const char *const *const syscalls_own;
extern const size_t syscalls_own_count;

#endif
