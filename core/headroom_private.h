/* headroom_private.h: headroom.h with files of one's own, for tests. */
#ifndef CORE_HEADROOM_PRIVATE_H
#define CORE_HEADROOM_PRIVATE_H

#include "core/headroom.h"

/* As headroom_is_short(), of ROOT/proc/self/cgroup and ROOT/sys/fs/cgroup. */
bool headroom_is_short_below(const char *root, uint64_t *ret);

#endif
