/* linelog.h: lines of several sources in a log.
 *
 *	2026-11-21T17:04:05Z worker: ready
 *	worker: ready                            without a time
 *
 * Control characters but tab, and what is not UTF-8, are escaped. Lines are gathered until they are flushed, or fill
 * the memory that was taken at the start. Lines that cannot be written are counted, and a line says so once it goes
 * again:
 *
 *	2026-11-21T17:09:00Z cluster: 12 lines lost: No space left on device */
#ifndef CLUSTER_LINELOG_H
#define CLUSTER_LINELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "applets/cluster/logfile.h"
#include "core/buf.h"

enum { LINELOG_TEXT_MAX = 8 << 10 }; /* bytes of a line, before they are escaped */

struct linelog {
	struct logfile file;
	bool stamped;        /* lines have a time */
	struct buf batch;
	size_t lines;        /* in it, but the note */
	bool noted;          /* it begins with what was lost */
	uint64_t lost;
	int error;           /* why */
	time_t second;       /* of stamp */
	char stamp[32];
};

/* Write to PATH, which may not be there yet and must outlive it, or (NULL) to FD, without times. -ENOMEM. */
int linelog_open(const char *path, int fd, struct linelog *ret);

/* Add a line of the source NAME, without its newline, at most LINELOG_TEXT_MAX of it. May write; never fails. */
void linelog_add(struct linelog *log, const char *name, const char *text, size_t len);

/* Write what was added; also, where lines were lost, that they were. */
void linelog_flush(struct linelog *log);

/* Append LEN bytes of TEXT to OUT, escaped as in a log; what does not fit is left out. Returns how many of them were
 * taken. */
size_t linelog_escape(struct buf *out, const char *text, size_t len);

void linelog_done(struct linelog *log); /* flushes; takes NULL */

#endif
