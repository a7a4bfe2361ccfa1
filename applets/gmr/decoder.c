/* decoder.c: the child without rights that decode.h speaks of. It reads what was copied or opened before it was forked,
 * and files inside the root of the process; nothing in /proc. */
#include <errno.h>
#include <stdlib.h>

#include "applets/gmr/decode_private.h"
#include "applets/gmr/decoder_python.h"
#include "applets/gmr/decoder_stack.h"
#include "core/cleanup.h"
#include "core/confine.h"
#include "core/keep.h"

enum {
	ANSWER_MAX = 256 << 20,
	GREEN_FRAMES_MAX = 1 << 18, /* of green threads, which cost a program nothing; a line takes 160 bytes, twice */
};

struct decoder {
	const struct decode_job *job;
	int channel;
	struct decoder_stacks stacks;
	size_t *again;        /* sleepers whose stack is not whole */
	size_t again_count;
	size_t green_frames;  /* of green threads, so far */
};

/* A message of one value: what stands in TREE's root. */
static int send_tree(const struct decoder *decoder, const struct value_tree *tree)
{
	CLEANUP(buf_done) struct buf message = BUF(DECODE_MESSAGE_MAX);
	int r = value_pack(&tree->root, &message);

	return r < 0 ? r : confine_send(decoder->channel, -1, message.data, message.len);
}

static int send_text(const struct decoder *decoder, const char *key, const char *text)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);

	value_add_string(&tree, &tree.root, key, text);
	return send_tree(decoder, &tree);
}

static int send_done(const struct decoder *decoder)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);

	value_add_bool(&tree, &tree.root, "done", true);
	return send_tree(decoder, &tree);
}

/* Follow the stack of thread INDEX and send it, unless it may go on in a way that its registers would tell, which a
 * stop does, and it is the first time. */
static int send_stack(struct decoder *decoder, size_t index, bool is_first)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);
	const struct capture_thread *thread = &decoder->job->capture->threads[index];
	bool may_ask = is_first && decoder->job->options->may_stop && decoder->stacks.can_unwind;
	enum unwind_end end;

	decoder_stack_follow(&decoder->stacks, thread, &end);
	if (may_ask && end == UNWIND_UNKNOWN) {
		decoder->again[decoder->again_count++] = index;
		return 0;
	}
	value_add_int(&tree, &tree.root, "index", (int64_t)index);
	decoder_stack_add(&decoder->stacks, end, &tree);
	return send_tree(decoder, &tree);
}

/* It was read once for all; a register that its switch has not kept is lost. */
static int send_green(struct decoder *decoder, size_t index)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);
	enum unwind_end end;

	decoder_stack_follow(&decoder->stacks, decode_thread(decoder->job->capture, index), &end);
	decoder->green_frames += decoder->stacks.count;
	value_add_int(&tree, &tree.root, "index", (int64_t)index);
	decoder_stack_add(&decoder->stacks, end == UNWIND_UNKNOWN ? UNWIND_SHORT : end, &tree);
	return send_tree(decoder, &tree);
}

static int send_greens(struct decoder *decoder)
{
	const struct capture *capture = decoder->job->capture;
	int r = 0;

	for (size_t i = 0; r == 0 && i < capture->green_count && decoder->green_frames < GREEN_FRAMES_MAX; i++)
		if (capture->greens[i].how != CAPTURE_UNREAD)
			r = send_green(decoder, capture->thread_count + i);
	return r;
}

static int ask_again(const struct decoder *decoder)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_TREE_MAX);
	struct value *list = value_add_list(&tree, &tree.root, "again");

	for (size_t i = 0; i < decoder->again_count; i++)
		value_add_int(&tree, list, NULL, (int64_t)decoder->again[i]);
	return send_tree(decoder, &tree);
}

/* Have the sleepers stopped whose stack was not whole, and send what is there then. */
static int send_again(struct decoder *decoder)
{
	CLEANUP(buf_done) struct buf answer = BUF(ANSWER_MAX);
	const struct decode_again *again;
	int r = ask_again(decoder);

	if (r == 0)
		r = confine_receive(decoder->channel, -1, &answer);
	if (r <= 0)
		return r < 0 ? r : -ECONNRESET;
	again = (const struct decode_again *)(const void *)answer.data;
	for (size_t i = 0; i < answer.len / sizeof(*again); i++)
		decoder->job->capture->threads[again[i].index] = again[i].thread;
	for (size_t i = 0; i < decoder->again_count; i++) {
		r = send_stack(decoder, decoder->again[i], false);
		if (r < 0)
			return r;
	}
	return 0;
}

static int send_threads(struct decoder *decoder)
{
	const struct capture *capture = decoder->job->capture;
	int r = 0;

	decoder->again = calloc(capture->thread_count + 1, sizeof(*decoder->again));
	if (!decoder->again)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < capture->thread_count; i++)
		if (capture->threads[i].how != CAPTURE_UNREAD)
			r = send_stack(decoder, i, true);
	return r == 0 && decoder->again_count > 0 ? send_again(decoder) : r;
}

static int send_stacks(struct decoder *decoder)
{
	const struct decode_options *options = decoder->job->options;
	const char *why = NULL;
	int r = decoder_stacks_open(decoder->job, &decoder->stacks, &why);

	if (r == 0 && why)
		r = send_text(decoder, "why", why);
	if (r == 0 && options->stacks)
		r = send_threads(decoder);
	return r == 0 && options->greens ? send_greens(decoder) : r;
}

static int send_package(const struct decoder *decoder)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);

	package_find(decoder->job->target, decoder->job->exe, &tree, value_add_map(&tree, &tree.root, "package"));
	return send_tree(decoder, &tree);
}

/* Our own of proc and of the process, and what we were started with, are not for who decodes: pagemap, opened by root,
 * tells more than its user may know. */
static int keep_files(const struct decode_job *job, int channel)
{
	size_t modules = job->capture ? job->capture->module_count : 0, count = 0;
	int *keep = calloc(modules + 3, sizeof(*keep));

	if (!keep)
		return -ENOMEM;
	keep[count++] = channel;
	keep[count++] = job->exe;
	keep[count++] = job->target->root;
	for (size_t i = 0; i < modules; i++)
		keep[count++] = job->capture->modules[i].fd;
	keep_only(keep, count);
	free(keep);
	return 0;
}

/* Stacks come first: the threads that are asked for again should not have to wait, and a package's database may lie on
 * a file system that hangs. Nothing is freed: it ends. */
int decoder_run(int channel, void *context)
{
	struct decoder decoder = { .job = context, .channel = channel };
	int r = keep_files(decoder.job, channel);

	if (r == 0 && (decoder.job->options->stacks || decoder.job->options->greens) && decoder.job->capture)
		r = send_stacks(&decoder);
	if (r == 0 && decoder.job->options->python && decoder.job->capture)
		r = decoder_python_send(decoder.job, channel);
	if (r == 0 && decoder.job->options->package)
		r = send_package(&decoder);
	if (r == 0)
		r = send_done(&decoder);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
