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
	STATEMENT_TITLE_MAX = 63,         /* bytes */
	STATEMENT_SECTION_MAX = 64 << 10, /* bytes of all records of a section, without their heads, and of any one */
	STATEMENT_KEYS_MAX = 4096,        /* of a section */
	STATEMENT_NOTES_MAX = 64,
	STATEMENT_TOTAL_MAX = 8 << 20,
};

#define STATEMENT_NO_ANSWER "did not answer"
#define STATEMENT_NOT_ASKED "not asked"

struct statement_record {
	uint32_t kind, length;
};

/* Write one record to FD, a pipe that may be non-blocking or not, of which we are the only writer: waits for room until
 * DEADLINE_NS (CLOCK_MONOTONIC). 0; -ETIMEDOUT: part of it may have been written; -EPIPE: the reader has ended (the
 * caller blocks or ignores SIGPIPE); -EMSGSIZE; -errno. Allocates nothing; only write(2), poll(2) and clock_gettime(2):
 * may be called with any lock held. */
int statement_write(int fd, enum statement_kind kind, const void *bytes, size_t length, int64_t deadline_ns);

struct value;
struct value_tree;

/* Read a statement from FD until END, its end, or DEADLINE_NS. Adds to SECTIONS, a map of TREE, by title: a text
 * (value_add_text()), a map of keys, or the words for one that is late or was not asked; "..." ends what was cut. Of
 * sections with one title, and of keys in a section, the first stays. Adds to NOTES, a list, its notes, and what was
 * wrong with it. What came before something that is wrong stays. 0; -ETIMEDOUT; -EBADMSG: it is broken; -EPIPE: it
 * ended without END; -ENOMEM; -errno of reading. RET_LATE: ids of threads whose generators are late, up to LATE_MAX,
 * with the titles as they came, not escaped; RET_LATE_COUNT. These are set on failure, too. May read more than the
 * statement. */
struct statement_late {
	pid_t tid;
	char title[STATEMENT_TITLE_MAX + 1];
};
int statement_read(int fd, int64_t deadline_ns, struct value_tree *tree, struct value *sections, struct value *notes,
		   struct statement_late *ret_late, size_t late_max, size_t *ret_late_count);

#endif
