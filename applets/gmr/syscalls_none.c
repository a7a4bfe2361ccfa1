/* The system calls of a processor whose own numbers are not written down: they are shown as numbers. */
#if !defined(__x86_64__) && !defined(__aarch64__)

#include "applets/gmr/syscalls_private.h"

const char *const *const syscalls_own = NULL;
const size_t syscalls_own_count = 0;

#endif
