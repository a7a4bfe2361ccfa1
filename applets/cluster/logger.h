/* logger.h: a process that writes what members print, each line with its member's name.
 *
 *	2026-11-21T17:04:05Z worker: ready
 *	2026-11-21T17:04:09Z cluster: mailer (pid 4730) ended: SIGKILL
 *
 * It is not the daemon: one that is killed takes nobody's standard output with it. It ends by itself when nobody is
 * left who could print anything. The daemon has a copy of every reading end, so one that was killed is replaced, and
 * only what it had just read is lost. Control characters are escaped, except tab. */
#ifndef CLUSTER_LOGGER_H
#define CLUSTER_LOGGER_H

#include <stddef.h>
#include <sys/types.h>

#include "applets/cluster/roster.h"

struct logger_source { char name[ROSTER_NAME_SIZE]; int fd; };

struct logger {
	struct tree_node process; /* pid 0: none runs */
	int control;               /* its socket; -1 */
	int out;                   /* standard output as it was at the start, where lines go there; -1 */
	const char *path;          /* of the log; NULL: lines go to standard output, without a time */
	struct logger_source *sources;
	size_t count, size;
};

#define LOGGER_NONE ((struct logger){ .control = -1, .out = -1 })

/* Start one that appends to PATH (absolute, and outlives it), made with mode 0644 where missing, or (NULL) prints to
 * our standard output. It is a child of ours, in a session of its own, which closes everything but what it needs.
 * -errno of opening PATH: -ELOOP: a link; -EPERM: another user's file; -EISDIR... To be released with logger_done()
 * also when it failed. */
int logger_start(struct logger *l, const struct procfs *proc, const char *path);

/* A new source: the descriptor to write to, close-on-exec and the caller's; or -errno: -EMFILE, -ENOMEM; -EAGAIN: the
 * logger has taken nothing for 10 s, as nobody reads our standard output. A logger that has been killed is no error:
 * the next one gets it. */
int logger_add(struct logger *l, const char *name);

/* A pipe's reading end that the caller has read so far: the logger takes over. FD is the logger's, also on failure. */
int logger_take(struct logger *l, const char *name, int fd);

/* The daemon has reaped it, or is told that it is gone: start another one with the same sources. It opens the log
 * anew, and where it cannot, tries again with each line. -errno: none runs; what members print waits in their pipes. */
int logger_restart(struct logger *l, const struct procfs *proc);

/* No process of a source is left: what has been read to its end is forgotten here, too. Called now and then. */
void logger_sweep(struct logger *l);

/* No more is added, and our reading ends are closed; the logger ends when all writing ends are. Does not wait. */
void logger_close(struct logger *l);

void logger_done(struct logger *l); /* takes NULL, and LOGGER_NONE */

#endif
