/* capture_green.c: see capture_private.h: green threads, which are memory of the process and nothing else.
 *
 * One that does not run is where its registers say, which the program has saved somewhere; they are read before and
 * behind the copy of its stack, so that one that went on meanwhile is seen. Where it begins and ends, what it was and
 * is, all is the program's word: nothing but its stack is read for its stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "core/capture_private.h"
#include "core/cleanup.h"

enum { GREEN_TRIES = 3 };

/* Those that are being read. */
struct batch {
	size_t count;
	struct capture_thread *greens[CAPTURE_BATCH];
	const struct capture_green_spec *specs[CAPTURE_BATCH];
	char saved[CAPTURE_BATCH][REGS_CONTEXT_SIZE], again[CAPTURE_BATCH][REGS_CONTEXT_SIZE];
	struct capture_piece contexts[CAPTURE_BATCH], stacks[CAPTURE_BATCH];
	struct iovec iov[2 * CAPTURE_BATCH];
};

/* Where the stack of a thread is. */
struct place {
	uint64_t sp;
	pid_t tid;
};

static int compare_places(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	return (a->sp > b->sp) - (a->sp < b->sp);
}

/* Of a thread that handles a signal on a stack of its own, that of the handler and the other one. */
static size_t find_places(const struct capture *c, struct place *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < c->thread_count; i++) {
		const struct capture_thread *t = &c->threads[i];

		if (t->how == CAPTURE_UNREAD)
			continue;
		ret[count++] = (struct place){ t->regs.sp, t->tid };
		if (t->other)
			ret[count++] = (struct place){ t->other_at, t->tid };
	}
	qsort(ret, count, sizeof(*ret), compare_places);
	return count;
}

/* The thread that runs on the stack of SPEC, or 0. */
static pid_t runs_in(const struct capture_green_spec *spec, const struct place *places, size_t count)
{
	size_t begin = 0, end = count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (places[middle].sp < spec->stack)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin < count && places[begin].sp - spec->stack < spec->stack_size ? places[begin].tid : 0;
}

static bool is_sound(const struct capture_green_spec *spec)
{
	return spec->stack && spec->stack_size && spec->stack_size <= UINT64_MAX - spec->stack &&
	       !spec->context != !spec->registers;
}

static int copy(const struct capture *c, struct capture_piece *pieces, struct batch *b)
{
	return capture_copy(c->private->pagemap, c->private->reader, pieces, b->count, b->iov, CAPTURE_BATCH);
}

static int copy_contexts(const struct capture *c, struct batch *b, char (*ret)[REGS_CONTEXT_SIZE])
{
	for (size_t i = 0; i < b->count; i++) {
		const struct capture_green_spec *spec = b->specs[i];

		b->contexts[i] = (struct capture_piece){
			.from = spec->context ? spec->context : spec->registers, .to = ret[i],
			.len = spec->context ? REGS_CONTEXT_SIZE : REGS_SAVED_SIZE,
		};
	}
	return copy(c, b->contexts, b);
}

/* Where it goes on: in code, and on its stack. */
static int take_registers(const struct capture *c, const struct batch *b, size_t i, struct regs *ret)
{
	const struct capture_green_spec *spec = b->specs[i];
	const struct procparse_map *code;
	int r;

	if (b->contexts[i].got < b->contexts[i].len)
		return -EFAULT;
	r = spec->context ? regs_of_context(b->saved[i], ret) : regs_of_saved(b->saved[i], ret);
	if (r < 0)
		return r;
	code = capture_mapping(c, ret->pc);
	if (!code || code->perms[2] != 'x' || ret->sp - spec->stack >= spec->stack_size)
		return -EBADMSG;
	return 0;
}

/* Room for each stack. */
static void place_stacks(struct capture *c, struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct capture_green_spec *spec = b->specs[i];
		struct capture_thread *green = b->greens[i];
		uint64_t end = spec->stack + spec->stack_size;

		b->stacks[i] = (struct capture_piece){ 0 };
		green->error = take_registers(c, b, i, &green->regs);
		if (green->error < 0)
			continue;
		capture_piece_at(c, &c->private->pool, green->regs.sp, end - green->regs.sp, &b->stacks[i]);
		if (!b->stacks[i].len)
			green->error = -ENOBUFS;
	}
}

/* That of I is as it was: it is read. */
static void take_stack(struct batch *b, size_t i)
{
	static const struct capture_piece none;
	struct capture_thread *green = b->greens[i];

	if (green->error < 0)
		return;
	if (!b->stacks[i].got) {
		green->error = -ENODATA;
		return;
	}
	green->how = CAPTURE_ASLEEP;
	green->called = true;
	green->stack_top = b->specs[i]->stack + b->specs[i]->stack_size;
	capture_set_stack(green, &b->stacks[i], &none);
}

/* Those that have changed meanwhile stay. */
static void keep_changed(struct batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		size_t len = b->contexts[i].len;

		if (b->greens[i]->error == -EFAULT ||
		    (b->contexts[i].got == len && memcmp(b->saved[i], b->again[i], len) == 0)) {
			take_stack(b, i);
			continue;
		}
		b->greens[i]->error = -EAGAIN;
		b->greens[kept] = b->greens[i];
		b->specs[kept++] = b->specs[i];
	}
	b->count = kept;
}

static void refuse(struct batch *b, int error)
{
	for (size_t i = 0; i < b->count; i++)
		b->greens[i]->error = error;
}

static void read_batch(struct capture *c, struct batch *b)
{
	for (int tries = 0; b->count && tries < GREEN_TRIES; tries++) {
		int r = capture_is_late(c) ? -ETIMEDOUT : copy_contexts(c, b, b->saved);

		if (r == 0) {
			place_stacks(c, b);
			r = copy(c, b->stacks, b);
		}
		if (r == 0)
			r = copy_contexts(c, b, b->again);
		if (r < 0) {
			refuse(b, r);
			break;
		}
		keep_changed(b);
	}
	b->count = 0;
}

static void read_greens(struct capture *c, const struct capture_green_spec *specs, const struct place *places,
			size_t place_count)
{
	struct batch b;

	b.count = 0;
	for (size_t i = 0; i < c->green_count; i++) {
		struct capture_thread *green = &c->greens[i];

		green->error = is_sound(&specs[i]) ? 0 : -EINVAL;
		if (green->error < 0)
			continue;
		green->tid = runs_in(&specs[i], places, place_count);
		if (green->tid) {
			capture_find_thread(c, green->tid)->stack_top = specs[i].stack + specs[i].stack_size;
			continue;
		}
		b.greens[b.count] = green;
		b.specs[b.count++] = &specs[i];
		if (b.count == CAPTURE_BATCH)
			read_batch(c, &b);
	}
	read_batch(c, &b);
}

int capture_green(struct capture *c, const struct capture_green_spec *specs, size_t count)
{
	size_t taken = count < CAPTURE_GREENS_MAX ? count : CAPTURE_GREENS_MAX, place_count;
	CLEANUP(free_done) struct place *places = calloc(2 * c->thread_count + 1, sizeof(*places));
	struct capture_thread *greens = calloc(taken + 1, sizeof(*greens));

	if (!places || !greens) {
		free(greens);
		return -ENOMEM;
	}
	free(c->greens);
	c->greens = greens;
	c->green_count = taken;
	c->greens_cut = count > taken;
	place_count = find_places(c, places);
	read_greens(c, specs, places, place_count);
	return 0;
}
