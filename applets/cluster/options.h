/* options.h: the options of a cluster's section, checked. */
#ifndef CLUSTER_OPTIONS_H
#define CLUSTER_OPTIONS_H

#include <stdbool.h>

#include "applets/cluster/config.h"

/* Fill in what the section CONFIG->section of R says, the defaults where it says nothing; CONFIG is called FILE in
 * messages. -EBADMSG: RET_FAULT says what is wrong; -ENOMEM; CONFIG is then the caller's to release all the same. */
int options_take(struct resolve *r, const char *file, struct config *config, struct fault *ret_fault);

/* Is NAME one of them? The others of a section are variables. */
bool options_has(const char *name);

/* The one that is near to NAME; NULL: none is. */
const char *options_near(const char *name);

#endif
