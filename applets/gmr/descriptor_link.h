/* descriptor_link.h: what the link /proc/PID/fd/N and its fdinfo say of a descriptor, proc_pid_fd(5). Pure. */
#ifndef GMR_DESCRIPTOR_LINK_H
#define GMR_DESCRIPTOR_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

enum descriptor_type {
	DESCRIPTOR_PATH, DESCRIPTOR_DEVICE, DESCRIPTOR_TERMINAL, DESCRIPTOR_MEMFD, DESCRIPTOR_PIPE, DESCRIPTOR_SOCKET,
	DESCRIPTOR_NAMESPACE, DESCRIPTOR_PIDFD, DESCRIPTOR_EVENTPOLL, DESCRIPTOR_EVENTFD, DESCRIPTOR_SIGNALFD,
	DESCRIPTOR_TIMERFD, DESCRIPTOR_INOTIFY, DESCRIPTOR_ANONYMOUS, DESCRIPTOR_OTHER, DESCRIPTOR_TYPES
};

struct descriptor_link {
	enum descriptor_type type;
	const char *kind;    /* what a person calls it; constant */
	uint64_t inode;      /* of a pipe, a socket, a namespace */
	struct span name;    /* what there is to say of it: a path, what stands in brackets; into the text */
	bool wants_fdinfo;   /* its fdinfo tells more */
};

/* Look at what the link says. Never fails: what is not known is DESCRIPTOR_OTHER and named as it stands. */
void descriptor_link_parse(const char *text, size_t len, struct descriptor_link *ret);

/* Append what it is; FDINFO (LEN bytes, also none) is what was read of that. CUT: there was more. -ENOBUFS, -ENOMEM:
 * RET is as before. */
int descriptor_link_name(const struct descriptor_link *link, const char *fdinfo, size_t len, bool cut,
			 struct buf *ret);

/* The kind: for a path, "directory" where fdinfo says that it was opened as one, else "file". Constant. */
const char *descriptor_link_kind(const struct descriptor_link *link, const char *fdinfo, size_t len);

#endif
