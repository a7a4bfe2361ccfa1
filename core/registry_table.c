/* registry_table.c: see registry_private.h: a table.
 *
 * The program goes on meanwhile. So slots are read in batches, then the texts that they point to, then the slots again:
 * one that is the same and not being written has not changed in between. The others are tried again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/registry_private.h"

enum { TRIES = 3, ROOM_FIRST = 16 };

int registry_read_at(const struct registry_reader *r, uint64_t address, void *ret, size_t len)
{
	return r->memory->read(r->memory->context, address, ret, len);
}

int registry_charge(struct registry_reader *r, size_t bytes)
{
	if (bytes > r->left) {
		r->left = 0;
		return -ENOBUFS;
	}
	r->left -= bytes;
	return 0;
}

/* --- a batch --- */

static void drop_item(struct registry_reader *r, size_t i)
{
	if (r->kind->done)
		r->kind->done(&r->items[i]);
	memset(&r->items[i], 0, sizeof(r->items[i]));
}

static void drop_batch(struct registry_reader *r)
{
	for (size_t i = 0; i < r->count; i++) {
		drop_item(r, i);
		r->states[i] = REGISTRY_TORN;
	}
}

/* Slot I of what was read first: taken, empty, or neither for now. */
static int take_slot(struct registry_reader *r, size_t i)
{
	const char *slot = r->first + i * r->slot_size;
	struct registry_slot head;
	int result;

	memcpy(&head, slot, sizeof(head));
	if (head.sequence % 2)
		return 0;
	if (head.sequence == 0 || head.state != REGISTRY_USED) {
		r->states[i] = REGISTRY_EMPTY;
		return 0;
	}
	result = r->kind->take(r, slot, &r->items[i]);
	if (result == 0)
		r->states[i] = REGISTRY_TAKEN;
	else
		drop_item(r, i);
	if (result == -ENOBUFS) {
		r->states[i] = REGISTRY_EMPTY;
		r->copy->cut = true;
	}
	return result == -EBADMSG || result == -EFAULT || result == -ENOBUFS ? 0 : result;
}

/* Read the batch at ADDRESS, of which some slots may be known by now. Returns how many are still torn, or -errno. */
static int try_batch(struct registry_reader *r, uint64_t address)
{
	size_t len = r->count * r->slot_size;
	bool tried[REGISTRY_BATCH] = { 0 };
	int torn = 0, result = registry_read_at(r, address, r->first, len);

	for (size_t i = 0; result == 0 && i < r->count; i++) {
		tried[i] = r->states[i] == REGISTRY_TORN;
		if (tried[i])
			result = take_slot(r, i);
	}
	if (result == 0)
		result = registry_read_at(r, address, r->again, len);
	if (result < 0)
		return result;
	for (size_t i = 0; i < r->count; i++) {
		size_t at = i * r->slot_size;

		if (tried[i] && memcmp(r->first + at, r->again + at, r->slot_size) != 0) {
			drop_item(r, i);
			r->states[i] = REGISTRY_TORN;
		}
		torn += r->states[i] == REGISTRY_TORN;
	}
	return torn;
}

/* Read COUNT slots at ADDRESS, which need not be there. On failure, too, the batch may hold items. */
static int read_batch(struct registry_reader *r, uint64_t address, size_t count)
{
	int torn = (int)count;

	r->count = count;
	memset(r->items, 0, sizeof(r->items));
	memset(r->states, 0, sizeof(r->states));
	for (int i = 0; i < TRIES && torn > 0 && address; i++)
		torn = try_batch(r, address);
	if (torn == -EFAULT) {
		drop_batch(r);
		torn = (int)count;
	}
	if (torn > 0)
		r->copy->torn += (size_t)torn;
	return torn < 0 ? torn : 0;
}

/* --- a table --- */

/* The items that are had of one. */
struct items {
	void *at;
	size_t count, room;
};

/* Room for one more. */
static int grow(struct registry_reader *r, struct items *items)
{
	size_t wanted = items->room ? 2 * items->room : ROOM_FIRST, size = r->kind->item_size;
	void *more;
	int result;

	if (items->count < items->room)
		return 0;
	result = registry_charge(r, (wanted - items->room) * size);
	if (result < 0)
		return result;
	more = reallocarray(items->at, wanted, size);
	if (!more)
		return -ENOMEM;
	items->at = more;
	items->room = wanted;
	return 0;
}

/* Move what was taken from the batch to ITEMS. */
static int keep_batch(struct registry_reader *r, struct items *items)
{
	size_t size = r->kind->item_size;

	for (size_t i = 0; i < r->count; i++) {
		int result;

		if (r->states[i] != REGISTRY_TAKEN)
			continue;
		result = grow(r, items);
		if (result < 0)
			return result;
		memcpy((char *)items->at + items->count++ * size, &r->items[i], size);
		memset(&r->items[i], 0, sizeof(r->items[i]));
	}
	return 0;
}

/* Where slot INDEX of TABLE is (0: nowhere), and how many slots are from it to the end of its chunk. -ENOBUFS: behind
 * the last chunk. */
static int find_slot(const struct registry_table *table, size_t index, uint64_t *ret_address, size_t *ret_slots)
{
	uint64_t slots = table->first;

	for (size_t i = 0; i < REGISTRY_CHUNKS; i++, slots *= 2) {
		if (index < slots) {
			uint64_t chunk = table->chunks[i], size = slots * table->slot_size;

			*ret_address = chunk && chunk <= UINT64_MAX - size ? chunk + index * table->slot_size : 0;
			*ret_slots = (size_t)slots - index;
			return 0;
		}
		index -= slots;
	}
	return -ENOBUFS;
}

static int read_items(struct registry_reader *r, const struct registry_table *table, size_t used, struct items *items)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < used; i += r->count) {
		size_t count = used - i < REGISTRY_BATCH ? used - i : REGISTRY_BATCH, slots;
		uint64_t address;

		result = find_slot(table, i, &address, &slots);
		if (result < 0)
			break;
		result = read_batch(r, address, count < slots ? count : slots);
		if (result == 0)
			result = keep_batch(r, items);
		drop_batch(r);
	}
	return result;
}

int registry_read_table(struct registry_reader *r, const struct registry_kind *kind, const struct registry_table *table,
			void **ret, size_t *ret_count)
{
	size_t used = table->used < kind->max ? table->used : kind->max;
	struct items items = { 0 };
	int result;

	if (table->used > kind->max)
		r->copy->cut = true;
	if (used > 0 && (table->slot_size < kind->slot_size || table->slot_size > REGISTRY_SLOT_MAX ||
			 table->first == 0 || table->first > kind->max)) {
		r->copy->torn += used;
		return 0;
	}
	r->kind = kind;
	r->slot_size = table->slot_size;
	result = read_items(r, table, used, &items);
	*ret = items.at;
	*ret_count = items.count;
	if (result == -ENOBUFS)
		r->copy->cut = true;
	return result == -ENOBUFS ? 0 : result;
}
