/* programs.h: the programs of a supervisord, kept in step with /proc at each tick.
 *
 * A tick at rest must cost almost nothing (no RPC, less than a microsecond a program): what was found of a process
 * is kept as long as its pidfd says that it lives. That it has not called exec is checked every PROGRAMS_IMAGE_MS.
 * All the rest (directory, links, descendants) is found anew when the process is twice as old as the last time, at
 * least every PROGRAMS_REFRESH_MS, and at once when inotify says that a directory was moved or deleted. */
#ifndef OOME_PROGRAMS_H
#define OOME_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/oome/program.h"

enum { PROGRAMS_IMAGE_MS = 60000, PROGRAMS_REFRESH_MS = 600000, PROGRAMS_AVOID_MAX = 16,
       PROGRAMS_WORDS_SIZE = 32 << 10 };

/* Who looks at foreign files may be held up by them for ever (a dead NFS server, a FUSE file system that does not
 * answer). Here, in shared memory, it says at whose files it looks, for the process that watches over it. */
struct programs_shared {
	volatile pid_t looking_at;         /* 0: at nobody's */
	volatile uint64_t ticks_done;      /* since the listener began */
	pid_t avoid[PROGRAMS_AVOID_MAX];   /* whose files did not answer: left out while they live; 0: none */
	/* What the watcher knows, lines "key: value", for a report of the listener; written when that is asked for
	 * (watcher_words.h). */
	char words[PROGRAMS_WORDS_SIZE];
	int64_t words_ms;                  /* loop_now(); 0: never */
};

struct programs {
	const struct oome_config *config;
	const struct procfs *proc;
	struct programs_shared *shared;
	struct program *items;
	size_t count, size;
	struct pidset children; /* of the last update */
	struct pollfd *polls;   /* room for SIZE of them */
	int inotify;            /* the caller's, or -1 */
	int *watches;           /* every watch that INOTIFY holds */
	size_t watch_count;
	bool changed;           /* places were found anew: watches may be unused */
	bool cannot_watch;      /* inotify refused: said once */
};

/* An empty table. All that is pointed to must outlive it; INOTIFY (-1: watch nothing) stays the caller's. */
void programs_init(struct programs *programs, const struct oome_config *config, const struct procfs *proc,
		   struct programs_shared *shared, int inotify);

/* Free all that it has; watches end with INOTIFY. Takes NULL. */
void programs_done(struct programs *programs);

/* Bring the table in step with the children of SUPERVISORD. NOW_MS is loop_now(). May block as foreign file systems do,
 * where something is found anew; SHARED says then at whose files. -ESRCH, -ENOENT: it is gone; -ENOMEM. */
int programs_update(struct programs *programs, pid_t supervisord, int64_t now_ms);

/* Is there a living program whose name is not known and that RPC was not asked for yet? */
bool programs_unnamed(const struct programs *programs);

/* RPC was asked: PID is GROUP:NAME. Then, once for all, that who has no name now has none to be had. */
void programs_name(struct programs *programs, pid_t pid, const char *group, const char *name);
void programs_named_all(struct programs *programs);

/* Has a living program the NAME of a -p option? */
bool programs_has(const struct programs *programs, const char *wanted);

/* What inotify says of WATCH: its directory was moved or deleted, so that places there are found anew at the next
 * update; NAME was made or touched there: is that an oome file? Or it lost count: look at every place. */
void programs_expire_watch(struct programs *programs, int watch);
bool programs_touched(struct programs *programs, int watch, const char *name);
void programs_touched_all(struct programs *programs);

/* Call FUNCTION for each oome file of a program of ours that exists and may be believed. */
typedef void (*programs_found_fn)(struct program *program, const struct place *place, const struct oomefile_id *id,
				  void *context);
void programs_each_file(struct programs *programs, programs_found_fn function, void *context);

#endif
