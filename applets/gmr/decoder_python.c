#include "applets/gmr/decoder_python.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/decoder_python_private.h"
#include "applets/gmr/syscalls.h"
#include "core/cleanup.h"
#include "core/grow.h"

enum { STATES_MAX = 65536, NAME_MAX_BYTES = 1024 };

/* --- who its threads are --- */

/* What it counts the thread INDEX by. */
static pid_t inner_tid(const struct decode_job *job, size_t index)
{
	return job->tids ? job->tids[index] : job->capture->threads[index].tid;
}

/* Is thread INDEX the one that Python calls THREAD? Before 3.11 it knows its pthread_t only, which is the thread
 * pointer on some machines. */
static bool is_thread(const struct decode_job *job, size_t index, const struct python_thread *thread)
{
	const struct capture_thread *captured = &job->capture->threads[index];

	if (thread->tid)
		return inner_tid(job, index) == thread->tid;
	return job->capture->thread_count == 1 || (captured->how == CAPTURE_STOPPED && thread->ident &&
						    captured->regs.thread_pointer == thread->ident);
}

/* Both are often in the same order, and the latest are first in one of them: from where the last one was, around. */
static ssize_t find_thread(const struct decode_job *job, const struct python_thread *thread, size_t from)
{
	size_t count = job->capture->thread_count;

	for (size_t i = 0; i < count; i++) {
		size_t at = (from + count - i) % count;

		if (is_thread(job, at, thread))
			return (ssize_t)at;
	}
	return -1;
}

static int keep_state(const struct python_thread *thread, void *context)
{
	struct decoder_python *d = context;

	if (d->state_count == STATES_MAX)
		return -ENOBUFS;
	if (GROW(d->states, d->state_size, d->state_count + 1) < 0)
		return -ENOMEM;
	d->states[d->state_count++] = (struct decoder_state){ *thread, -1 };
	return 0;
}

static int by_address(const void *one, const void *other)
{
	uint64_t a = ((const struct decoder_state *)one)->thread.state;
	uint64_t b = ((const struct decoder_state *)other)->thread.state;

	return (a > b) - (a < b);
}

static int list_states(struct decoder_python *d)
{
	size_t at = d->job->capture->thread_count;
	int r = python_threads(d->python, keep_state, d);

	for (size_t i = 0; i < d->state_count; i++) {
		struct decoder_state *state = &d->states[i];

		state->index = find_thread(d->job, &state->thread, at);
		at = state->index > 0 ? (size_t)state->index - 1 : d->job->capture->thread_count;
	}
	return r;
}

/* --- a thread --- */

static bool is_in_futex(const struct capture_thread *thread)
{
	const char *name = thread->call.number >= 0 ? syscall_name(thread->call.number) : NULL;

	return name && !strcmp(name, "futex");
}

static const char *gil_of(struct decoder_python *d, const struct decoder_state *state)
{
	const struct capture_thread *thread = &d->job->capture->threads[state->index];

	if (state->thread.holds_gil)
		return "holds";
	if (is_in_futex(thread) && python_is_gil(d->python, state->thread.interpreter, thread->call.args[0]))
		return "waits";
	return NULL;
}

struct beginning {
	struct decoder_python *d;
	const struct decoder_state *state;
};

static void begin_thread(struct value_tree *tree, const void *context)
{
	const struct beginning *beginning = context;
	struct decoder_python *d = beginning->d;
	const struct decoder_state *state = beginning->state;
	CLEANUP(buf_done) struct buf name = BUF(NAME_MAX_BYTES);

	value_add_int(tree, &tree->root, "python", state->index);
	value_add_int(tree, &tree->root, "interpreter", state->thread.interpreter_id);
	value_add_int(tree, &tree->root, "ident", (int64_t)state->thread.ident);
	if (python_thread_name(d->python, &state->thread, &name) == 0 && name.len > 0)
		value_add_bytes(tree, &tree->root, "thread_name", name.data, name.len);
	value_add_string(tree, &tree->root, "gil", gil_of(d, state));
	value_add_bool(tree, &tree->root, "settled", python_is_settled(d->python, &state->thread));
}

static int send_thread(struct decoder_python *d, const struct decoder_state *state)
{
	const struct beginning beginning = { d, state };
	enum python_end end = PYTHON_WHOLE;

	d->count = 0;
	if (d->frames_sent >= DECODER_PYTHON_FRAMES_MAX)
		end = PYTHON_CUT;
	else if (state->thread.frame &&
		 python_frames(d->python, state->thread.frame, decoder_python_keep, d, &end) < 0)
		end = PYTHON_BROKEN;
	return decoder_python_stack(d, begin_thread, &beginning, end, &state->thread);
}

/* Sends all of them; RET_REST: how many are no thread of the capture's. A state may outlive its thread: what executes
 * nothing is not missed. */
static int send_threads(struct decoder_python *d, size_t *ret_rest)
{
	for (size_t i = 0; i < d->state_count && !d->error; i++) {
		if (d->states[i].index >= 0)
			(void)send_thread(d, &d->states[i]);
		else if (d->states[i].thread.frame)
			++*ret_rest;
	}
	return d->error;
}

/* --- all of it --- */

static int open_all(struct decoder_python *d)
{
	d->lines = calloc(DECODER_PYTHON_CACHED, sizeof(*d->lines));
	if (d->job->options->sources && source_open(d->job->target, &d->source) < 0)
		d->source = NULL;
	return d->lines ? 0 : -ENOMEM;
}

/* What a walk that ended with R has not told. */
static const char *why_of(const char *why, int r, const char *what)
{
	if (why[0])
		return why;
	return r < 0 ? what : "";
}

static int send_rest(struct decoder_python *d, size_t threads, int of_threads, int of_greens)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(DECODE_MESSAGE_MAX);
	struct value *rest = value_add_map(&tree, &tree.root, "python_rest");

	value_add_int(&tree, rest, "threads", (int64_t)threads);
	value_add_int(&tree, rest, "greens", (int64_t)d->greens_rest);
	value_add_bool(&tree, rest, "settled", python_is_settled(d->python, NULL));
	value_add_string(&tree, rest, "why", why_of(python_why(d->python), of_threads,
						    "not all of Python's threads could be read"));
	value_add_string(&tree, rest, "greens_why", why_of(python_greens_why(d->python), of_greens,
							   "not all greenlets and tasks could be read"));
	return decoder_python_send_tree(d, &tree);
}

/* Nothing is freed: the process ends. */
int decoder_python_send(const struct decode_job *job, int channel)
{
	struct decoder_python *d = calloc(1, sizeof(*d));
	int r, threads, greens = 0;
	size_t rest = 0;

	if (!d)
		return -ENOMEM;
	d->job = job;
	d->python = job->options->python;
	d->channel = channel;
	r = open_all(d);
	if (r < 0)
		return r;
	threads = list_states(d);
	if (threads == -ENOMEM)
		return threads;
	if (job->options->python_threads && send_threads(d, &rest) < 0)
		return d->error;
	if (d->state_count > 1)
		qsort(d->states, d->state_count, sizeof(*d->states), by_address);
	if (job->options->python_greens)
		greens = decoder_python_greens(d);
	return d->error ? d->error : send_rest(d, rest, threads, greens);
}
