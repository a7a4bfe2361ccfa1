/* syscalls.h: the system calls of this processor in words. Pure.
 *
 * A 32-bit program that runs on a 64-bit kernel has numbers of its own: these are not for it. */
#ifndef GMR_SYSCALLS_H
#define GMR_SYSCALLS_H

/* The name of system call NUMBER, or NULL: not one that we know. */
const char *syscall_name(long number);

/* What the first argument of the call NAME is, as far as it tells a person what is waited for. */
enum syscall_first {
	SYSCALL_FIRST_OTHER, /* nothing that is of use without reading the memory behind it */
	SYSCALL_FIRST_NONE,  /* there is none */
	SYSCALL_FIRST_FD,    /* a descriptor, or AT_FDCWD */
	SYSCALL_FIRST_PID,   /* a signed number */
	SYSCALL_FIRST_ADDRESS,
};
enum syscall_first syscall_first(const char *name);

#endif
