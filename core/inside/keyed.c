/* keyed.c: see table.h: tables whose slots have names, of which each is there once.
 *
 * Two threads that register the same new name at once take a slot each. Each looks behind its change, and so at least
 * one of them sees both; the first slot stays, the others go. */
#include <errno.h>

#include "core/inside/table.h"

/* Is SLOT one of THING's name, and with which number? */
static bool is_one(const struct inside_keyed *keyed, const struct registry_slot *slot, const void *thing,
		   uint32_t *ret_sequence)
{
	uint32_t sequence = __atomic_load_n(&slot->sequence, __ATOMIC_SEQ_CST), before;
	bool is;

	do {
		before = sequence;
		is = before && __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST) == REGISTRY_USED &&
		     keyed->is(slot, thing);
		sequence = __atomic_load_n(&slot->sequence, __ATOMIC_SEQ_CST);
	} while (sequence != before);
	*ret_sequence = sequence;
	return is;
}

bool inside_find(const struct inside_keyed *keyed, const void *thing, struct inside_found *ret)
{
	size_t used = __atomic_load_n(&keyed->table->shown->used, __ATOMIC_SEQ_CST);
	struct inside_found found;

	for (found.index = ret->index; found.index < used; found.index++) {
		found.slot = inside_slot(keyed->table, found.index);
		if (found.slot && is_one(keyed, found.slot, thing, &found.sequence)) {
			*ret = found;
			return true;
		}
	}
	return false;
}

static bool drop(const struct inside_keyed *keyed, const struct inside_found *found)
{
	if (!inside_begin(found->slot, found->sequence))
		return false;
	if (keyed->clear)
		keyed->clear(found->slot, found->index);
	inside_give(keyed->table, found->slot, found->index);
	return true;
}

/* Drop all of THING's name but the first. Who is just at one of them does the same behind his change. */
static void drop_others(const struct inside_keyed *keyed, const void *thing)
{
	struct inside_found found = { 0 };

	if (!inside_find(keyed, thing, &found))
		return;
	for (found.index++; inside_find(keyed, thing, &found); found.index++)
		drop(keyed, &found);
}

static int add(const struct inside_keyed *keyed, const void *thing)
{
	struct registry_slot *slot;
	size_t index;
	int r = inside_take(keyed->table, &slot, &index);

	if (r < 0)
		return r;
	r = keyed->fill(slot, index, thing);
	if (r == 0)
		inside_end(slot);
	else
		inside_give(keyed->table, slot, index);
	return r;
}

/* -EAGAIN: it has changed since it was found. Somebody who was at it already when it was found is taken for the later
 * one. */
static int replace(const struct inside_keyed *keyed, const struct inside_found *found, const void *thing)
{
	int r;

	if (!inside_begin(found->slot, found->sequence))
		return found->sequence % 2 ? 0 : -EAGAIN;
	r = keyed->fill(found->slot, found->index, thing);
	inside_end(found->slot);
	return r;
}

int inside_put(const struct inside_keyed *keyed, const void *thing)
{
	int r;

	do {
		struct inside_found found = { 0 };

		if (inside_find(keyed, thing, &found))
			r = replace(keyed, &found, thing);
		else
			r = add(keyed, thing);
	} while (r == -EAGAIN);
	if (r == 0)
		drop_others(keyed, thing);
	return r;
}

void inside_remove(const struct inside_keyed *keyed, const void *thing)
{
	struct inside_found found = { 0 };

	while (inside_find(keyed, thing, &found))
		if (drop(keyed, &found) || found.sequence % 2)
			found.index++;
}
