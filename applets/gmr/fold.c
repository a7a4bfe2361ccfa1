/* A hash table, as there may be many thousand threads, all of them different. */
#include "applets/gmr/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

struct fold {
	fold_fn item;
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

static uint64_t hash_text(uint64_t hash, const struct value *in, const char *key)
{
	const char *text = value_string(in, key, "");

	return hash_bytes(hash, text, strlen(text) + 1);
}

/* Lines are told apart by where they are: modules and sources need not be hashed. */
static uint64_t hash_stack(uint64_t hash, const struct value *stack)
{
	hash = hash_text(hash, stack, "end");
	for (const struct value *line = value_first(value_get(stack, "lines")); line; line = line->next) {
		int64_t number = value_int(line, "line", 0);

		hash = hash_text(hash, line, "address");
		hash = hash_text(hash, line, "name");
		hash = hash_bytes(hash, &number, sizeof(number));
	}
	return hash;
}

static uint64_t hash_item(const struct fold_item *item)
{
	uint64_t hash = hash_bytes(0xcbf29ce484222325, &item->other, sizeof(item->other));

	if (item->missing)
		hash = hash_bytes(hash, item->missing, strlen(item->missing) + 1);
	return hash_stack(hash_stack(hash, item->stack), item->python);
}

static bool is_same_stack(const struct value *a, const struct value *b)
{
	return a && b ? value_equal(a, b) : !a && !b;
}

static bool is_same(const struct fold *fold, size_t one, const struct fold_item *other)
{
	struct fold_item item = { .stack = NULL };

	if (!fold->item(fold->context, one, &item) || item.other != other->other)
		return false;
	if (!item.stack && !other->stack &&
	    strcmp(item.missing ? item.missing : "", other->missing ? other->missing : "") != 0)
		return false;
	return is_same_stack(item.python, other->python) && is_same_stack(item.stack, other->stack);
}

/* The slot of the threads with the stack of thread INDEX, or the free one where it belongs; NULL: it is not to be
 * folded. SIZE: a power of two. */
static struct fold_slot *find_slot(const struct fold *fold, struct fold_slot *slots, size_t size, size_t index)
{
	struct fold_item item = { .stack = NULL };
	uint64_t hash;
	size_t at;

	if (!fold->item(fold->context, index, &item))
		return NULL;
	hash = hash_item(&item);
	at = (size_t)(hash ^ hash >> 32) & (size - 1);
	while (slots[at].first && (slots[at].hash != hash || !is_same(fold, slots[at].first - 1, &item)))
		at = (at + 1) & (size - 1);
	slots[at].hash = hash;
	return &slots[at];
}

int fold_stacks(fold_fn item, const void *context, size_t count, size_t *next, bool *is_first)
{
	const struct fold fold = { item, context };
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
