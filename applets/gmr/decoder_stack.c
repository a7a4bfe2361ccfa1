#include "applets/gmr/decoder_stack.h"

#include <errno.h>
#include <inttypes.h>

#include "core/cleanup.h"

int decoder_stacks_open(const struct decode_job *job, struct decoder_stacks *ret, const char **ret_why)
{
	struct unwind_options options = { .root = job->target->root >= 0 ? job->target->root : -1,
					  .debuginfod = job->options->debuginfod, .frames_max = DECODE_FRAMES_MAX,
					  .lines = job->options->sources };
	const char *why = NULL;
	int r;

	ret->source = NULL;
	ret->perfmap = NULL;
	ret->unwind = NULL;
	r = unwind_open(job->capture, &options, &ret->unwind, &why);
	if (r < 0 && !ret->unwind)
		return r;
	ret->can_unwind = r == 0;
	/* Both refuse where we are not to open what the process has named. */
	if (job->options->sources && source_open(job->target, &ret->source) < 0)
		ret->source = NULL;
	if (perfmap_open(job->target, &ret->perfmap) < 0)
		ret->perfmap = NULL;
	*ret_why = r < 0 && !why ? "stacks cannot be followed" : why;
	return 0;
}

static int keep_frame(const struct unwind_frame *frame, void *context)
{
	struct decoder_stacks *stacks = context;

	if (stacks->count < DECODE_FRAMES_MAX)
		stacks->frames[stacks->count++] = *frame;
	return 0;
}

void decoder_stack_follow(struct decoder_stacks *stacks, const struct capture_thread *thread, enum unwind_end *ret_end)
{
	enum unwind_end end = UNWIND_SHORT;

	stacks->count = 0;
	if (unwind_thread(stacks->unwind, thread, keep_frame, stacks, &end) < 0)
		end = UNWIND_SHORT;
	*ret_end = end;
}

/* A return address may lie behind the last instruction of who called: one before it never does. */
static const char *frame_name(const struct decoder_stacks *stacks, size_t index)
{
	const struct unwind_frame *frame = &stacks->frames[index];
	const char *name = frame->name;

	if (!name && stacks->perfmap)
		name = perfmap_name(stacks->perfmap, frame->address - (index > 0 ? 1 : 0));
	return name ? name : "??";
}

static void add_code(struct decoder_stacks *stacks, const struct unwind_frame *frame, struct value_tree *tree,
		     struct value *line)
{
	CLEANUP(buf_done) struct buf code = BUF(SOURCE_MAX);

	if (stacks->source && frame->file && frame->line > 0 &&
	    source_line(stacks->source, frame->file, frame->line, &code) == 0)
		value_add_bytes(tree, line, "code", code.data, code.len);
	else
		value_add_null(tree, line, "code");
}

static void add_line(struct decoder_stacks *stacks, size_t index, struct value_tree *tree, struct value *lines)
{
	const struct unwind_frame *frame = &stacks->frames[index];
	struct value *line = value_add_map(tree, lines, NULL);
	bool has_line = frame->file && frame->line > 0;

	value_add_string(tree, line, "filename", has_line ? frame->file : NULL);
	if (has_line)
		value_add_int(tree, line, "line", frame->line);
	else
		value_add_null(tree, line, "line");
	value_add_string(tree, line, "name", frame_name(stacks, index));
	add_code(stacks, frame, tree, line);
	value_add_string(tree, line, "module", frame->module);
	if (frame->module)
		value_add_int(tree, line, "offset", (int64_t)frame->offset);
	else
		value_add_null(tree, line, "offset");
	value_add_format(tree, line, "address", "0x%" PRIx64, frame->address);
}

static const char *end_text(enum unwind_end end)
{
	switch (end) {
	case UNWIND_WHOLE: return NULL;
	case UNWIND_SHORT: return "short";
	case UNWIND_UNKNOWN: return DECODE_NOT_STOPPED;
	case UNWIND_TRUNCATED: return "truncated";
	case UNWIND_LIMIT: return "truncated: more frames than we take";
	}
	return "short";
}

void decoder_stack_add(struct decoder_stacks *stacks, enum unwind_end end, struct value_tree *tree)
{
	struct value *lines = value_add_list(tree, &tree->root, "lines");

	for (size_t i = stacks->count; i-- > 0;)
		add_line(stacks, i, tree, lines);
	value_add_string(tree, &tree->root, "end", end_text(end));
}
