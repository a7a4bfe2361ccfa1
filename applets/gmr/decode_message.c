/* decode_message.c: see decode_private.h. Who sends them has read hostile bytes, and may do what those want by now: a
 * message is built anew of what is expected in it. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "applets/gmr/decode_private.h"
#include "core/cleanup.h"

/* The values of one message take more than its bytes; a text in a stack, of the package. */
enum { VALUES_MAX = 128 << 20, TEXT_MAX = 8192, PACKAGE_DEPTH = 4, PACKAGE_ITEMS = 64 };

void decode_add_text(struct value_tree *tree, struct value *in, const char *key, const struct value *from)
{
	const struct value *text = value_get(from, key);

	if (text && text->kind == VALUE_STRING)
		value_add_bytes(tree, in, key, text->string, text->count < TEXT_MAX ? text->count : TEXT_MAX);
	else
		value_add_null(tree, in, key);
}

void decode_add_number(struct value_tree *tree, struct value *in, const char *key, const struct value *from)
{
	const struct value *number = value_get(from, key);

	if (number && number->kind == VALUE_INT)
		value_add_int(tree, in, key, number->integer);
	else
		value_add_null(tree, in, key);
}

void decode_add_bool(struct value_tree *tree, struct value *in, const char *key, const struct value *from)
{
	const struct value *boolean = value_get(from, key);

	if (boolean && boolean->kind == VALUE_BOOL)
		value_add_bool(tree, in, key, boolean->boolean);
	else
		value_add_null(tree, in, key);
}

struct value *decode_add_line(struct value_tree *tree, struct value *lines, const struct value *from)
{
	struct value *line = value_add_map(tree, lines, NULL);

	decode_add_text(tree, line, "filename", from);
	decode_add_number(tree, line, "line", from);
	decode_add_text(tree, line, "name", from);
	decode_add_text(tree, line, "code", from);
	decode_add_text(tree, line, "module", from);
	decode_add_number(tree, line, "offset", from);
	decode_add_text(tree, line, "address", from);
	return line;
}

static int take_stack(struct decoded *decoded, const struct value *message)
{
	const struct value *index = value_get(message, "index"), *from = value_get(message, "lines");
	/* decode_by() has made the list. */
	struct value *stacks = (struct value *)value_get(&decoded->tree.root, "stacks"), *stack, *lines;

	if (index->kind != VALUE_INT || index->integer < 0 || (uint64_t)index->integer >= decoded->count ||
	    decoded->stacks[index->integer])
		return -EBADMSG;
	if (!from || from->kind != VALUE_LIST || from->count > DECODE_FRAMES_MAX)
		return -EBADMSG;
	stack = value_add_map(&decoded->tree, stacks, NULL);
	lines = value_add_list(&decoded->tree, stack, "lines");
	for (const struct value *line = value_first(from); line; line = line->next)
		decode_add_line(&decoded->tree, lines, line);
	decode_add_text(&decoded->tree, stack, "end", message);
	value_add_null(&decoded->tree, stack, "root_exception");
	if (decoded->tree.error)
		return decoded->tree.error; /* part of a stack is none */
	decoded->stacks[index->integer] = stack;
	return 0;
}

/* What is asked for twice is asked for once; so each has its turn in AGAIN at most once. */
static int take_again(const struct decoded *decoded, const struct value *list, size_t *again, size_t *ret_count)
{
	size_t count = 0;
	int64_t before = -1;

	if (list->kind != VALUE_LIST || list->count > decoded->count)
		return -EBADMSG;
	for (const struct value *item = value_first(list); item; item = item->next) {
		if (item->kind != VALUE_INT || item->integer <= before ||
		    (uint64_t)item->integer >= decoded->count || decoded->stacks[item->integer])
			return -EBADMSG;
		before = item->integer;
		again[count++] = (size_t)item->integer;
	}
	*ret_count = count;
	return 0;
}

static void add_package(struct value_tree *tree, struct value *in, const struct value *from, int depth);

static void add_package_item(struct value_tree *tree, struct value *in, const struct value *from,
			     const struct value *item, int depth)
{
	if (item->kind == VALUE_MAP && depth > 0)
		add_package(tree, value_add_map(tree, in, item->key), item, depth - 1);
	else if (item->kind == VALUE_LIST && depth > 0)
		add_package(tree, value_add_list(tree, in, item->key), item, depth - 1);
	else if (item->kind == VALUE_INT || item->kind == VALUE_BOOL)
		value_add_copy(tree, in, item->key, item);
	else
		decode_add_text(tree, in, item->key, from);
}

/* Keys are those of the map that they come from: what is twice there is taken once. */
static void add_package(struct value_tree *tree, struct value *in, const struct value *from, int depth)
{
	size_t count = 0;

	for (const struct value *item = value_first(from); item && count < PACKAGE_ITEMS; item = item->next, count++)
		if (!item->key || !value_get(in, item->key))
			add_package_item(tree, in, from, item, depth);
}

static int take_package(struct decoded *decoded, const struct value *package)
{
	if (package->kind != VALUE_MAP || value_get(&decoded->tree.root, "package"))
		return -EBADMSG;
	add_package(&decoded->tree, value_add_map(&decoded->tree, &decoded->tree.root, "package"), package,
		    PACKAGE_DEPTH);
	return decoded->tree.error;
}

static int take_why(struct decoded *decoded, const struct value *why)
{
	if (why->kind != VALUE_STRING || decoded->why[0])
		return -EBADMSG;
	snprintf(decoded->why, sizeof(decoded->why), "%s", why->string);
	return 0;
}

int decode_message(struct decoded *decoded, const char *data, size_t len, enum decode_kind *ret, size_t *again,
		   size_t *ret_count)
{
	static const char *const keys[] = { "index", "again", "package", "why", "python", "green", "python_rest",
					    "done" };
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(VALUES_MAX);
	const struct value *message, *found = NULL;
	size_t kind = 0;
	int r = value_unpack(&tree, &tree.root, "message", data, len);

	if (r < 0 || tree.error)
		return r < 0 ? r : tree.error;
	message = value_get(&tree.root, "message");
	while (kind < sizeof(keys) / sizeof(*keys) && !(found = value_get(message, keys[kind])))
		kind++;
	*ret = (enum decode_kind)kind;
	switch (*ret) {
	case DECODE_STACK: return take_stack(decoded, message);
	case DECODE_AGAIN: return take_again(decoded, found, again, ret_count);
	case DECODE_PACKAGE: return take_package(decoded, found);
	case DECODE_WHY: return take_why(decoded, found);
	case DECODE_PYTHON: return decode_python(decoded, message);
	case DECODE_GREEN: return decode_green(decoded, message);
	case DECODE_REST: return decode_python_rest(decoded, found);
	case DECODE_DONE: return 0;
	}
	return -EBADMSG;
}
