/* control.h: the control socket of a guard: unix(7), SOCK_SEQPACKET, mode 0600; a packet asks, a packet answers.
 *
 *   status                        ask (control_request.h)
 *   0program: app\nstate: ...     answer: a digit, the exit status of `heart ctl`; the text for its stdout;
 *   1\0bad_options: ...\n         behind a NUL, the line for its stderr
 *
 * Only the guard's own uid and root are answered (SO_PEERCRED). A client that does not speak has one of few places for
 * a second, or until the place is needed; then it is dropped. What is asked never blocks the guard. */
#ifndef HEART_CONTROL_H
#define HEART_CONTROL_H

#include "applets/heart/control_request.h"
#include "core/buf.h"
#include "core/loop.h"

enum {
	CONTROL_CLIENTS_MAX = 8,
	CONTROL_ANSWER_MAX = 160 * 1024, /* for get-cmd: execve(2) has 128 KiB for an argument */
};

/* Do what REQUEST asks: append the answer's text, with its newline, and behind a NUL a line for stderr, to RET; returns
 * the exit status, 0 or 1. */
typedef int (*control_fn)(void *context, const struct control_request *request, struct buf *ret);

struct control;

/* Listen at PATH. Errors as control_socket_open(): -EADDRINUSE: another guard, or another program, listens there.
 * -ENOMEM, -EMFILE. Blocks for a second at most, where another guard is about to do the same. */
int control_open(struct loop *loop, const char *path, control_fn function, void *context, struct control **ret);

/* Close and remove the socket, if it still is ours. Takes NULL. Before loop_free(). */
void control_free(struct control *control);

#endif
