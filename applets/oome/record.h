/* record.h: what is known of a program's restarts, kept where it survives the listener.
 *
 * One file a program in STATE_DIR/PIDNAMESPACE-PID-STARTTICKS/ (supervisord's), named group:name encoded. It is
 * written before the stop request: a stopped program has no pid by which its oome file could be found again. Whoever
 * works on a restart owns the record by its lock. */
#ifndef OOME_RECORD_H
#define OOME_RECORD_H

#include <time.h>

#include "applets/oome/oomefile.h"
#include "core/limit.h"
#include "core/pidref.h"

enum record_phase {
	RECORD_IDLE,     /* nothing under way */
	RECORD_REPORTED, /* to be restarted; nothing was asked for yet */
	RECORD_STOPPING, /* its stop was, or is about to be, asked for: if it is found stopped, that was us */
	RECORD_STARTING, /* the old process is gone: it must be started */
	RECORD_CLEANING, /* it runs again: the file HANDLED is to be deleted */
};

struct record {
	uint64_t version;           /* of what is known: grows with each change, written or not */
	enum record_phase phase;
	char *group, *name;
	pid_t pid;                  /* the process that reported */
	char *path;                 /* its oome file, for messages, and for who finds it again */
	struct oomefile_id handled; /* the version that is (or was) acted on: seen again, it is only deleted */
	uint64_t witnessed;         /* start time of the process of which a report was asked for (--report); 0: none */
	struct timespec until;      /* and what was done to it until then: CLOCK_REALTIME, as ctime; 0: not known */
	struct limit restarts;      /* CLOCK_BOOTTIME milliseconds */
};

/* Is ID the file that RECORD's restart was for, in the version of the report, or as the old process left it? Pure.
 * (touch(1) makes a file and then sets its times: who looks in between sees a version that does not last.) */
bool record_handled(const struct record *record, const struct oomefile_id *id);

/* Pure. The text form: "key=value" lines, path and names encoded. -EBADMSG: not of that form (a torn or foreign
 * file). */
int record_format(const struct record *record, struct buf *ret);
int record_parse(const char *text, size_t len, struct record *ret);

/* Read the record of GROUP:NAME in DIR; the caller frees it with record_done(). -ENOENT: none; -EBADMSG: torn or
 * foreign; -ENAMETOOLONG: no file can have that name; -ENOMEM; else as statedir_read(). */
int record_load(int dir, const char *group, const char *name, struct record *ret);

/* Write RECORD, whose version grows in any case. Blocks until it is on the disk. -ENAMETOOLONG; -ENOBUFS, -ENOMEM; else
 * as statedir_write(): what stood there stays. */
int record_save(int dir, struct record *record);

/* The lock of GROUP:NAME's record: a descriptor that the caller closes, or -EWOULDBLOCK: somebody is at work on it;
 * -ENAMETOOLONG; else as statedir_lock(). Does not block. */
int record_own(int dir, const char *group, const char *name);

/* Call FUNCTION for each record in DIR that can be read; the others are passed over. It is freed behind FUNCTION, which
 * may take it by leaving zeros. 0, or the -errno of opening DIR, and nothing was called. */
int record_each(int dir, void (*function)(struct record *record, void *context), void *context);

/* The directory of SUPERVISORD below STATE_DIR; those of supervisords of our pid namespace that are dead are
 * removed. Returns a descriptor that the caller closes, or -errno, as procfs_pid_namespace() and
 * statedir_open_below(). */
int record_open_dir(int state_dir, const struct procfs *proc, const struct pidref *supervisord);

/* Free its strings; RECORD is all zeros then. Takes NULL. */
void record_done(struct record *record);

#endif
