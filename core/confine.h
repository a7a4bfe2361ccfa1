/* confine.h: a child of ours that decodes what cannot be trusted, and talks by messages.
 *
 * It has another user's ids where we are privileged, no capabilities, no_new_privs, a session of its own, nothing on
 * its standard descriptors, cannot be traced or dump core, cannot write files or fork, and dies with us. What it can
 * read it was given: descriptors that were open when it was forked, all of which it has until it closes them
 * (core/keep.h). Its messages are as untrusted as what it reads.
 *
 * Where the kernel refuses to change the ids (root of a container without CAP_SETUID; a user namespace that has no
 * other id), the child goes on with ours, without capabilities. So who opens in it what the target has named asks
 * confine_may_open_for() first. */
#ifndef CORE_CONFINE_H
#define CORE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"

enum { CONFINE_NOBODY = 65534 }; /* uid and gid: the kernel's overflow id, and nobody's nearly everywhere */

struct confine {
	uid_t uid;           /* whom to become, where we may become another: not 0 */
	gid_t gid;
	size_t memory_max;   /* RLIMIT_AS, bytes beyond what we have mapped when it starts; 0: no limit */
	unsigned cpu_max;    /* RLIMIT_CPU, seconds; 0: no limit */
	bool may_write;      /* files and other processes: for a debuginfod client */
};

/* What the ids are of whom decodes for a process with UID and GID: those, but nobody's for root's, each for itself. */
void confine_ids(uid_t uid, gid_t gid, struct confine *ret);

/* Are we a child that may open files which a process with UID and EUID has named: are our ids its, or nobody's? */
bool confine_may_open_for(uid_t uid, uid_t euid);

/* Fork a child that runs FUNCTION(CHANNEL, CONTEXT) and exits with what it returns. Returns its pid, and our end of the
 * channel in RET_CHANNEL, which the caller closes; -errno of fork(2), socketpair(2), or of what could not be given up
 * (then there is no child). The caller reaps it: confine_end(). Blocks until the child has given up what it must. */
pid_t confine_start(const struct confine *confine, int (*function)(int channel, void *context), void *context,
		    int *ret_channel);

/* Send LEN bytes as one message. -EPIPE: nobody reads; -ETIMEDOUT: not before UNTIL_NS (CLOCK_MONOTONIC; -1: waits for
 * ever); -EMSGSIZE: 4 GiB or more. After any of them the channel is of no use any more. */
int confine_send(int channel, int64_t until_ns, const void *data, size_t len);

/* Replace the content of RET by the next message. 1: there is one; 0: the other side has ended; -ETIMEDOUT: not before
 * UNTIL_NS, as above; -ENOBUFS: it is longer than RET->max; -EBADMSG: the other side ended within it; -ENOMEM. After an
 * error the channel is of no use any more. */
int confine_receive(int channel, int64_t until_ns, struct buf *ret);

/* Kill the child and reap it; returns waitpid(2)'s status (also where it had ended before), or -errno. */
int confine_end(pid_t pid);

#endif
