/* confine_private.h: what the files of confine share. */
#ifndef CORE_CONFINE_PRIVATE_H
#define CORE_CONFINE_PRIVATE_H

#include "core/confine.h"

/* In the child: give up what confine.h says. PARENT: whom to die with; MEMORY: bytes that are mapped. -ESRCH: it is
 * gone already. */
int confine_give_up(const struct confine *confine, pid_t parent, uint64_t memory);

/* In the child, which has none of our signals' handlers: run FUNCTION, which does not return, with 8 MiB of stack where
 * they are to be had: libdw wants more than our user may have left us (`ulimit -s 64`). Before the ids change: whose
 * they become may send it signals. */
void confine_run_on_large_stack(void (*function)(void *context), void *context);

#endif
