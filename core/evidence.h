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
	const char *directory; /* --report; NULL: no reports are made. The caller's; absolute where it calls chdir(2) */
	int64_t deadline_ms;   /* --report-deadline */
	int keep;              /* --report-keep: so many of a name stay, the oldest go first; 0: all stay */
	char binary[PATH_MAX]; /* this program's file, found at the start; "" where it is not to be had */
};

enum { EVIDENCE_DEADLINE_MS = 2000, EVIDENCE_KEEP = 10, EVIDENCE_WHY_SIZE = 256 };

/* Make ready: find our binary (ARGV0 as in self_exe()) and ask it whether gmr is built in; then look whether DIRECTORY
 * is one that we may write to and, as root, that nobody else could have put there. It may be NULL: nothing is done.
 * -ENOTSUP: gmr is not built in; -ENOEXEC: our binary is not to be had; -ENAMETOOLONG: of DIRECTORY; -errno of fork(2):
 * no reports are taken until it is opened anew. -ENOENT, -ENOTDIR, -EACCES, -EPERM, -EROFS, -ETIMEDOUT...: of
 * DIRECTORY, which may pass: E is ready all the same (E->directory is set), and gmr will look again. Allocates nothing;
 * blocks for some milliseconds, 15 seconds at most: 5 where only the disk of DIRECTORY hangs. Nobody else may reap our
 * children meanwhile, nor while evidence_take() runs. */
int evidence_open(struct evidence *e, const char *argv0, const char *directory, int64_t deadline_ms, int keep);

/* What an error of evidence_open() means, and what may be done: "Permission denied", "gmr is not built in (...)". */
const char *evidence_open_error(int error);

/* Report PID, a process that cannot be another by now (a child that is not reaped, or one that a pidref holds), with
 * all of its tree where CHILDREN, and remove the oldest reports of those names (evidence_prune()). Blocks until that is
 * done, at most deadline_ms; then the child that does it is killed. Allocates nothing. RET_PATH: the file, PID's own
 * before those of its tree; "" where there is none. RET_WHY: why there is none, or what is missing, for a person; ""
 * where all is well. Both are written in any case. 0: there is a report; -ETIMEDOUT; -ENOENT: no directory was given,
 * or E is not ready; -ECHILD: it failed (RET_WHY has its words); -ENOMEM: our cgroup has too little left for a gmr
 * (core/headroom.h); -errno of fork(2), pipe(2). A child that not even SIGKILL ends at once (a disk that hangs) is left
 * to whoever reaps children later. */
int evidence_take(const struct evidence *e, pid_t pid, bool children, char ret_path[PATH_MAX],
		  char ret_why[EVIDENCE_WHY_SIZE]);

/* evidence_prune.c: remove the oldest reports of NAME, as it stands in the names of files, that are ours in the
 * directory, so that KEEP stay; and what a gmr that was killed left there an hour ago or before. What is no regular
 * file, another user's, or named otherwise stays. evidence_take() does it in a child. 0; -ENOENT: no directory was
 * given, or it is not there; -errno of opening and reading it. */
int evidence_prune(const struct evidence *e, const char *name);

#endif
