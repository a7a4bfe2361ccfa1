/* lastwords.h: a report of what a program was doing, before it is restarted (--report), and the line about it. */
#ifndef OOME_LASTWORDS_H
#define OOME_LASTWORDS_H

#include <sys/types.h>

#include "applets/oome/oome.h"
#include "core/evidence.h"

struct lastwords {
	struct evidence evidence;
	char directory[PATH_MAX]; /* config.report, absolute where that can be told */
};

/* Make ready for what CONFIG says, where it says --report. What is in the way of its directory is said, and does not
 * keep anybody from guarding: it is tried again when a report is due. 0; or the exit status where this build makes no
 * reports. ARGV0 as in self_exe(). */
int lastwords_open(const struct oome_config *config, const char *argv0);

/* With --report: report PID, of the program NAME, with all below it; say where the report is, or why there is none.
 * PID is one that cannot be another by now. Blocks for DEADLINE_MS at most; allocates nothing. 0, or -errno as
 * evidence_open() and evidence_take(); -ENOENT without --report. */
int lastwords_take(const struct oome_config *config, const char *name, pid_t pid, int64_t deadline_ms);

#endif
