/* pidref.h: a process that stays the one it was.
 *
 * A pid alone may be reused between two lines of code. A pidref holds the pid, a pidfd on it and its start time
 * (field 22 of /proc/PID/stat, clock ticks since boot): signals go through the pidfd, and what was read from /proc
 * by pid is only believed after pidref_verify(). Where pidfd_open(2) is missing (Linux before 5.3, valgrind, some
 * seccomp filters) fd is -1, the start time is compared right before each kill(2), and who waits uses a timer. */
#ifndef CORE_PIDREF_H
#define CORE_PIDREF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/procfs.h"

struct pidref {
	pid_t pid;            /* 0: refers to nothing */
	int fd;               /* pidfd, or -1 where the kernel has none */
	uint64_t start_ticks; /* 0: not known (no /proc) */
};

#define PIDREF_NONE ((struct pidref){ .fd = -1 })

/* Refer to the process PID as it is now. -ESRCH: there is none (a zombie counts as one). PROC may be NULL for a
 * child of ours that is not reaped yet: its pid cannot be reused. Release with pidref_done(). */
int pidref_open(const struct procfs *proc, pid_t pid, struct pidref *ret);

/* Is it still that process, and alive? 0 yes; -ESRCH: it ended (a zombie counts as ended). Does not block. */
int pidref_verify(const struct procfs *proc, const struct pidref *ref);

/* Send SIGNAL. -ESRCH: it ended, nothing was signalled; -EPERM. Never signals a process that reused the pid (without
 * pidfd: up to the instant between the check and kill(2)). */
int pidref_signal(const struct procfs *proc, const struct pidref *ref, int signal);

/* Wait until it has ended, at most TIMEOUT_MS (-1: for ever). 0 ended, -ETIMEDOUT. Blocks; does not reap. */
int pidref_wait(const struct procfs *proc, const struct pidref *ref, int timeout_ms);

/* The same process by pid and start time. */
bool pidref_equal(const struct pidref *a, const struct pidref *b);

/* Close the pidfd; REF is PIDREF_NONE then. Takes NULL. */
void pidref_done(struct pidref *ref);

#endif
