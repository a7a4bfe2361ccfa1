/* roster_private.h: the words of a pid file, which is written in roster_format.c and read in roster_parse.c. */
#ifndef CLUSTER_ROSTER_PRIVATE_H
#define CLUSTER_ROSTER_PRIVATE_H

#include "applets/cluster/roster.h"

enum { ROSTER_STATES = ROSTER_STOPPING + 1, ROSTER_KINDS = MEMBER_ORPHAN + 1 };

extern const char *const roster_states[ROSTER_STATES], *const roster_kinds[ROSTER_KINDS];

/* Does the first line name it: does it live, and count? */
bool roster_is_in_first_line(const struct member *member);

#endif
