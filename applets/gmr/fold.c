/* A hash table, as there may be many thousand threads, all of them different. */
#include "applets/gmr/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

struct fold {
	fold_stack_fn stack;
	const void *context;
};

struct fold_slot {
	size_t first, last; /* of the threads with one stack; index + 1, 0: free */
	uint64_t hash;
};

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

/* Lines are told apart by where they are: names and modules need not be hashed. */
static uint64_t hash_stack(const struct value *stack, const char *missing)
{
	uint64_t hash = 0xcbf29ce484222325;
	const char *text = stack ? value_string(stack, "end", "") : missing;

	hash = hash_bytes(hash, text, strlen(text) + 1);
	for (const struct value *line = value_first(value_get(stack, "lines")); line; line = line->next) {
		text = value_string(line, "address", "");
		hash = hash_bytes(hash, text, strlen(text) + 1);
	}
	return hash;
}

static bool is_same(const struct fold *fold, size_t one, size_t other)
{
	const char *missing_one, *missing_other;
	const struct value *a = fold->stack(fold->context, one, &missing_one);
	const struct value *b = fold->stack(fold->context, other, &missing_other);

	if (!a || !b)
		return !a && !b && strcmp(missing_one, missing_other) == 0;
	return value_equal(a, b);
}

/* The slot of the threads with the stack of thread INDEX, or the free one where it belongs; NULL: it is not to be
 * folded. SIZE: a power of two. */
static struct fold_slot *find_slot(const struct fold *fold, struct fold_slot *slots, size_t size, size_t index)
{
	const char *missing = NULL;
	const struct value *stack = fold->stack(fold->context, index, &missing);
	uint64_t hash;
	size_t at;

	if (!stack && !missing)
		return NULL;
	hash = hash_stack(stack, missing);
	at = (size_t)(hash ^ hash >> 32) & (size - 1);
	while (slots[at].first && (slots[at].hash != hash || !is_same(fold, slots[at].first - 1, index)))
		at = (at + 1) & (size - 1);
	slots[at].hash = hash;
	return &slots[at];
}

int fold_stacks(fold_stack_fn stack, const void *context, size_t count, size_t *next, bool *is_first)
{
	const struct fold fold = { stack, context };
	size_t size = 16;
	CLEANUP(free_done) struct fold_slot *slots = NULL;

	while (size < 2 * count)
		size *= 2;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct fold_slot *slot = find_slot(&fold, slots, size, i);

		if (!slot)
			continue;
		is_first[i] = slot->first == 0;
		if (slot->first)
			next[slot->last - 1] = i;
		else
			slot->first = i + 1;
		slot->last = i + 1;
	}
	return 0;
}
