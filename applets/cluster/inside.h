/* inside.h: a process of the cluster that stops or restarts it: a member with a button for that, a job that it runs. */
#ifndef CLUSTER_INSIDE_H
#define CLUSTER_INSIDE_H

#include <stdbool.h>

#include "applets/cluster/found.h"
#include "core/procfs.h"

/* Are we of the cluster that was found: by our environment, or since its daemon is above us? */
bool inside_is(const struct procfs *proc, const struct found *found);

/* We are not ended with the others (tree.h), but who called us is, and timeout(1) for one hands on to us what it is
 * ended with: not to stop half a cluster, that is not heard from here on. */
void inside_see_through(void);

/* Where we print to a pipe, which is a member's: it is let go, as the logger ends when nobody is left who has one. */
void inside_leave_output(void);

#endif
