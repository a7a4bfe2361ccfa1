/* program.h: one program of a supervisord: its process, its name, the places where its oome file may appear. */
#ifndef OOME_PROGRAM_H
#define OOME_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/oome/oome.h"
#include "applets/oome/oomefile.h"
#include "core/procfs.h"

enum { PROGRAM_PLACES_MAX = 8 };

struct place {
	struct oomefile file;
	int watch; /* inotify watch descriptor, or -1 */
};

struct program {
	pid_t pid;
	int environ_fd;          /* /proc/PID/environiron; -1: cannot be read, or descriptors are short */
	uint64_t start_ticks; /* where environ_fd is -1: its start time, by which it is told from who reuses its pid */
	char *group, *name;      /* NULL: not known (yet) */
	bool ours;               /* wanted by -p, or all, and not the listener itself */
	struct place *places;
	size_t place_count;
	int missing_in;          /* this directory lacks... */
	char *missing_name; /* ...this entry, on the way to the oome file; -1 and NULL: nothing known of that kind */
	int64_t first_seen_ms;
	int64_t refreshed_ms;    /* 0: due */
	bool seen;               /* in the update that goes on */
	bool asked;              /* RPC was asked for its name, or there is nothing to ask for (a zombie) */
	bool disowned;           /* it carries the name of another program: none of ours while it lives */
	bool warned_rights;      /* that we may not look into it */
	struct oomefile_id warned_file; /* the file that was warned of */
};

/* PID, of which nothing is known. Release with program_done(). */
struct program program_new(pid_t pid, int64_t now_ms);
void program_done(struct program *p);

/* Still the process and the program image that program_find() saw? PROC only where its environ could not be kept
 * open. */
bool program_same(const struct program *p, const struct procfs *proc);

/* Find out everything about P anew: its name, and where its oome file and its descendants' may be. Watches their
 * directories by INOTIFY unless it is negative; a negative watch says which failed (errno in RET_WATCH_ERROR, else
 * 0). May block as foreign file systems do. */
void program_find(struct program *p, const struct oome_config *config, const struct procfs *proc, int inotify,
		  int *ret_watch_error);

/* It is GROUP:NAME: is it ours? -ENOMEM. */
int program_set_name(struct program *p, const struct oome_config *config, const char *group, const char *name);

/* Does the way to its oome file still lack the entry that it lacked at program_find()? False also where that is not
 * known. */
bool program_missing_still(const struct program *p);

/* Look at PLACE: true when there is a file that may be believed (RET). Warns of one that may not, once a file. */
bool program_look(struct program *p, const struct place *place, const struct oome_config *config,
		  const struct procfs *proc, struct oomefile_id *ret);

#endif
