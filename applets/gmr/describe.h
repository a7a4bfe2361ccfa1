/* describe.h: numbers of the kernel in words: system calls, descriptors, locks. */
#ifndef GMR_DESCRIBE_H
#define GMR_DESCRIBE_H

#include "applets/gmr/target.h"
#include "core/capture.h"

/* syscalls.c: the name of system call NUMBER of this processor, or NULL; does its first argument name a descriptor? */
const char *syscall_name(long number);
bool syscall_takes_fd(long number);

/* descriptor*.c: what the descriptors of TARGET are: "/var/log/x (deleted)", "TCP 10.0.0.1:5432 -> 10.0.0.2:80 LISTEN",
 * "UNIX /run/x.sock", "pipe 4711", "eventpoll". Sockets are looked up in its own network namespace, once, when the first
 * is asked for. */
struct descriptors;
int descriptors_open(const struct target *target, struct descriptors **ret); /* -EACCES, -ENOMEM */
/* Append what descriptor FD is, escaped by whoever shows it. -ENOENT: it has none of that number. */
int descriptors_name(struct descriptors *descriptors, int fd, struct buf *ret);
/* The kind of FD: "file", "directory", "device", "pipe", "TCP", "UDP", "UNIX", "netlink", "eventpoll", ...; constant. */
const char *descriptors_kind(struct descriptors *descriptors, int fd);
/* All numbers, ascending; RET_CUT: there are more than we take. Owned by DESCRIPTORS. */
const int *descriptors_all(struct descriptors *descriptors, size_t *ret_count, bool *ret_cut);
void descriptors_free(struct descriptors *descriptors);

/* locks.c: which thread of CAPTURE holds the glibc mutex that thread INDEX waits for in futex(2): its tid, or 0. Reads 24
 * bytes of the process, and believes them only where all fields fit together. */
pid_t lock_owner(const struct target *target, const struct capture *capture, size_t index);

/* A cycle in "I waits for OWNERS[I]" (indices, -1: for nobody): puts the indices of the next one that starts behind *AT
 * into RET (COUNT long) and returns how many; 0: there is none left. Pure. */
size_t lock_cycle(const ssize_t *owners, size_t count, size_t *at, size_t *ret);

#endif
