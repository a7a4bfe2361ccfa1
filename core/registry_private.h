/* registry_private.h: what the files of reading a registry share.
 *
 * registry_read.c   the head, and what becomes of the slots of each table
 * registry_table.c  a table: its chunks, in batches that did not change while they were read */
#ifndef CORE_REGISTRY_PRIVATE_H
#define CORE_REGISTRY_PRIVATE_H

#include "core/registry.h"

enum {
	REGISTRY_BATCH = 64, /* slots that are read together */
	REGISTRY_OPTION_TEXT = 2 * REGISTRY_TEXT_MAX + REGISTRY_VALUE_MAX,
};

union registry_item {
	struct registry_section section;
	struct registry_copied_option option;
	struct registry_green green;
};

struct registry_reader {
	const struct registry_memory *memory;
	struct registry_copy *copy;
	size_t left;                                  /* bytes that may still be had */
	const struct registry_kind *kind;             /* of the table that is being read, */
	size_t slot_size;                             /* and the bytes of its slots */
	size_t count;                                 /* slots in the batch, below: */
	char first[REGISTRY_BATCH * REGISTRY_SLOT_MAX], again[REGISTRY_BATCH * REGISTRY_SLOT_MAX];
	char text[REGISTRY_OPTION_TEXT];
	union registry_item items[REGISTRY_BATCH];
	enum registry_taken { REGISTRY_TORN, REGISTRY_EMPTY, REGISTRY_TAKEN } states[REGISTRY_BATCH];
};

/* How slots of one table become items of the copy. */
struct registry_kind {
	size_t slot_size, item_size, max;
	/* Fill ITEM, which is zero, from SLOT. -EBADMSG, -EFAULT: this does not do, perhaps later; -ENOBUFS: no more
	 * may be had; any other error ends it all. What is in ITEM then is given to DONE (NULL: there is nothing). */
	int (*take)(struct registry_reader *r, const void *slot, union registry_item *item);
	void (*done)(union registry_item *item);
};

int registry_read_at(const struct registry_reader *r, uint64_t address, void *ret, size_t len);

/* Count BYTES that are about to be had. -ENOBUFS: these and all later ones are too many. */
int registry_charge(struct registry_reader *r, size_t bytes);

/* Read TABLE to RET, an array of RET_COUNT, which is the caller's on failure, too. What is torn or too much stands in
 * the copy. */
int registry_read_table(struct registry_reader *r, const struct registry_kind *kind, const struct registry_table *table,
			void **ret, size_t *ret_count);

#endif
