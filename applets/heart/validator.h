/* validator.h: the process that validates, beside the guard: it runs a command, or fetches a URL.
 *
 * What came of it is one write(2) to a pipe: "+", or "-" and why not:
 *
 *   -exit status 2: CRITICAL: no answer from the database
 *
 * What the command prints goes nowhere but its last line, which is in there. The process is a sub-reaper and ends when
 * nothing is left of what the command started, daemons too: that is killed as soon as the command itself has ended. It
 * gives up on SIGTERM, which it also gets when the guard dies. */
#ifndef HEART_VALIDATOR_H
#define HEART_VALIDATOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/oomadj.h"

/* Room for a reason with its NUL. It holds no control characters. */
enum { VALIDATOR_WHY_SIZE = 112 };

struct validator {
	const char *target;
	int64_t timeout_ms;          /* of a URL: the command's is the guard's to watch */
	int fd;                      /* the pipe: above 2; all others are closed */
	pid_t guard;                 /* who starts it */
	const struct oomadj *oomadj; /* given back */
};

/* For spawn_function(), in a session of its own. */
int validator_run(void *validator);

/* Is TARGET a URL, and no command? */
bool validator_is_url(const char *target);

/* "no answer within 5s" */
void validator_late(int64_t timeout_ms, char ret[VALIDATOR_WHY_SIZE]);

#endif
