/* program.h: one program of a supervisord: its process, its name, the places where its oome file may appear. */
#ifndef OOME_PROGRAM_H
#define OOME_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/oome/oome.h"
#include "applets/oome/place.h"
#include "core/pidref.h"
#include "core/procfs.h"

enum { PROGRAM_PLACES_MAX = 8 };

struct place {
	struct oomefile file;
	int watch;    /* inotify watch descriptor, or -1 */
	bool local;   /* on a file system of which inotify tells everything: no other machine, no program behind it */
	bool due;     /* inotify said something, or nobody has looked yet */
	bool present; /* there was something at the last look: look again, whatever inotify says */
};

struct program {
	pid_t pid;
	struct pidref process;   /* PIDREF_NONE: it was not there, or a zombie */
	int environ_fd;          /* /proc/PID/environ, by which exec is seen; -1: not to be had */
	char *group, *name;      /* NULL: not known (yet) */
	bool ours;               /* wanted by -p, or all, and not the listener itself */
	struct place *places;
	size_t place_count;
	int missing_in;          /* this directory lacks... */
	char *missing_name; /* ...this entry, on the way to the oome file; -1 and NULL: nothing known of that kind */
	int64_t first_seen_ms;
	int64_t refreshed_ms;    /* 0: due */
	int64_t checked_ms;      /* that it is the same program image */
	bool seen;               /* in the update that goes on */
	bool asked;              /* RPC was asked for its name, or there is nothing to ask for (a zombie) */
	bool disowned;           /* it carries the name of another program: none of ours while it lives */
	bool warned_rights;      /* that we may not look into it */
	struct place_warned warned_file;
};

/* PID, of which nothing is known. NOW_MS is loop_now(). Release with program_done(), which takes NULL. */
struct program program_new(pid_t pid, int64_t now_ms);
void program_done(struct program *p);

/* Still the program image that program_find() saw? False when it has ended or called exec. True where its environ
 * may not be read. */
bool program_same_image(const struct program *p);

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

/* Is there news to be expected from a look at PLACE? */
bool program_look_due(const struct place *place);

/* Look at PLACE: true when there is a file that may be believed (RET). Warns of one that may not, once a file. */
bool program_look(struct program *p, struct place *place, const struct oome_config *config,
		  const struct procfs *proc, struct oomefile_id *ret);

#endif
