/* keep.h: which descriptors a child of ours keeps. */
#ifndef CORE_KEEP_H
#define CORE_KEEP_H

#include <stddef.h>

/* Close every descriptor above 2 that is none of the COUNT in FDS, which are sorted by this; negative ones there are
 * none. Takes no memory. */
void keep_only(int *fds, size_t count);

#endif
