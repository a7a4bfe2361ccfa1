/* fuzz_decode.c: messages of gmr's decoder: first how long one is, in two bytes, low first, then its bytes, and so on.
 * Whatever comes, what is kept of it is in bounds. */
#include "applets/gmr/decode_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4 };

static void check_again(const size_t *again, size_t count)
{
	if (count > THREADS)
		abort();
	for (size_t i = 0; i < count; i++)
		if (again[i] >= THREADS || (i > 0 && again[i] <= again[i - 1]))
			abort();
}

static void check_stack(const struct value *stack)
{
	const struct value *lines = value_get(stack, "lines"), *end = value_get(stack, "end");

	if (stack->count != 3 || lines->kind != VALUE_LIST || lines->count > DECODE_FRAMES_MAX ||
	    (end->kind != VALUE_STRING && end->kind != VALUE_NULL))
		abort();
	for (const struct value *line = value_first(lines); line; line = line->next)
		for (const struct value *v = value_first(line); v; v = v->next)
			if (line->count != 7 || v->kind == VALUE_LIST || v->kind == VALUE_MAP)
				abort();
}

static void check(const struct decoded *decoded)
{
	const struct value *root = &decoded->tree.root;

	if (root->count > 2 || memchr(decoded->why, 0, 128) == NULL)
		abort();
	for (size_t i = 0; i < THREADS; i++)
		if (decoded->stacks[i])
			check_stack(decoded->stacks[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct value *stacks[THREADS] = { NULL };
	struct decoded decoded = { .tree = VALUE_TREE(DECODE_TREE_MAX), .stacks = stacks, .count = THREADS };
	size_t again[THREADS + 1], count = 0;
	enum decode_kind kind;

	value_add_list(&decoded.tree, &decoded.tree.root, "stacks");
	while (size >= 2) {
		size_t len = data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		if (decode_message(&decoded, (const char *)data, len, &kind, again, &count) == 0)
			check_again(again, count);
		data += len;
		size -= len;
	}
	check(&decoded);
	value_tree_done(&decoded.tree);
	return 0;
}
