/* relay.h: what a command prints, on our standard error as it comes: bytes as they are, in the loop.
 *
 * Neither who does not read our standard error (a pager, a stopped terminal) nor who has gone stops anything else. */
#ifndef CLUSTER_RELAY_H
#define CLUSTER_RELAY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/loop.h"

struct relay {
	struct loop *loop;
	int fd;                /* the pipe's reading end; -1: none, or it was read to its end */
	bool reads, writes;    /* is in the loop to be read from, stderr to be written to */
	bool deaf;             /* nobody reads our stderr */
	bool bounded;          /* only LEFT bytes are still to be read */
	size_t left;
	bool *over;            /* set when all of it is written; NULL: nobody waits */
	size_t begin, end;     /* what of TEXT is still to be written */
	char text[PIPE_BUF];   /* so much can be written without blocking where poll(2) says POLLOUT */
};

#define RELAY_NONE ((struct relay){ .fd = -1 })

/* Begin. RET_WRITER is for the command, and closed by the caller behind its start. RELAY stays at its address until
 * relay_close(). -errno of pipe2(2), -ENOMEM. */
int relay_open(struct relay *relay, struct loop *loop, int *ret_writer);

/* The command has ended: what is in the pipe now is relayed still, then *OVER is set and the loop stopped; or *OVER is
 * set at once. What others print meanwhile is left in the pipe. */
void relay_finish(struct relay *relay, bool *over);

/* Leave the loop; what is not written is dropped. The reading end, where somebody holds the pipe still, or -1. Takes
 * RELAY_NONE. */
int relay_close(struct relay *relay);

#endif
