/* sections.h: the sections of a report, one file or more for each. core/report.h says what they hold.
 *
 * Each adds its own section to the root of the report's tree, and what it was not allowed to read to DENIED
 * ("report"."denied"), what a person should know besides to NOTES ("report"."notes"). None of them fails: what cannot
 * be had is missing and said. */
#ifndef GMR_SECTIONS_H
#define GMR_SECTIONS_H

#include "applets/gmr/decode.h"
#include "applets/gmr/target.h"
#include "core/value.h"

struct gmr_report {
	struct value_tree tree;
	struct value *denied, *notes, *deadlocks; /* lists in "report" */
	bool incomplete;                          /* set where something is missing that no entry of denied says */
};

struct registered; /* applets/gmr/registered.h */

struct sections_options {
	bool environ;  /* the environment, too */
	bool fold;     /* threads with equal stacks as one */
};

/* processes.c: the tree of TARGET and all below it. */
void section_processes(struct gmr_report *report, const struct target *target);

/* configuration*.c; the options of REGISTERED behind the kernel's facts. */
void section_configuration(struct gmr_report *report, const struct target *target,
			   const struct registered *registered, const struct sections_options *options);

/* package*.c: PACKAGE is what the decoder found (package_find()), or NULL. What is REGISTERED comes before it. */
void section_package(struct gmr_report *report, const struct target *target, const struct registered *registered,
		     const struct value *package);

/* threads*.c: CAPTURE is what was read, or NULL (then said why by the caller), DECODED the decoder's stacks, or NULL.
 * Says what is in DECODED->why, and reads the mutexes that threads wait for. */
struct capture;
void section_threads(struct gmr_report *report, const struct target *target, const struct capture *capture,
		     const struct decoded *decoded, const struct sections_options *options);

/* stack.c: KEY ("stack_trace") of ENTRY: STACK; NULL: an empty one, whose end says what is MISSING. */
void section_stack(struct gmr_report *report, struct value *entry, const char *key, const struct value *stack,
		   const char *missing);

/* masked.c: KEY of IN: the LEN bytes of TEXT, which a process gave a thread as its name, say; they may be anything, and
 * secrets in them are masked. None, or NULL: null. */
void section_masked(struct value_tree *tree, struct value *in, const char *key, const char *text, size_t len);

/* notes.c: "report"."notes": a line for SECTION. */
void section_note(struct gmr_report *report, const char *section, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
