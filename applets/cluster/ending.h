/* ending.h: end processes of a cluster, wherever they are below: by the daemon itself, by who stops it, and by who
 * finds what a killed daemon has left. Waits in the loop. */
#ifndef CLUSTER_ENDING_H
#define CLUSTER_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/cluster/reporting.h"
#include "core/loop.h"
#include "core/procfs.h"
#include "core/tree.h"

struct ending {
	struct loop *loop;
	const struct procfs *proc;
	int64_t grace_ms; /* from SIGTERM to SIGKILL */
	struct reporting *reporting; /* NULL: no reports */
	bool failed;                 /* they have: they are reported before SIGTERM, and not only before SIGKILL */
	const char *name;            /* what reports call them; NULL: as they call themselves */
};

/* End all of SCOPE: SIGTERM (and SIGCONT, without which what is stopped does not end), SIGKILL to who is left after
 * grace_ms, until nobody is. Each gets one SIGTERM, and who was below one of them is ended also when that one has ended
 * first. Who has taken no notice of SIGTERM is reported, which the SIGKILL waits for; with a grace of 0 ms nobody could
 * have. What else runs in the loop meanwhile may stop it: that ends nothing here. 0; -ETIMEDOUT: somebody is still
 * there 10 s after SIGKILL (held in the kernel); -EPERM: we may not signal somebody; -EMFILE and such: who is left
 * could not be found for all that time; -ENOMEM at once. */
int ending_all(struct ending *e, const struct tree_scope *scope);

#endif
