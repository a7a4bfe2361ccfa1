/* programs.h: the programs of a supervisord, kept in step with /proc at each tick.
 *
 * A tick at rest must cost almost nothing (no RPC, some microseconds a program): what was found of a process is kept as long as it is the
 * same process with the same memory image; a descriptor on its environ tells, since reads from it end when the process has ended or
 * called exec. Everything is found anew at least once in PROGRAMS_REFRESH_MS. */
#ifndef OOME_PROGRAMS_H
#define OOME_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/oome/oome.h"
#include "applets/oome/oomefile.h"
#include "core/procfs.h"

enum { PROGRAMS_REFRESH_MS = 60000 };

struct program {
	pid_t pid;
	int environ_fd;         /* /proc/PID/environ as of the last refresh, or -1 */
	char *group, *name;     /* NULL: it did not name itself (yet) */
	bool ours;              /* wanted by -p, or all */
	struct oomefile file;   /* dir -1: no such directory (yet) */
	int watch;              /* inotify watch descriptor, or -1 */
	int64_t refreshed_ms;
	bool seen;              /* in the tick that goes on */
	bool warned;            /* about something in its file or rights */
};

struct programs {
	struct program *items;
	size_t count, size;
	int inotify;            /* or -1: --no-watch, or none to be had */
	bool unnamed;           /* some child did not name itself: RPC must tell */
};

/* Start with INOTIFY (owned by the caller) or -1. */
void programs_init(struct programs *programs, int inotify);
void programs_done(struct programs *programs);

/* Bring the table in step with the children of SUPERVISORD now. -ESRCH: it is gone. */
int programs_update(struct programs *programs, const struct oome_config *config, const struct procfs *proc, pid_t supervisord, int64_t now_ms);

/* What RPC said: PID is GROUP:NAME. Kept as long as the process lives. */
int programs_name(struct programs *programs, pid_t pid, const char *group, const char *name);

#endif
