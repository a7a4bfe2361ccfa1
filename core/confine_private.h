/* confine_private.h: what the files of confine share. */
#ifndef CORE_CONFINE_PRIVATE_H
#define CORE_CONFINE_PRIVATE_H

#include "core/confine.h"

/* In the child: give up what confine.h says. PARENT: whom to die with; MEMORY: bytes that are mapped. -ESRCH: it is
 * gone already. */
int confine_give_up(const struct confine *confine, pid_t parent, uint64_t memory);

#endif
