/* worker.h: one restart, in a process of its own: it may block, loads the libraries, and finishes even when the
 * listener is killed. */
#ifndef OOME_WORKER_H
#define OOME_WORKER_H

#include <stdbool.h>

#include "applets/oome/oome.h"
#include "applets/oome/oomefile.h"
#include "applets/oome/record.h"

struct worker {
	const struct oome_config *config;
	const struct pidref *supervisord;
	const struct procfs *proc;
	int state_dir;          /* of this supervisord; -1: none could be had */
	int lock;               /* the record's; the worker holds it to its end */
	struct record record;
	struct pidref reporter; /* record.pid; PIDREF_NONE: not known which process that was */
	bool unsaved_said;
	struct oomefile file;   /* dir -1: the place is not known any more (taken over from a killed worker) */
};

/* What the worker's exit status tells the watcher. */
enum worker_result {
	WORKER_DONE = 0,    /* it runs again, and the file is gone */
	WORKER_LATER = 1,   /* nothing was stopped: try again at the next tick */
	WORKER_GAVE_UP = 2, /* the record says how far it came */
	WORKER_AGAIN = 3,   /* it may be stopped: to be taken up again at the next tick */
	WORKER_LIAR = 4,    /* the process is not the program whose name it carries: nothing was done */
	WORKER_KEPT = 5,    /* it runs again, but the file could not be deleted, or its place is not known */
};

/* Restart the program; blocks until it is done. For spawn_function(). */
int worker_main(void *worker);

#endif
