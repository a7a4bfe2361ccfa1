/* green.c: see gmr.h: green threads. A number is its slot's sequence number and place, so that it is given out once
 * only: in 2^31 changes of the slot. */
#include <errno.h>
#include <string.h>

#include "core/inside/inside.h"
#include "core/inside/table.h"

enum { PLACE_BITS = 16 };

_Static_assert(REGISTRY_GREEN_MAX == 1 << PLACE_BITS, "a place fits");
_Static_assert(sizeof(struct registry_green) <= INSIDE_GREEN_SIZE, "a slot lies in one page");

static unsigned long taken[REGISTRY_GREEN_MAX / INSIDE_WORD];

struct inside_table inside_green_table = {
	.shown = &inside_registry.green, .max = REGISTRY_GREEN_MAX, .taken = taken,
};

/* Word by word: bytes would cost more than all the rest. */
static void fill(struct registry_green *to, const struct registry_green *from)
{
	typedef unsigned long __attribute__((may_alias)) word;
	const word *in = (const word *)((const char *)from + sizeof(from->slot));
	word *out = (word *)((char *)to + sizeof(to->slot));

	for (size_t i = 0; i < (sizeof(*to) - sizeof(to->slot)) / sizeof(*out); i++)
		__atomic_store_n(out + i, in[i], __ATOMIC_RELEASE);
}

static bool is_sound(const struct gmr_green_thread *thread)
{
	uintptr_t stack = (uintptr_t)thread->stack;

	return thread->size >= sizeof(*thread) && stack && thread->stack_size > 0 &&
	       thread->stack_size <= UINTPTR_MAX - stack && !thread->context != !thread->registers;
}

int64_t gmr_register_green_thread(const struct gmr_green_thread *thread)
{
	struct registry_green green = { 0 };
	struct registry_slot *slot;
	uint32_t sequence;
	size_t index;
	int r;

	if (!thread || !is_sound(thread))
		return -EINVAL;
	if (thread->name)
		memcpy(green.name, thread->name, inside_cut(thread->name, sizeof(green.name) - 1));
	green.stack = (uintptr_t)thread->stack;
	green.stack_size = thread->stack_size;
	green.context = (uintptr_t)thread->context;
	green.registers = (uintptr_t)thread->registers;
	r = inside_take(&inside_green_table, &slot, &index);
	if (r < 0)
		return r;
	fill((struct registry_green *)slot, &green);
	inside_end(slot);
	sequence = __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED); /* nobody else knows the number yet */
	return (int64_t)sequence << PLACE_BITS | (int64_t)index;
}

int gmr_unregister_green_thread(int64_t number)
{
	size_t index = (size_t)number & (REGISTRY_GREEN_MAX - 1);
	struct registry_slot *slot;
	uint32_t sequence;

	if (number <= 0 || number >> PLACE_BITS > UINT32_MAX)
		return -ENOENT;
	sequence = (uint32_t)(number >> PLACE_BITS);
	slot = inside_slot(&inside_green_table, index);
	if (!slot || __atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE) != sequence ||
	    __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != REGISTRY_USED || !inside_begin(slot, sequence))
		return -ENOENT;
	inside_give(&inside_green_table, slot, index);
	return 0;
}
