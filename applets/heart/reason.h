/* reason.h: why did the program end last? A file that outlives it, for whoever comes later.
 *
 *   TIME=2026-11-21T13:00:00Z
 *   PROGRAM=/srv/app
 *   PID=4711
 *   CAUSE=overdue
 *   END=SIGKILL
 *   UPTIME=3605
 *   RESTARTS=2
 *   REPORT=/var/log/app/app_gurumeditation_20261121130000
 *   STATUS=Processing requests...
 *
 * One variable a line; control characters are escaped as \xNN, a backslash as \\. ERRNO= and STATUS= are what the
 * program said of itself, if it did; REPORT= is what was reported of it before it was ended, if that was. END= is
 * missing where it was left running; where it could not be started there are TIME, PROGRAM, CAUSE and RESTARTS.
 * Replaced whole: after a crash there is the old one or the new. */
#ifndef HEART_REASON_H
#define HEART_REASON_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum reason_cause {
	REASON_EXIT,       /* it ended by itself, with an exit status */
	REASON_SIGNAL,     /* a signal that was not ours */
	REASON_OOM_KILLED, /* the kernel's OOM killer */
	REASON_OVERDUE,    /* no heartbeat in time */
	REASON_TRIGGERED,  /* WATCHDOG=trigger: it asked for it */
	REASON_CRASHED,    /* PREPARING_CRASH by HEART_FD */
	REASON_STOPPED,    /* as it should: STOPPING=1, SHUT_DOWN, or a signal that was passed on */
	REASON_NOT_STARTED,
	REASON_CAUSES
};

struct reason {
	time_t time;
	const char *program;
	pid_t pid;
	enum reason_cause cause;
	int status;          /* waitpid(2)'s; -1: it has not ended */
	int error;           /* ERRNO=, 0: not said */
	int64_t uptime_ms;
	int restarts;        /* so far */
	const char *report;  /* a file; NULL or empty: none */
	const char *text;    /* the last STATUS=; empty: none */
};

/* "overdue"; never NULL. */
const char *reason_cause_name(enum reason_cause cause);

/* May PATH become such a file, as things stand? 0, or what reason_write() would say, but for a full disk. */
int reason_check(const char *path);

/* Replace the file PATH (mode 0644): written as a new file beside it, fsync(2), rename(2). -errno, and the old one
 * stays. PATH may not be a link, a directory or a device (-EINVAL). Blocks as the disk does. */
int reason_write(const char *path, const struct reason *reason);

#endif
