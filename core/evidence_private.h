/* evidence_private.h: what the files of evidence share. */
#ifndef CORE_EVIDENCE_PRIVATE_H
#define CORE_EVIDENCE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "core/evidence.h"

/* What gmr puts between a name and the time. */
#define EVIDENCE_MIDDLE "_gurumeditation_"

/* What a child does, and where goes what it says. */
struct evidence_job {
	int (*child)(void *context);    /* in the child: returns its exit status, or is another program by then */
	void (*output)(void *context, const char *data, size_t len); /* what it wrote to its stdout, or NULL */
	void *context;
	int kept;                       /* a descriptor above 2 that it keeps at its number; 0: none */
	bool shown;                     /* its stdout is our stderr: OUTPUT is not called */
	/* In the parent, or NULL: the child PID has been forked. Returns by UNTIL_MS. */
	void (*begun)(void *context, pid_t pid, int64_t until_ms);
	char *why;                      /* EVIDENCE_WHY_SIZE: the first line that it wrote to its stderr, or "" */
};

/* Fork a child that has nothing of ours but the environment and the working directory, little address space, and dies
 * with us and before anybody else; wait for its end until UNTIL_MS (clock_ms()), then kill it and its process
 * group. 0: it ended with status 0; -ETIMEDOUT; -ECHILD: it failed (JOB->why, never empty then); -errno of fork(2),
 * pipe(2). Where SIGCHLD is ignored nobody knows how a child ended: 0. Allocates nothing. */
int evidence_run(const struct evidence_job *job, int64_t until_ms);

/* What a gmr that reports ourselves reads of us (core/statement.h): from FD, above 2, the reading end of a pipe. */
struct evidence_statement {
	int fd;
	void (*begun)(void *context, pid_t pid, int64_t until_ms); /* as above: FD may be closed, the rest be written */
	void *context;
};

/* As evidence_take(), by ARGV, in which what E says of directory and time stands already. STATEMENT may be NULL, and
 * E->directory, too: the report goes to our stderr then, and RET_PATH is "". */
int evidence_make(const struct evidence *e, const char *const *argv, const struct evidence_statement *statement,
		  char ret_path[PATH_MAX], char ret_why[EVIDENCE_WHY_SIZE]);

/* Of DEADLINE_MS: when gmr is to come to an end by itself; the words of its option. */
enum { EVIDENCE_OWN_SIZE = 32 };
const char *evidence_own(int64_t deadline_ms, char ret[EVIDENCE_OWN_SIZE]);

/* Ask BINARY, ours, whether gmr is built in: 0, -ENOTSUP, -ENOEXEC, -errno of fork(2). Blocks until UNTIL_MS at most:
 * -ETIMEDOUT. */
int evidence_ask(const char *binary, int64_t until_ms);

/* As evidence_prune(), but files that were written since SINCE (CLOCK_REALTIME_COARSE, the clock of files; may be NULL)
 * stay: a tree may have more of a name than KEEP. */
int evidence_prune_but(const struct evidence *e, const char *name, const struct timespec *since);

#endif
