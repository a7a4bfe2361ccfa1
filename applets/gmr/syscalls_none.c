/* The system calls of a processor whose numbers are not written down: they are shown as numbers. */
#if !defined(__x86_64__) && !defined(__aarch64__)

#include <stddef.h>

#include "applets/gmr/syscalls.h"

const char *syscall_name(long number)
{
	(void)number;
	return NULL;
}

#endif
