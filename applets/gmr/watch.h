/* watch.h: `gmr --watch FILE PID`: report a process whenever a file is touched, as oslo.reports' file_event_handler. */
#ifndef GMR_WATCH_H
#define GMR_WATCH_H

#include "applets/gmr/make.h"
#include "applets/gmr/output.h"

/* Report the process PID to OUTPUT whenever OPTIONS->watch appears or has a newer time of modification, seen by a look
 * every OPTIONS->interval_ms, until the process ends, or SIGTERM or SIGINT comes. Returns 0, or 1: it could not go on,
 * which has been said. Blocks. */
int watch_run(const struct procfs *proc, pid_t pid, const struct options *options, const struct make_options *make,
	      struct output *output);

/* ---- What a look makes of it; pure ---- */

struct watch_file {
	bool there;
	struct timespec modified;
};

/* Has the file been touched between the looks BEFORE and NOW? */
bool watch_is_touched(const struct watch_file *before, const struct watch_file *now);

#endif
