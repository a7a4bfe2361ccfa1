/* wards.h: the programs of which a restart is, was or may have to be under way; the workers that do it.
 *
 * What must not be lost stands in the record (record.h); a ward holds it in memory beside what only matters to this
 * listener. */
#ifndef OOME_WARDS_H
#define OOME_WARDS_H

#include "applets/oome/programs.h"
#include "applets/oome/record.h"
#include "core/loop.h"

struct ward {
	struct record record;
	char shown[256];      /* its name as supervisorctl shows it, for lines */
	pid_t worker;         /* ours that is at work; 0: none */
	pid_t reporter;       /* whose report it works on */
	bool elsewhere;       /* somebody else's worker is */
	int64_t limit_said_ms; /* BOOTTIME; -1: not yet */
	struct oomefile_id dry_said;
};

struct wards {
	const struct oome_config *config;
	const struct procfs *proc;
	const struct pidref *supervisord;
	struct loop *loop;
	struct programs *programs;
	int state_dir;        /* of this supervisord; -1: none */
	void (*on_end)(void *context, int result); /* a worker of ours ended: enum worker_result, or -1: killed */
	void *context;
	struct ward **items;
	size_t count, size;
};

/* Load what the records tell. The fields up to context are set by the caller. */
void wards_load(struct wards *wards);
void wards_done(struct wards *wards); /* workers go on; takes NULL */

/* Complete what a killed worker left; to be called at each tick. */
void wards_take_over(struct wards *wards);

/* An oome file was found: for programs_each_file(), CONTEXT is the struct wards. Starts a restart where it is due. */
void wards_found(struct program *program, const struct place *place, const struct oomefile_id *id, void *context);

#endif
