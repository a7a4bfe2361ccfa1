/* decode_message_python.c: see decode_private.h: what a decoder says of a CPython process, as little on trust as the
 * rest. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "applets/gmr/decode_private.h"

static bool is_index(const struct decoded *decoded, const struct value *index)
{
	return index && index->kind == VALUE_INT && index->integer >= 0 && (uint64_t)index->integer < decoded->count;
}

/* KEY of FROM where it is one of the COUNT words, else null. */
static void add_word(struct value_tree *tree, struct value *in, const char *key, const struct value *from,
		     const char *const *words, size_t count)
{
	const char *word = value_string(from, key, "");

	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i])) {
			value_add_string(tree, in, key, words[i]);
			return;
		}
	value_add_null(tree, in, key);
}

/* --- a stack --- */

/* Before anything is added: part of a stack is none. */
static bool is_stack(const struct value *from)
{
	const struct value *lines = value_get(from, "lines"), *locals;

	if (!lines || lines->kind != VALUE_LIST || lines->count > DECODE_PYTHON_FRAMES_MAX)
		return false;
	for (const struct value *line = value_first(lines); line; line = line->next) {
		locals = value_get(line, "locals");
		if (locals && (locals->kind != VALUE_LIST || locals->count > DECODE_LOCALS_MAX))
			return false;
	}
	return true;
}

static void add_locals(struct value_tree *tree, struct value *line, const struct value *from)
{
	const struct value *locals = value_get(from, "locals");
	struct value *list;

	if (!locals)
		return;
	list = value_add_list(tree, line, "locals");
	for (const struct value *local = value_first(locals); local; local = local->next) {
		struct value *map = value_add_map(tree, list, NULL);

		decode_add_text(tree, map, "name", local);
		decode_add_text(tree, map, "type", local);
		decode_add_text(tree, map, "value", local);
	}
	if (value_bool(from, "locals_cut", false))
		value_add_bool(tree, line, "locals_cut", true);
}

static void add_exception(struct value_tree *tree, struct value *stack, const struct value *from)
{
	const struct value *exception = value_get(from, "root_exception");
	struct value *map;

	if (!exception || exception->kind != VALUE_MAP) {
		value_add_null(tree, stack, "root_exception");
		return;
	}
	map = value_add_map(tree, stack, "root_exception");
	decode_add_text(tree, map, "type", exception);
	decode_add_text(tree, map, "args", exception);
	decode_add_text(tree, map, "file", exception);
	decode_add_number(tree, map, "line", exception);
}

static int add_stack(struct value_tree *tree, struct value *in, const struct value *from)
{
	struct value *stack = value_add_map(tree, in, "stack_trace"), *lines = value_add_list(tree, stack, "lines");

	for (const struct value *item = value_first(value_get(from, "lines")); item; item = item->next) {
		struct value *line = decode_add_line(tree, lines, item);

		decode_add_text(tree, line, "qualname", item);
		add_locals(tree, line, item);
	}
	decode_add_text(tree, stack, "end", from);
	add_exception(tree, stack, from);
	return tree->error;
}

/* --- messages --- */

/* A list of ours in the tree's root, made when it is needed first. */
static struct value *list_of(struct decoded *decoded, const char *key)
{
	struct value *list = (struct value *)value_get(&decoded->tree.root, key);

	return list ? list : value_add_list(&decoded->tree, &decoded->tree.root, key);
}

int decode_python(struct decoded *decoded, const struct value *message)
{
	static const char *const gil[] = { "holds", "waits" };
	struct value_tree *tree = &decoded->tree;
	const struct value *index = value_get(message, "python"), **slot;
	struct value *state;
	int r;

	if (decoded->python.is_whole || !decoded->python.threads || !is_index(decoded, index) ||
	    !is_stack(message))
		return -EBADMSG;
	slot = &decoded->python.threads[index->integer];
	if (*slot && (*slot)->count == DECODE_STATES_MAX)
		return -EBADMSG;
	if (!*slot)
		*slot = value_add_list(tree, list_of(decoded, "python"), NULL);
	state = value_add_map(tree, (struct value *)*slot, NULL);
	decode_add_number(tree, state, "interpreter", message);
	decode_add_number(tree, state, "ident", message);
	decode_add_text(tree, state, "thread_name", message);
	add_word(tree, state, "gil", message, gil, 2);
	decode_add_bool(tree, state, "settled", message);
	r = add_stack(tree, state, message);
	if (r < 0)
		*slot = NULL; /* part of it is none */
	return r;
}

int decode_green(struct decoded *decoded, const struct value *message)
{
	static const char *const kinds[] = { "greenlet", "task" };
	struct value_tree *tree = &decoded->tree;
	const struct value *thread = value_get(message, "thread"), *id = value_get(message, "id");
	const char *kind = value_string(message, "green", "");
	struct value *list, *green;
	int r;

	if (decoded->python.is_whole || !id || id->kind != VALUE_INT || !is_stack(message) ||
	    (strcmp(kind, kinds[0]) != 0 && strcmp(kind, kinds[1]) != 0))
		return -EBADMSG;
	if (thread && thread->kind != VALUE_NULL && !is_index(decoded, thread))
		return -EBADMSG;
	if (decoded->python.green_count == DECODE_GREENS_MAX)
		return -EBADMSG;
	list = list_of(decoded, "greens");
	green = value_add_map(tree, list, NULL);
	add_word(tree, green, "green", message, kinds, 2);
	value_add_int(tree, green, "id", id->integer);
	decode_add_bool(tree, green, "running", message);
	decode_add_number(tree, green, "parent", message);
	decode_add_number(tree, green, "thread", message);
	decode_add_text(tree, green, "name", message);
	decode_add_text(tree, green, "waits", message);
	r = add_stack(tree, green, message);
	if (r < 0)
		return r;
	decoded->python.greens = list;
	decoded->python.green_count++;
	return 0;
}

static size_t count_of(const struct value *from, const char *key)
{
	int64_t count = value_int(from, key, 0);

	return count > 0 ? (size_t)count : 0;
}

int decode_python_rest(struct decoded *decoded, const struct value *rest)
{
	struct decoded_python *python = &decoded->python;

	if (rest->kind != VALUE_MAP || python->is_whole)
		return -EBADMSG;
	python->is_whole = true;
	python->threads_rest = count_of(rest, "threads");
	python->greens_rest = count_of(rest, "greens");
	python->settled = value_bool(rest, "settled", false);
	snprintf(python->why, sizeof(python->why), "%s", value_string(rest, "why", ""));
	snprintf(python->greens_why, sizeof(python->greens_why), "%s", value_string(rest, "greens_why", ""));
	return 0;
}
