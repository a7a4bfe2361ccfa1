/* decoder_python_stack.c: see decoder_python_private.h: a stack as a message. */
#include <errno.h>

#include "applets/gmr/decoder_python_private.h"
#include "core/cleanup.h"
#include "core/confine.h"
#include "core/redact.h"

enum { ARGUMENTS_MAX = 4096 };

int decoder_python_keep(const struct python_frame *frame, void *decoder)
{
	struct decoder_python *d = decoder;

	if (d->count < DECODE_PYTHON_FRAMES_MAX)
		d->frames[d->count++] = *frame;
	return 0;
}

static const char *end_text(enum python_end end)
{
	switch (end) {
	case PYTHON_WHOLE: return NULL;
	case PYTHON_CUT: return "truncated: more frames than we take";
	case PYTHON_LOST: return "not in memory";
	case PYTHON_BROKEN: return "it ran meanwhile";
	}
	return "it ran meanwhile";
}

static int pack_and_send(struct decoder_python *d, const struct value_tree *tree)
{
	CLEANUP(buf_done) struct buf message = BUF(DECODE_MESSAGE_MAX);
	int r = tree->error ? tree->error : value_pack(&tree->root, &message);

	return r < 0 ? r : confine_send(d->channel, -1, message.data, message.len);
}

int decoder_python_send_tree(struct decoder_python *d, const struct value_tree *tree)
{
	return d->error ? d->error : (d->error = pack_and_send(d, tree));
}

/* Its arguments may be of any kind: a password that was refused. */
static void add_arguments(struct value_tree *tree, struct value *map, const struct buf *args)
{
	CLEANUP(buf_done) struct buf masked = BUF(ARGUMENTS_MAX);

	if (args->len > 0 && redact_text(args->data, args->len, &masked) < 0)
		value_add_string(tree, map, "args", REDACT_MASK);
	else
		value_add_bytes(tree, map, "args", masked.len > 0 ? masked.data : "", masked.len);
}

static void add_exception(struct decoder_python *d, const struct python_thread *thread, struct value_tree *tree)
{
	CLEANUP(python_exception_done) struct python_exception exception = PYTHON_EXCEPTION();
	const struct buf *file = &exception.where.filename;
	struct value *map;

	if (!thread || python_exception(d->python, thread, &exception) < 0 || exception.type.len == 0) {
		value_add_null(tree, &tree->root, "root_exception");
		return;
	}
	map = value_add_map(tree, &tree->root, "root_exception");
	value_add_bytes(tree, map, "type", exception.type.data, exception.type.len);
	add_arguments(tree, map, &exception.args);
	value_add_string(tree, map, "file", file->len > 0 ? file->data : NULL);
	if (exception.where.line > 0)
		value_add_int(tree, map, "line", exception.where.line);
	else
		value_add_null(tree, map, "line");
}

struct stack {
	decoder_begin_fn begin;
	const void *context;
	const struct python_thread *exception;
	enum python_end end;
	size_t count; /* of D->frames, from the innermost */
	enum decoder_locals locals;
};

static int try_stack(struct decoder_python *d, const struct stack *stack)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);
	struct value *lines;

	stack->begin(&tree, stack->context);
	lines = value_add_list(&tree, &tree.root, "lines");
	for (size_t i = stack->count; i-- > 0 && !tree.error;)
		decoder_python_line(d, &d->frames[i], stack->locals, &tree, lines);
	value_add_string(&tree, &tree.root, "end", end_text(stack->end));
	add_exception(d, stack->exception, &tree);
	return pack_and_send(d, &tree);
}

int decoder_python_stack(struct decoder_python *d, decoder_begin_fn begin, const void *context, enum python_end end,
			 const struct python_thread *exception)
{
	struct stack stack = { begin, context, exception, end, d->count,
			       d->job->options->locals ? DECODER_LOCALS_ALL : DECODER_LOCALS_NONE };
	int r;

	while ((r = try_stack(d, &stack)) == -ENOBUFS && stack.count > 0) {
		if (stack.locals == DECODER_LOCALS_ALL) {
			stack.locals = DECODER_LOCALS_CUT;
			continue;
		}
		stack.count /= 2;
		stack.end = PYTHON_CUT;
	}
	d->frames_sent += stack.count;
	d->error = r;
	return r;
}
