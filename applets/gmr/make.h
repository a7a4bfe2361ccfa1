/* make.h: one report of one process, as a tree of values. */
#ifndef GMR_MAKE_H
#define GMR_MAKE_H

#include <limits.h>
#include <time.h>

#include "applets/gmr/sections.h"
#include "applets/gmr/stated.h"
#include "core/capture.h"

struct make_options {
	unsigned sections;      /* bits of applets/gmr/options.h */
	enum capture_mode mode;
	int64_t max_stop_ms;
	int64_t deadline_ms;    /* from the call on */
	bool debuginfod;
	bool locals;            /* of Python frames */
	struct sections_options shown;
	const struct stated *stated; /* what the process says of itself (applets/gmr/inside.h), or NULL: from outside */
	pid_t reporter;         /* its child that makes this report, and is not shown; 0: none */
};

struct made {
	struct gmr_report report; /* report.tree.root is what core/report.h describes */
	char name[NAME_MAX + 1];  /* of the process, for the file of its report */
	time_t time;              /* when it was begun */
	bool nothing;             /* nothing of what was asked for could be read; the report says why */
};

/* Report the process PID. Blocks until the deadline, about; what hangs in the kernel for 10 seconds more ends us by
 * SIGALRM. -ESRCH: there is none, or it ended before it was read; -ENOMEM, -EMFILE... Free with made_done(), which
 * takes NULL. */
int make_report(const struct procfs *proc, pid_t pid, const struct make_options *options, struct made *ret);

/* A report of PID without a look at it, which failed with ERROR (-errno): what it says of itself, and why there is no
 * more. */
void make_bare(pid_t pid, const struct stated *stated, int error, struct made *ret);
void made_done(struct made *made);

#endif
