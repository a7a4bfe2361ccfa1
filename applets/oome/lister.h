/* lister.h: ask supervisord by RPC for the names of its programs: in a child, since that may block and loads
 * libraries. */
#ifndef OOME_LISTER_H
#define OOME_LISTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/loop.h"

/* One program as supervisord knows it; PID 0: it is not running. */
typedef void (*lister_program_fn)(pid_t pid, const char *group, const char *name, void *context);

struct lister {
	struct loop *loop;
	int timeout_ms;
	lister_program_fn program;             /* for each program, when the whole answer is there */
	void (*done)(bool answered, void *context); /* after the last one, or when there is no answer */
	void *context;
	pid_t child;   /* 0: none under way */
	int fd;        /* its answer, or -1 */
	struct buf answer;
	bool failure_said;
};

/* Begin with none under way; the fields from loop to context are the caller's, and set. Allocates nothing. */
void lister_init(struct lister *lister);

/* Take it from its loop, which must still be there and not run again, and free the answer. A child goes on and finds
 * nobody to tell. Takes NULL. */
void lister_done(struct lister *lister);

/* Ask, unless that is under way. Does not block. -EMFILE, -EAGAIN, -ENOMEM...: no child could be started. */
int lister_start(struct lister *lister);

#endif
