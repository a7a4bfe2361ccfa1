/* stated.h: what a process states of itself for its own report (core/statement.h): the sections of its own. */
#ifndef GMR_STATED_H
#define GMR_STATED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/gmr/sections.h"
#include "core/statement.h"

struct stated {
	struct value_tree tree;
	struct value *sections, *notes; /* as statement_read() leaves them */
	struct statement_late late[STATEMENT_SECTIONS_MAX];
	size_t late_count;
	int error;                      /* of statement_read(), which NOTES explain */
};

/* Read it from FD until its end or DEADLINE_NS (CLOCK_MONOTONIC). Never fails: what has come is there. Release with
 * stated_done(), which takes NULL. */
void stated_read(int fd, int64_t deadline_ns, struct stated *ret);
void stated_done(struct stated *stated);

/* Is the thread TID in a generator that has not answered? */
bool stated_is_late(const struct stated *stated, pid_t tid);

/* Add its sections to the root of REPORT, behind those that are there, and its notes. One that is called as a section
 * of gmr's own is left out, and said. CAPTURE and DECODED (both may be NULL) give the stacks of generators that are
 * late. */
void stated_add(struct gmr_report *report, const struct stated *stated, const struct capture *capture,
		const struct decoded *decoded);

#endif
