/* stopping.h: stop a cluster: what its daemon does when it is told to end, and what `stop` and `restart` do from
 * outside, whether or not there is a daemon. */
#ifndef CLUSTER_STOPPING_H
#define CLUSTER_STOPPING_H

#include <stdbool.h>

#include "applets/cluster/config.h"
#include "applets/cluster/roster.h"
#include "applets/cluster/runner.h"
#include "core/tree.h"

struct stopping {
	struct runner *runner;        /* runs the stop lines */
	const struct roster *roster;  /* who there is; may change in the loop */
	const struct config *config;
	const char *mark;             /* NULL: the processes have none */
	struct tree_node self;        /* this process: below it is what stop lines have left */
	const struct tree_node *left; /* who is known to belong to it beside the roster's members */
	size_t left_count;
};

/* All of it: background members in reverse order, each with its tree; the stop lines, with STOP_LINES; then whatever is
 * left. What fails is said, and the rest goes on. 0; -ECHILD: a stop line failed; -EBUSY: a process is left. */
int stopping_all(struct stopping *s, bool stop_lines);

/* The last part alone. 0, -EBUSY. */
int stopping_rest(struct stopping *s);

#endif
