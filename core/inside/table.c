/* table.c: see table.h: slots in chunks. Which are free stands in bits, so that the table's being nearly full costs the
 * next one no long search. */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "core/inside/table.h"

/* --- chunks --- */

/* The chunk of slot *INDEX, which becomes its place in there. */
static size_t chunk_of(const struct registry_table *shown, size_t *index)
{
	size_t chunk = 0;

	for (size_t slots = shown->first; *index >= slots; slots *= 2, chunk++)
		*index -= slots;
	return chunk;
}

static struct registry_slot *slot_in(const struct registry_table *shown, uint64_t chunk, size_t place)
{
	return chunk ? (struct registry_slot *)((uintptr_t)chunk + place * shown->slot_size) : NULL;
}

struct registry_slot *inside_slot(const struct inside_table *table, size_t index)
{
	size_t chunk = chunk_of(table->shown, &index);

	return slot_in(table->shown, __atomic_load_n(&table->shown->chunks[chunk], __ATOMIC_ACQUIRE), index);
}

/* Two may be here at once: one of them takes his chunk back. */
static uint64_t map_chunk(struct registry_table *shown, size_t chunk)
{
	size_t size = ((size_t)shown->first << chunk) * shown->slot_size;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t there = 0, ours = (uintptr_t)memory;

	if (memory == MAP_FAILED)
		return 0;
	if (__atomic_compare_exchange_n(&shown->chunks[chunk], &there, ours, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return ours;
	munmap(memory, size);
	return there;
}

/* Slot INDEX, and its chunk if need be. NULL: no memory. */
static struct registry_slot *make_slot(struct registry_table *shown, size_t index)
{
	size_t place = index, chunk = chunk_of(shown, &place);
	uint64_t at = __atomic_load_n(&shown->chunks[chunk], __ATOMIC_ACQUIRE);
	int saved = errno;

	if (!at) {
		at = map_chunk(shown, chunk);
		errno = saved;
	}
	return slot_in(shown, at, place);
}

/* --- which are free --- */

/* Take a bit of WORD. */
static bool take_of(unsigned long *word, size_t *ret_bit)
{
	unsigned long bits = __atomic_load_n(word, __ATOMIC_RELAXED);

	while (~bits) {
		unsigned long free = ~bits & (bits + 1);

		bits = __atomic_fetch_or(word, free, __ATOMIC_ACQUIRE);
		if (!(bits & free)) {
			*ret_bit = (size_t)__builtin_ctzl(free);
			return true;
		}
	}
	return false;
}

static bool take_bit(struct inside_table *table, size_t *ret_index)
{
	size_t words = table->max / INSIDE_WORD, first = __atomic_load_n(&table->hint, __ATOMIC_RELAXED), bit;

	for (size_t i = 0; i < words; i++) {
		size_t word = (first + i) % words;

		if (!take_of(&table->taken[word], &bit))
			continue;
		if (word != first)
			__atomic_store_n(&table->hint, (uint32_t)word, __ATOMIC_RELAXED);
		*ret_index = word * INSIDE_WORD + bit;
		return true;
	}
	return false;
}

static void give_bit(struct inside_table *table, size_t index)
{
	size_t word = index / INSIDE_WORD;

	__atomic_fetch_and(&table->taken[word], ~(1UL << index % INSIDE_WORD), __ATOMIC_RELEASE);
	if (word < __atomic_load_n(&table->hint, __ATOMIC_RELAXED))
		__atomic_store_n(&table->hint, (uint32_t)word, __ATOMIC_RELAXED);
}

/* --- changes --- */

static void raise_used(struct registry_table *shown, uint32_t least)
{
	uint32_t used = __atomic_load_n(&shown->used, __ATOMIC_SEQ_CST);

	while (used < least &&
	       !__atomic_compare_exchange_n(&shown->used, &used, least, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

int inside_take(struct inside_table *table, struct registry_slot **ret, size_t *ret_index)
{
	struct registry_slot *slot;
	size_t index;

	if (!take_bit(table, &index))
		return -ENOSPC;
	slot = make_slot(table->shown, index);
	if (!slot) {
		give_bit(table, index);
		return -ENOMEM;
	}
	__atomic_fetch_or(&slot->sequence, 1, __ATOMIC_SEQ_CST); /* odd by now: in a child of clone(2) alone */
	raise_used(table->shown, (uint32_t)index + 1);
	*ret = slot;
	*ret_index = index;
	return 0;
}

bool inside_begin(struct registry_slot *slot, uint32_t sequence)
{
	return sequence % 2 == 0 && __atomic_compare_exchange_n(&slot->sequence, &sequence, sequence + 1, false,
								__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* The exchange keeps what its caller looks at next behind it, inside_put() needs that. 0 means never used: behind the
 * last number comes 2. */
static void end(struct registry_slot *slot, enum registry_state state)
{
	uint32_t next = __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(&slot->state, (uint32_t)state, __ATOMIC_RELEASE);
	__atomic_exchange_n(&slot->sequence, next ? next : 2, __ATOMIC_SEQ_CST);
}

void inside_end(struct registry_slot *slot)
{
	end(slot, REGISTRY_USED);
}

void inside_give(struct inside_table *table, struct registry_slot *slot, size_t index)
{
	end(slot, REGISTRY_FREE);
	give_bit(table, index);
}

/* --- the child of fork(2) --- */

/* End what was begun with SLOT. Is it used? */
static bool mend_slot(const struct inside_table *table, struct registry_slot *slot)
{
	bool broken = slot->sequence % 2, used = slot->sequence && slot->state == REGISTRY_USED;
	bool stays = used && (table->mend ? table->mend(slot) : !broken);

	if (broken || stays != used) {
		slot->sequence |= 1;
		end(slot, stays ? REGISTRY_USED : REGISTRY_FREE);
	}
	return stays;
}

/* A bit may have been taken for a slot that was not begun yet, so all are made anew; those that are right are not
 * written to, which would cost a page each. */
static void mend_table(struct inside_table *table)
{
	for (size_t word = 0; word < table->max / INSIDE_WORD; word++) {
		unsigned long taken = 0;

		for (size_t i = 0; i < INSIDE_WORD && word * INSIDE_WORD + i < table->shown->used; i++) {
			struct registry_slot *slot = inside_slot(table, word * INSIDE_WORD + i);

			if (slot && mend_slot(table, slot))
				taken |= 1UL << i;
		}
		if (table->taken[word] != taken)
			table->taken[word] = taken;
	}
	table->hint = 0;
}

static void mend_child(void)
{
	mend_table(&inside_section_table);
	mend_table(&inside_option_table);
	mend_table(&inside_green_table);
	inside_option_forget();
}

/* Before any other thread is there. Without memory for it, there is soon none for the program either. */
__attribute__((constructor)) static void mend_children(void)
{
	pthread_atfork(NULL, NULL, mend_child);
}
