/* ready_private.h: what the files of ready share. */
#ifndef CLUSTER_READY_PRIVATE_H
#define CLUSTER_READY_PRIVATE_H

#include <sys/socket.h>

#include "applets/cluster/runner_private.h"
#include "core/notify.h"

enum { READY_LOOK_MS = 50, READY_ADDRESSES_MAX = 8 };

struct ready_address { struct sockaddr_storage storage; socklen_t len; };

/* A connection that is tried. */
struct ready_tcp {
	int fd; /* -1: none is under way */
	struct ready_address addresses[READY_ADDRESSES_MAX];
	size_t count, next;
	bool asked;          /* the addresses are a resolver's, and may change */
	int64_t resolved_ms; /* loop_now() */
	bool said;           /* that there are none */
};

struct ready {
	struct runner *runner;
	const struct line *line;
	pid_t pid;           /* the member */
	bool over;           /* nothing is to be waited for any more */
	bool is_ready;
	struct notify notify;
	struct ready_tcp tcp;
};

/* It is: stop the wait. */
void ready_set(struct ready *ready);

/* ---- ready_tcp.c ---- */

/* A timer: try to connect. Goes on by itself until ready_set(). */
void ready_tcp_try(struct loop *loop, void *context);

/* Leave the loop. */
void ready_tcp_close(struct ready *ready);

#endif
