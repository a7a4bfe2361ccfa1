/* reporting.h: reports of what is about to be killed: core/evidence.h, for a cluster's processes. */
#ifndef CLUSTER_REPORTING_H
#define CLUSTER_REPORTING_H

#include <stddef.h>

#include "applets/cluster/config.h"
#include "core/evidence.h"
#include "core/procfs.h"
#include "core/tree.h"

/* So many are remembered: a process that cannot be killed is left for another ending, and reported once. */
enum { REPORTING_KNOWN = 32, REPORTING_LINE_SIZE = PATH_MAX + 512 };

struct reporting {
	const struct config *config;
	struct evidence evidence;
	void (*say)(void *context, const char *line); /* NULL: it is logged */
	void *context;
	struct tree_node known[REPORTING_KNOWN];
	size_t known_count; /* of all: the older ones are forgotten */
};

/* Make ready for the reports that CONFIG wants. What is in the way is said, and no error: a directory may be there when
 * a report is due. 0: also where it wants none; -ENOTSUP: this build cannot make any, which is said, too. */
int reporting_open(struct reporting *r, const struct config *config);

/* R where it makes any, else NULL. */
struct reporting *reporting_if_wanted(struct reporting *r);

/* Report those of NODES (parents first) of whom no other one is the parent, a few at most, with all below them; each
 * once. NAME is what they are called, NULL: as they call themselves. Blocks, for report-deadline in all; says what
 * came of it. Allocates nothing. R may be NULL: none are made. */
void reporting_take(struct reporting *r, const struct procfs *proc, const struct tree_node *nodes, size_t count,
		    const char *name);

#endif
