/* signal.h: `gmr --signal`: ask programs that report on themselves for a report. */
#ifndef GMR_SIGNAL_H
#define GMR_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/procfs.h"

/* Send SIGNAL to the process PID if it takes it: has a handler for it, or has it blocked in every thread (signalfd(2),
 * sigwait(3)); unless FORCE, not if it is known to mean something else by it. Prints where the answer goes. Returns 0,
 * or 1: it was not sent, which has been said. */
int signal_send(const struct procfs *proc, pid_t pid, int signal, bool force);

/* ---- signal_meaning.c ---- */

/* What a program means by SIGNAL that has one of the COUNT NAMES (comm, executable, first arguments; a version, or
 * a title behind ':', at its end does not count): "starts its new executable"; NULL: nothing that we know of. Pure. */
const char *signal_meaning(const char *const *names, size_t count, int signal);

#endif
