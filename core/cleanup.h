/* cleanup.h: the one clean-up idiom of the tree.
 *
 * A local variable that owns something is declared behind CLEANUP(function); the function runs when the variable goes
 * out of scope, on every path. To hand the thing on, move it out with TAKE_FD() or TAKE_PTR(). */
#ifndef CORE_CLEANUP_H
#define CORE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* For CLEANUP(): close a descriptor unless it is negative; errno is kept. Takes NULL, as every public x_done() and
 * x_free() does; static ones, which only CLEANUP() calls, need not. Does not block on files of ours. */
void fd_done(int *fd);

/* Close FD unless it is negative, and return -1: `x->fd = fd_close(x->fd);` */
int fd_close(int fd);

/* For CLEANUP(): free a char * or another pointer from malloc. */
static inline void free_done(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

/* For TAKE_FD(). */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* The value of a variable that is about to be handed on; the variable gives up ownership. */
#define TAKE_FD(fd) take_fd(&(fd))
#define TAKE_PTR(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })

#endif
