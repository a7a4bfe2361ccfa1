/* runner_private.h: what the files of runner.h share. */
#ifndef CLUSTER_RUNNER_PRIVATE_H
#define CLUSTER_RUNNER_PRIVATE_H

#include "applets/cluster/runner.h"

bool runner_is_cancelled(const struct runner *r);

/* RET->why, cut where it is too long. Returns ERROR. */
int runner_say(struct runner_result *ret, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* When what begins now has taken too long: loop_now()'s; INT64_MAX: never. */
int64_t runner_deadline(const struct runner *r);

/* Run the loop until somebody has set *OVER, and stopped the loop; the end of r->child does both. 0; -ECANCELED;
 * -ETIMEDOUT: DEADLINE has passed; -errno of the loop. */
int runner_wait(struct runner *r, bool *over, int64_t deadline);

/* ---- runner_end.c ---- */

/* End r->child, its session and all below it, until it is reaped; is not cancelled. FAILED: it is reported before. 0;
 * as ending_all(). */
int runner_end(struct runner *r, bool failed);

#endif
