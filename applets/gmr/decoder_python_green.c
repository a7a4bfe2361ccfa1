/* decoder_python_green.c: see decoder_python_private.h: greenlets and tasks. */
#include <stdlib.h>

#include "applets/gmr/decoder_python_private.h"
#include "core/cleanup.h"

enum { TEXT_BYTES_MAX = 1024 };

struct beginning {
	struct decoder_python *d;
	const struct python_green *green;
};

static int compare_state(const void *key, const void *item)
{
	uint64_t a = *(const uint64_t *)key, b = ((const struct decoder_state *)item)->thread.state;

	return (a > b) - (a < b);
}

/* The thread whose state is at ADDRESS. */
static void add_thread(const struct decoder_python *d, uint64_t address, struct value_tree *tree)
{
	const struct decoder_state *state = NULL;

	if (d->state_count > 0)
		state = bsearch(&address, d->states, d->state_count, sizeof(*d->states), compare_state);
	if (state && state->index >= 0)
		value_add_int(tree, &tree->root, "thread", state->index);
	else
		value_add_null(tree, &tree->root, "thread");
}

static void add_text(struct value_tree *tree, const char *key, int error, const struct buf *text)
{
	if (error == 0 && text->len > 0)
		value_add_bytes(tree, &tree->root, key, text->data, text->len);
	else
		value_add_null(tree, &tree->root, key);
}

static void begin_green(struct value_tree *tree, const void *context)
{
	const struct beginning *beginning = context;
	const struct python_green *green = beginning->green;
	struct decoder_python *d = beginning->d;
	CLEANUP(buf_done) struct buf name = BUF(TEXT_BYTES_MAX);
	CLEANUP(buf_done) struct buf waits = BUF(TEXT_BYTES_MAX);

	value_add_string(tree, &tree->root, "green", green->kind == PYTHON_TASK ? "task" : "greenlet");
	value_add_int(tree, &tree->root, "id", (int64_t)green->address);
	value_add_bool(tree, &tree->root, "running", green->running);
	if (green->kind == PYTHON_GREENLET && green->parent)
		value_add_int(tree, &tree->root, "parent", (int64_t)green->parent);
	else
		value_add_null(tree, &tree->root, "parent");
	add_thread(d, green->thread, tree);
	add_text(tree, "name", python_green_name(d->python, green, &name), &name);
	add_text(tree, "waits", python_green_waits(d->python, green, &waits), &waits);
}

/* A return other than 0 ends the walk. */
static int send_green(const struct python_green *green, void *context)
{
	struct decoder_python *d = context;
	const struct beginning beginning = { d, green };
	enum python_end end = PYTHON_WHOLE;

	d->count = 0;
	if (d->frames_sent >= DECODER_PYTHON_FRAMES_MAX)
		end = PYTHON_CUT;
	else if (python_green_frames(d->python, green, decoder_python_keep, d, &end) < 0)
		end = PYTHON_BROKEN;
	return decoder_python_stack(d, begin_green, &beginning, end, NULL);
}

int decoder_python_greens(struct decoder_python *d)
{
	return python_greens(d->python, send_green, d, &d->greens_rest);
}
