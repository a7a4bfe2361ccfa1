/* evidence.h: a Guru Meditation Report of what is about to be killed, so that it is known what it was doing.
 *
 * The report is made by a child: this binary as `gmr`, with a deadline, at most 256 MiB of address space, and the
 * first to go when memory runs out (oom_score_adj 1000). It is a file of its own in a directory (`gmr -L`). Whoever
 * kills waits for it, but never beyond the deadline, and whatever fails only costs the report. */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct evidence {
	const char *directory; /* --report; NULL: no reports are made */
	int64_t deadline_ms;   /* --report-deadline */
	int keep;              /* --report-keep: so many of a name stay, the oldest go first */
	char binary[PATH_MAX]; /* this program's file, found at the start; "" where it is not to be had */
};

enum { EVIDENCE_DEADLINE_MS = 2000, EVIDENCE_KEEP = 10, EVIDENCE_WHY_SIZE = 256 };

/* Make ready: find our binary (ARGV0 as in self_exe()), look whether DIRECTORY is one that we may write to and, as root,
 * that nobody else could have put there. -ENOENT, -ENOTDIR, -EACCES, -EPERM...: E takes no reports until it is opened
 * anew. DIRECTORY may be NULL. Allocates nothing. */
int evidence_open(struct evidence *e, const char *argv0, const char *directory, int64_t deadline_ms, int keep);

/* Report PID, a process that cannot be another by now (a child that is not reaped, or one that a pidref holds), with all
 * of its tree where CHILDREN. Blocks until the report is there, at most deadline_ms; then the child that makes it is
 * killed. Allocates nothing. RET_PATH: the file; RET_WHY: why there is none, or what is missing, for a person. 0;
 * -ETIMEDOUT; -ENOENT: no directory was given, or gmr is not built in; -ECHILD: it failed (RET_WHY has its words);
 * -errno of fork(2). */
int evidence_take(const struct evidence *e, pid_t pid, bool children, char ret_path[PATH_MAX],
		  char ret_why[EVIDENCE_WHY_SIZE]);

/* evidence_prune.c: remove the oldest reports of NAME that are ours in the directory, so that KEEP stay. What is no
 * regular file, another user's, or named otherwise stays. -errno of reading the directory. */
int evidence_prune(const struct evidence *e, const char *name);

#endif
