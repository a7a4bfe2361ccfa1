/* spawn_private.h: what spawn.c (the caller's side of a fork) and spawn_child.c (the child's) share. */
#ifndef CORE_SPAWN_PRIVATE_H
#define CORE_SPAWN_PRIVATE_H

#include "core/spawn.h"

enum { SPAWN_NOT_STARTED = 127 }; /* what a child exits with that did not come as far as exec */

/* In the child: become the command of S. PARENT_FD: the child's end of a pipe, or where it is GATED a socket, on which
 * the parent sends a byte when the child may go on. Written to it is the errno of what failed; exec closes it. */
__attribute__((noreturn)) void spawn_child(const struct spawn *s, bool gated, int parent_fd);

/* The terminal on stdin is GROUP's from now on, whichever side of a fork says so. */
void spawn_give_terminal(pid_t group);

#endif
