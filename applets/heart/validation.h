/* validation.h: the validation callback: a command that succeeds (exit status 0), or a URL that answers 2xx.
 *
 * One at a time, in a process beside the guard (validator.h), with a deadline; over it all that it started is killed.
 * It is a descendant of the guard like the program and all that came from it: what ends all of them ends it, too, and
 * so it is to be cancelled before. */
#ifndef HEART_VALIDATION_H
#define HEART_VALIDATION_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/heart/validator.h"
#include "core/loop.h"
#include "core/oomadj.h"
#include "core/procfs.h"

/* It is over: OK, or WHY not: "exit status 3: no database", "no answer within 5s", "HTTP status 503", "cannot run it:
 * ...". WHY holds no control characters, and is shorter than VALIDATOR_WHY_SIZE. */
typedef void (*validation_fn)(void *context, bool ok, const char *why);

enum validation_state {
	VALIDATION_IDLE,
	VALIDATION_RUNNING,
	VALIDATION_FAILED, /* it could not be started; done() is not called yet */
	VALIDATION_ENDING, /* it was late, and is killed; done() is not called yet */
	VALIDATION_STUCK   /* done() was called, and still it is not gone */
};

struct validation {
	struct loop *loop;
	const struct procfs *proc;
	const struct oomadj *oomadj; /* given back to the child */
	validation_fn done;
	void *context;
	enum validation_state state;
	pid_t pid;                   /* 0: none */
	int fd;                      /* its verdict comes here; -1: none */
	int64_t timeout_ms;
	bool ok;                     /* what it found out */
	char why[VALIDATOR_WHY_SIZE];
};

/* PROC (NULL: there is none) and the others outlive V. -ENOMEM. */
int validation_init(struct validation *v, struct loop *loop, const struct procfs *proc, const struct oomadj *oomadj,
		    validation_fn done, void *context);

/* Validate by TARGET, which is not looked at afterwards; done() follows from the loop, within TIMEOUT_MS and the moment
 * that an end takes; also when it could not be started, or one before it was killed and is not gone (it is held in the
 * kernel). Where one is under way nothing happens. */
void validation_start(struct validation *v, const char *target, int64_t timeout_ms);

/* Is one under way, of which done() will be called? */
bool validation_runs(const struct validation *v);

/* Kill what is under way; done() is not called for it. Waits for its end, 100 ms at most. Takes NULL, and what was
 * never begun. */
void validation_cancel(struct validation *v);

#endif
