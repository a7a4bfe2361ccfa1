/* run_places.h: where the oome file of `oome run`'s child may appear.
 *
 * Before the start: where a program begins that gets our environment and directory, so that one which reports and ends
 * within a millisecond is not missed. While it lives: what the child and its descendants (it may be a wrapper) name
 * themselves, found anew at every look. A place is kept when its process is gone. */
#ifndef OOME_RUN_PLACES_H
#define OOME_RUN_PLACES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "applets/oome/oome.h"
#include "applets/oome/place.h"
#include "core/buf.h"
#include "core/procfs.h"

enum { RUN_PLACES_MAX = 16, RUN_IGNORED_MAX = 32 };

struct run_place {
	struct oomefile file;
	int watch;  /* inotify watch descriptor, or -1 */
	bool found; /* by the search that goes on */
	bool fresh; /* nobody has looked at the file yet: it may be older than the child */
	struct oomefile_id believed; /* the version that was, when its owner, a descendant of the child, still lived */
};

struct run_places {
	const struct oome_config *config;
	const struct procfs *proc;   /* or NULL: only the file of -o or of our own environment then */
	const char *name;            /* of the program, for messages */
	const char *given;           /* the OOME_FILE that we made up for the child, or NULL */
	int inotify;                 /* or -1 */
	struct run_place items[RUN_PLACES_MAX];
	size_t count;
	struct oomefile_id ignored[RUN_IGNORED_MAX]; /* acted on (or not) already, and still there */
	size_t ignored_count;
	struct place_warned warned;
	bool cannot_watch;           /* said once */
	struct timespec started;     /* of the clock that stamps files */
	struct buf environ;
};

/* All that is pointed to must outlive PLACES. Where nothing can be watched that is said, and inotify is -1. */
void run_places_init(struct run_places *places, const struct oome_config *config, const struct procfs *proc,
		     const char *name, const char *given);

/* Free the table, close inotify. After run_places_init(). Takes NULL. */
void run_places_done(struct run_places *places);

/* A child is about to be started: find where it begins, and delete what lies there. */
void run_places_start(struct run_places *places);

/* Find the places anew: PID is the living child, or 0: it ended, only where it began. May block as foreign file systems
 * do. */
void run_places_find(struct run_places *places, pid_t pid);

/* Is there a file that may be believed and is not ignored? Its place and version. PID as above. */
struct run_report {
	const struct run_place *place; /* valid until the next run_places_find() */
	struct oomefile_id id;
};
bool run_places_look(struct run_places *places, pid_t pid, struct run_report *ret);

/* This version of a file is not to be acted on (again). */
void run_places_ignore(struct run_places *places, const struct oomefile_id *id);

/* Delete every report there is; the child and what it started are gone. */
void run_places_clear(struct run_places *places);

/* Take what inotify has: does it call for a look? RET_FIND: and for run_places_find() before. Allocates nothing. */
bool run_places_event(struct run_places *places, bool *ret_find);

#endif
