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

/* FIELDS: of a line; NESTED: one of them may be a list, of local variables. */
static void check_stack(const struct value *stack, size_t frames, size_t fields, bool nested)
{
	const struct value *lines = value_get(stack, "lines"), *end = value_get(stack, "end");

	if (stack->count != 3 || lines->kind != VALUE_LIST || lines->count > frames ||
	    (end->kind != VALUE_STRING && end->kind != VALUE_NULL))
		abort();
	for (const struct value *line = value_first(lines); line; line = line->next)
		for (const struct value *v = value_first(line); v; v = v->next)
			if (line->count < fields || line->count > fields + nested || v->kind == VALUE_MAP ||
			    (v->kind == VALUE_LIST && (!nested || v->count > DECODE_LOCALS_MAX)))
				abort();
}

static void check_python(const struct decoded_python *python)
{
	const struct value *green = value_first(python->greens);

	if (!memchr(python->why, 0, 128) || !memchr(python->greens_why, 0, 128) ||
	    python->green_count > DECODE_GREENS_MAX)
		abort();
	for (size_t i = 0; i < python->green_count; i++, green = green->next)
		check_stack(value_get(green, "stack_trace"), DECODE_PYTHON_FRAMES_MAX, 8, true);
	for (size_t i = 0; i < THREADS; i++)
		for (const struct value *v = value_first(python->threads[i]); v; v = v->next)
			check_stack(value_get(v, "stack_trace"), DECODE_PYTHON_FRAMES_MAX, 8, true);
}

static void check(const struct decoded *decoded)
{
	const struct value *root = &decoded->tree.root;

	if (root->count > 4 || memchr(decoded->why, 0, 128) == NULL)
		abort();
	for (size_t i = 0; i < THREADS; i++)
		if (decoded->stacks[i])
			check_stack(decoded->stacks[i], DECODE_FRAMES_MAX, 7, false);
	check_python(&decoded->python);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct value *stacks[THREADS] = { NULL }, *pythons[THREADS] = { NULL };
	struct decoded decoded = { .tree = VALUE_TREE(DECODE_TREE_MAX), .stacks = stacks, .count = THREADS };
	size_t again[THREADS + 1], count = 0;
	enum decode_kind kind;

	decoded.python.threads = pythons;
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
