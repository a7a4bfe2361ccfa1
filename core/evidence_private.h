/* evidence_private.h: what the files of evidence share. */
#ifndef CORE_EVIDENCE_PRIVATE_H
#define CORE_EVIDENCE_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/evidence.h"

/* What gmr puts between a name and the time. */
#define EVIDENCE_MIDDLE "_gurumeditation_"

/* What a child does, and where goes what it says. */
struct evidence_job {
	int (*child)(void *context);    /* in the child: returns its exit status, or is another program by then */
	void (*output)(void *context, const char *data, size_t len); /* what it wrote to its stdout, or NULL */
	void *context;
	char *why;                      /* EVIDENCE_WHY_SIZE: the first line that it wrote to its stderr, or "" */
};

/* Fork a child that has nothing of ours but the environment and the working directory, little address space, and dies
 * with us and before anybody else; wait for its end until UNTIL_MS (clock_ms()), then kill it and its process
 * group. 0: it ended with status 0; -ETIMEDOUT; -ECHILD: it failed (JOB->why, never empty then); -errno of fork(2),
 * pipe(2). Where SIGCHLD is ignored nobody knows how a child ended: 0. Allocates nothing. */
int evidence_run(const struct evidence_job *job, int64_t until_ms);

/* As evidence_prune(), but files that were written since SINCE (CLOCK_REALTIME_COARSE, the clock of files; may be NULL)
 * stay: a tree may have more of a name than KEEP. */
int evidence_prune_but(const struct evidence *e, const char *name, const struct timespec *since);

#endif
