/* validation.h: the validation callback: a command that succeeds (exit status 0), or a URL that answers 2xx.
 *
 * One at a time, as a child in a session of its own, with a deadline; over it the session is killed. A URL (begins
 * with http:// or https://) is fetched by libcurl in a child of ours, so that nothing there can hold the guard up. */
#ifndef HEART_VALIDATION_H
#define HEART_VALIDATION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"
#include "core/oomadj.h"

/* It is over: OK, or WHY not: "exit status 3", "no answer within 5s", "HTTP status 503", "cannot run it: ...". */
typedef void (*validation_fn)(void *context, bool ok, const char *why);

struct validation {
	struct loop *loop;
	const struct oomadj *oomadj; /* given back to the child */
	validation_fn done;
	void *context;
	pid_t pid;                   /* 0: none is under way */
	bool timed_out;
	int64_t timeout_ms;
};

void validation_init(struct validation *v, struct loop *loop, const struct oomadj *oomadj, validation_fn done,
		     void *context);

/* Validate by TARGET, which is copied where needed; done() follows from the loop, also when it could not be started.
 * Where one is under way nothing happens. */
void validation_start(struct validation *v, const char *target, int64_t timeout_ms);

/* Kill what is under way; done() is not called for it. Takes NULL, and what was never begun. */
void validation_cancel(struct validation *v);

#endif
