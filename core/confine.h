/* confine.h: a child of ours that decodes what cannot be trusted, and talks by messages.
 *
 * It has another user's ids where we are privileged, no capabilities, no_new_privs, a core limit of 0, cannot write
 * files or fork, and dies with us. What it can read it was given: descriptors that were open when it was forked. Its
 * messages are as untrusted as what it reads. */
#ifndef CORE_CONFINE_H
#define CORE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"

struct confine {
	uid_t uid;           /* whom to become, where we may become another: not 0 */
	gid_t gid;
	size_t memory_max;   /* RLIMIT_AS, bytes */
	unsigned cpu_max;    /* RLIMIT_CPU, seconds */
	bool may_write;      /* files and other processes: for a debuginfod client */
};

/* What the ids are of whom decodes for a process with UID and GID: those, but nobody's for root. */
void confine_ids(uid_t uid, gid_t gid, struct confine *ret);

/* Fork a child that runs FUNCTION(CHANNEL, CONTEXT) and exits with what it returns. Returns its pid, and our end of the
 * channel in RET_CHANNEL, which the caller closes; -errno of fork(2), socketpair(2), or of what could not be given up
 * (then there is no child). The caller reaps it. */
pid_t confine_start(const struct confine *confine, int (*function)(int channel, void *context), void *context,
		    int *ret_channel);

/* Send LEN bytes as one message. Blocks. -EPIPE: nobody reads. */
int confine_send(int channel, const void *data, size_t len);

/* Replace the content of RET by the next message. 1: there is one; 0: the other side has ended; -ETIMEDOUT: not before
 * UNTIL_NS (CLOCK_MONOTONIC; -1: waits for ever); -ENOBUFS: it is longer than RET->max; -EBADMSG; -ENOMEM. */
int confine_receive(int channel, int64_t until_ns, struct buf *ret);

/* Kill the child and reap it; returns waitpid(2)'s status, or -errno. */
int confine_end(pid_t pid);

#endif
