/* decode_rest.c: see decode_private.h: stacks that did not come: where the thread is, is known without the decoder. */
#include <inttypes.h>

#include "applets/gmr/decode_private.h"
#include "core/innermost.h"

struct rest {
	struct value_tree *tree;
	struct value *lines;
};

/* As add_line() of decoder_stack.c without names and sources. */
static int add_frame(const struct unwind_frame *frame, void *context)
{
	struct rest *rest = context;
	struct value *line = value_add_map(rest->tree, rest->lines, NULL);

	value_add_null(rest->tree, line, "filename");
	value_add_null(rest->tree, line, "line");
	value_add_string(rest->tree, line, "name", "??");
	value_add_null(rest->tree, line, "code");
	value_add_string(rest->tree, line, "module", frame->module);
	if (frame->module)
		value_add_int(rest->tree, line, "offset", (int64_t)frame->offset);
	else
		value_add_null(rest->tree, line, "offset");
	value_add_format(rest->tree, line, "address", "0x%" PRIx64, frame->address);
	return rest->tree->error;
}

static const struct value *add_stack(const struct capture *capture, const struct capture_thread *thread,
				     const char *end, struct value_tree *tree)
{
	struct value *stack = value_add_map(tree, (struct value *)value_get(&tree->root, "stacks"), NULL);
	struct rest rest = { tree, value_add_list(tree, stack, "lines") };
	enum unwind_end unused;

	innermost_frame(capture, thread, add_frame, &rest, &unused);
	value_add_string(tree, stack, "end", end);
	value_add_null(tree, stack, "root_exception");
	return stack;
}

void decode_rest(struct decoded *decoded, const struct capture *capture, const struct decode_options *options,
		 bool is_late)
{
	const char *end = is_late ? "no time was left, see --deadline" : "not decoded";

	for (size_t i = 0; i < decoded->count && !decoded->tree.error; i++) {
		const struct capture_thread *thread = decode_thread(capture, i);
		const struct value *stack;

		if (decoded->stacks[i] || thread->how == CAPTURE_UNREAD || !thread->regs.pc)
			continue;
		if (!(i < capture->thread_count ? options->stacks : options->greens))
			continue;
		stack = add_stack(capture, thread, end, &decoded->tree);
		decoded->stacks[i] = decoded->tree.error ? NULL : stack; /* part of a stack is none */
	}
}
