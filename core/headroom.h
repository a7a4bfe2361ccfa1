/* headroom.h: is there memory for a gmr, or would the kernel's OOM killer be called because of it? cgroups(7). */
#ifndef CORE_HEADROOM_H
#define CORE_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

enum { HEADROOM_LEAST = 12 << 20 }; /* bytes: a gmr takes 9 MB or so */

/* Has our cgroup, or one above it, less than HEADROOM_LEAST bytes left, with what can be reclaimed at once? RET: what
 * is left, UINT64_MAX: no limit. What cannot be read is no limit. Allocates nothing and takes no lock, but its buffer
 * is static: for one thread. */
bool headroom_is_short(uint64_t *ret);

#endif
