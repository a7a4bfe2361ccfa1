/* start.h: have a daemon start lines. */
#ifndef CLUSTER_START_H
#define CLUSTER_START_H

#include "applets/cluster/cluster.h"

/* Fork a daemon that starts LINES, and wait until it has, or has given up. Its words go to our stderr; SIGTERM, SIGINT,
 * SIGHUP are passed on to it. Returns the exit status; in the daemon, at its end, too. */
int start_lines(struct cluster *c, const struct config_lines *lines);

#endif
