/* table.h: how the tables of the registry are written, while any thread, a signal handler in the middle of a change,
 * and gmr from outside look on. All of it takes no lock, never waits, keeps errno and is async-signal-safe.
 *
 * A slot has one writer: the one who has made its sequence number odd (inside_take(), inside_begin()). Who comes then
 * does not wait. What he registers counts as if he had come just before: at the same moment either order is right.
 *
 * fork(2) in the middle of other threads' changes leaves slots odd in the child, where those threads do not go on. And
 * it copies page by page while they do: of two pages the child may have one as it was later than the other, so an order
 * of stores is kept within a page only. Hence:
 *
 * - A slot lies in one page, with all that must not be taken apart: its size is a power of two.
 * - A handler, pthread_atfork(3), set by a constructor, mends the tables in the child before fork() returns there. A
 *   slot that was to be used first, or no longer, is free; a section that was being replaced has its old or its new
 *   generator; an option whose text does not have the sum that its slot says is free. Which slots are taken is counted
 *   anew. Memory of which it cannot be known who has it is given up.
 *
 * So a child lacks at most an option that another thread replaced during the fork(2), and can register it again. A
 * child that is made by clone(2) alone runs no handlers: what was being changed stays unseen there, and nothing waits
 * for it. */
#ifndef INSIDE_TABLE_H
#define INSIDE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/registry.h"

enum {
	INSIDE_WORD = 8 * sizeof(unsigned long),
	INSIDE_SECTION_SIZE = 128, /* of slots, with what is the library's own behind what outside knows */
	INSIDE_OPTION_SIZE = 32,
	INSIDE_GREEN_SIZE = 128,
};

/* A table, and what outside does not see of it. */
struct inside_table {
	struct registry_table *shown;
	size_t max;              /* slots: a multiple of INSIDE_WORD */
	unsigned long *taken;    /* a bit for each: it is used, or somebody is at it */
	uint32_t hint;           /* the word of TAKEN where to look first */
	/* In a child of fork(2): can the slot, which is used, stay so? NULL: if no change of it was broken off. */
	bool (*mend)(struct registry_slot *slot);
};

/* section.c, option.c, green.c */
extern struct inside_table inside_section_table, inside_option_table, inside_green_table;

/* option.c: in a child of fork(2): give up memory of which it is not known who has it. */
void inside_option_forget(void);

/* ---- table.c: chunks come by mmap(2); they are never moved and never freed ---- */

/* Take a free slot, the first there is, and begin to change it. 0, RET_INDEX from 0; -ENOSPC; -ENOMEM. */
int inside_take(struct inside_table *table, struct registry_slot **ret, size_t *ret_index);

/* Slot INDEX, or NULL: its chunk was never needed. */
struct registry_slot *inside_slot(const struct inside_table *table, size_t index);

/* Begin to change a slot whose number is SEQUENCE. False: it is another one (by now), or odd. */
bool inside_begin(struct registry_slot *slot, uint32_t sequence);

/* End the change: the slot is used; or it is free, and another's from now on. */
void inside_end(struct registry_slot *slot);
void inside_give(struct inside_table *table, struct registry_slot *slot, size_t index);

/* ---- keyed.c: tables whose slots have names ---- */

struct inside_keyed {
	struct inside_table *table;
	/* Is SLOT, of which somebody else may be the writer, of THING's name? Reads by inside_same() and the like. */
	bool (*is)(const struct registry_slot *slot, const void *thing);
	/* Write THING to SLOT, its own, which is of that name or was free. On failure all is as before: -ENOMEM. */
	int (*fill)(struct registry_slot *slot, size_t index, const void *thing);
	/* Forget what is in SLOT. NULL: nothing is. */
	void (*clear)(struct registry_slot *slot, size_t index);
};

struct inside_found {
	struct registry_slot *slot;
	size_t index;
	uint32_t sequence;
};

/* The first used slot of THING's name, at or behind RET->index. */
bool inside_find(const struct inside_keyed *keyed, const void *thing, struct inside_found *ret);

/* Register THING, or replace what has its name. 0; -ENOSPC; -ENOMEM: what was there before stays. */
int inside_put(const struct inside_keyed *keyed, const void *thing);

/* Remove what has THING's name, if anything has. */
void inside_remove(const struct inside_keyed *keyed, const void *thing);

/* ---- text.c ---- */

/* How much of TEXT is kept where there is room for MAX bytes: whole characters. */
size_t inside_cut(const char *text, size_t max);

/* Copy what another thread may read or write just then. It gets a mixture at worst, which its slot's sequence number
 * betrays: all stores come behind the begin of the change, all loads before the next one of the number. FROM NULL:
 * zeros. */
void inside_store(void *to, const void *from, size_t len);
void inside_load(void *to, const void *from, size_t len);
bool inside_same(const void *stored, const void *bytes, size_t len);

#endif
