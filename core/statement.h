/* statement.h: what a process states about itself, sent to the gmr that reports it (`gmr --inside FD PID`) through a
 * pipe: sections of its own. Written by the C library's helper (core/inside) and by our guards, read by applets/gmr.
 *
 * A sequence of records, numbers in the machine's byte order, no padding; the first is the magic, the last is the end:
 *
 *   kind u32  length u32  LENGTH bytes
 *   MAGIC     8           "GMRstat1"
 *   SECTION   n           its title; what follows up to the next one is its
 *   TEXT      n           a text; several of one section are one text
 *   KEY       n           "key\0value", neither with a NUL at the end; a section has text or keys, else it is broken
 *   CUT       0           the section had more
 *   LATE      4           the generator did not answer; the id of the thread that is in it (u32)
 *   UNASKED   0           it was not called: those before it have kept all helpers
 *   NOTE      n           a line for "notes": why something is missing
 *   END       0
 *
 * All of it is hostile to the reader. */
#ifndef CORE_STATEMENT_H
#define CORE_STATEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STATEMENT_MAGIC "GMRstat1"

enum statement_kind {
	STATEMENT_MAGIC_KIND = 1, STATEMENT_SECTION, STATEMENT_TEXT, STATEMENT_KEY, STATEMENT_CUT, STATEMENT_LATE,
	STATEMENT_UNASKED, STATEMENT_NOTE, STATEMENT_END
};

enum {
	STATEMENT_SECTIONS_MAX = 64,
	STATEMENT_TITLE_MAX = 63,        /* bytes */
	STATEMENT_SECTION_MAX = 64 << 10, /* bytes of all records of a section */
	STATEMENT_TOTAL_MAX = 8 << 20,
};

struct statement_record {
	uint32_t kind, length;
};

/* Write one record to FD, a pipe that may be non-blocking: waits for room until DEADLINE_NS (CLOCK_MONOTONIC).
 * 0; -ETIMEDOUT; -EPIPE: the reader has ended (the caller blocks or ignores SIGPIPE); -errno. Allocates nothing; only
 * write(2) and poll(2): may be called with any lock held. */
int statement_write(int fd, enum statement_kind kind, const void *bytes, size_t length, int64_t deadline_ns);

/* What was read, as values: { "title": text or map } in "sections"... */
struct value;
struct value_tree;

/* Read a statement from FD until END, its end, or DEADLINE_NS. Adds to SECTIONS (a map) by title: a text, or a map of
 * keys, or the words "did not answer" / "not asked"; to NOTES (a list) its notes, and what was wrong with it. Returns
 * 0; -ETIMEDOUT; -EBADMSG: it is broken (what came before stays); -EPIPE: it ended without END. RET_LATE: ids of
 * threads whose generators are late, up to LATE_MAX, with their titles; RET_LATE_COUNT. */
struct statement_late {
	pid_t tid;
	char title[STATEMENT_TITLE_MAX + 1];
};
int statement_read(int fd, int64_t deadline_ns, struct value_tree *tree, struct value *sections, struct value *notes,
		   struct statement_late *ret_late, size_t late_max, size_t *ret_late_count);

#endif
