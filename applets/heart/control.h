/* control.h: the control socket of a guard: unix(7), SOCK_SEQPACKET, mode 0600; a packet asks, a packet answers.
 *
 * Only the guard's own uid and root are answered (SO_PEERCRED). A client that does not speak has one of few places for
 * a second, then it is dropped. An answer is a digit, the exit status of `heart ctl`, and its text. */
#ifndef HEART_CONTROL_H
#define HEART_CONTROL_H

#include "applets/heart/control_request.h"
#include "core/buf.h"
#include "core/loop.h"

enum { CONTROL_CLIENTS_MAX = 8 };

/* Do what REQUEST asks: append the answer's text, with its newline, to RET; returns the exit status, 0 or 1. */
typedef int (*control_fn)(void *context, const struct control_request *request, struct buf *ret);

struct control;

/* Listen at PATH. One that a guard which is gone has left is replaced; -EADDRINUSE: a living one has it; -ENAMETOOLONG;
 * -EEXIST: PATH is no socket; else bind(2)'s. */
int control_open(struct loop *loop, const char *path, control_fn function, void *context, struct control **ret);

/* Close and remove the socket, if it still is ours. Takes NULL. Before loop_free(). */
void control_free(struct control *control);

#endif
