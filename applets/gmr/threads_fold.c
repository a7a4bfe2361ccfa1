/* threads_fold.c: see threads_private.h: which threads have the same stack. A hash table, as there may be many thousand
 * threads, all of them different. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/threads_private.h"
#include "core/cleanup.h"

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

static bool is_same(const struct threads *threads, size_t one, size_t other)
{
	const char *missing_one, *missing_other;
	const struct value *a = threads_stack(threads, one, &missing_one);
	const struct value *b = threads_stack(threads, other, &missing_other);

	if (!a || !b)
		return !a && !b && strcmp(missing_one, missing_other) == 0;
	return value_equal(a, b);
}

/* The slot of the threads with the stack of thread INDEX, or the free one where it belongs. SIZE: a power of two. */
static struct fold_slot *find_slot(const struct threads *threads, struct fold_slot *slots, size_t size, size_t index)
{
	const char *missing;
	const struct value *stack = threads_stack(threads, index, &missing);
	uint64_t hash = hash_stack(stack, missing);
	size_t at = (size_t)(hash ^ hash >> 32) & (size - 1);

	while (slots[at].first && (slots[at].hash != hash || !is_same(threads, slots[at].first - 1, index)))
		at = (at + 1) & (size - 1);
	slots[at].hash = hash;
	return &slots[at];
}

int threads_fold(const struct threads *threads, size_t *next, bool *is_first)
{
	size_t count = threads->capture->thread_count, size = 16;
	CLEANUP(free_done) struct fold_slot *slots = NULL;

	while (size < 2 * count)
		size *= 2;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct fold_slot *slot;

		if (threads_is_gone(threads, i))
			continue;
		slot = find_slot(threads, slots, size, i);
		is_first[i] = slot->first == 0;
		if (slot->first)
			next[slot->last - 1] = i;
		else
			slot->first = i + 1;
		slot->last = i + 1;
	}
	return 0;
}
