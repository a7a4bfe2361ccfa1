/* perfmap.h: /tmp/perf-PID.map, in which just-in-time compilers name what they have made; perf(1) reads it. */
#ifndef GMR_PERFMAP_H
#define GMR_PERFMAP_H

#include <stdint.h>

#include "applets/gmr/target.h"

struct perfmap;

/* Read it inside TARGET's root, where it is a regular file of the target's user or of root, up to 64 MiB. -ENOENT:
 * none; -EPERM: another's file, or our ids are neither TARGET's nor nobody's (confine_may_open_for()); -EFBIG,
 * -ENOMEM... */
int perfmap_open(const struct target *target, struct perfmap **ret);

/* What is at ADDRESS, or NULL (also where MAP is NULL): of several that hold it, the one written last. Lives in MAP. */
const char *perfmap_name(const struct perfmap *map, uint64_t address);
void perfmap_free(struct perfmap *map);

/* The same of the LEN bytes of TEXT. -ENOMEM. */
int perfmap_parse(const char *text, size_t len, struct perfmap **ret);

#endif
