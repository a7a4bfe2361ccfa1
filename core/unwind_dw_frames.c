/* unwind_dw_frames.c: the frames of a thread by libdwfl, from its registers and the copy of its stack.
 *
 * Of a thread that slept most registers are not known. Whether one of them would have led further is seen by what they
 * are given instead, addresses that nothing has: it was needed where memory near it is asked for, or code is. */
#include "core/unwind_dw.h"

#include <errno.h>
#include <string.h>

#include "core/innermost.h"

/* What unknown registers are given, 16 MiB from each other: no processor has such an address. */
#define UNKNOWN_FIRST ((uint64_t)0x5a << 56)
#define UNKNOWN_STEP ((uint64_t)1 << 24)
#define UNKNOWN_END (UNKNOWN_FIRST + (REGS_MAX + 1) * UNKNOWN_STEP)

/* What a stack has above the first frame: makecontext(3) keeps arguments there. */
enum { STACK_REST = 64 };

struct unwind_walk {
	struct unwind *unwind;
	const struct capture_thread *thread;
	unwind_fn function;
	void *context;
	int result;              /* of FUNCTION, or -ENOMEM */
	size_t count;            /* frames so far */
	bool limit;
	bool nobody;             /* the return address of the last is 0, in a green thread: its program wants it so */
	uint64_t last_pc;        /* looked up for the last frame */
	uint64_t top;            /* the highest address that was read of the stack, in all steps */
	/* Of the step that leads to the next frame: */
	uint64_t read_at;        /* the highest address that was read */
	bool beyond;             /* more was wanted than the copy has */
	bool unknown;            /* a register was needed that is not known */
	/* An earlier frame, to see whether we go round in circles: */
	uint64_t mark_pc, mark_at;
	size_t mark_next;
};

/* Where the mapping ends that holds ADDRESS, but not before END. */
static uint64_t mapping_end(const struct capture *capture, uint64_t address, uint64_t end)
{
	const struct procparse_map *map = capture_mapping(capture, address);

	return map && map->end > end ? map->end : end;
}

static bool is_unknown(uint64_t address)
{
	return address >= UNKNOWN_FIRST && address < UNKNOWN_END;
}

/* A word at ADDRESS from the LEN bytes of COPY, which lay at BEGIN; CUT: there was more. */
static bool read_copy(struct unwind_walk *walk, const char *copy, uint64_t begin, size_t len, bool cut,
		      uint64_t address, Dwarf_Word *ret)
{
	uint64_t at = address - begin;

	if (!copy || address < begin)
		return false;
	if (at < len && len - at >= sizeof(*ret)) {
		memcpy(ret, copy + at, sizeof(*ret));
		if (address > walk->read_at)
			walk->read_at = address;
		if (address > walk->top)
			walk->top = address;
		return true;
	}
	if (cut && address < mapping_end(walk->unwind->capture, begin, begin + len))
		walk->beyond = true;
	return false;
}

/* What libdwfl may read: the copy of the stack, and of the one that a signal interrupted, where there are two. */
static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *ret, void *arg)
{
	struct unwind *unwind = arg;
	struct unwind_walk *walk = unwind->walk;
	const struct capture_thread *t = walk->thread;

	(void)dwfl;
	if (read_copy(walk, t->stack, t->stack_at, t->stack_len, t->stack_cut, address, ret) ||
	    read_copy(walk, t->other, t->other_at, t->other_len, t->other_cut, address, ret))
		return true;
	if (is_unknown(address))
		walk->unknown = true;
	return false;
}

/* One by one: a processor may have less than REGS_MAX. */
static bool set_registers(Dwfl_Thread *handle, void *arg)
{
	const struct unwind_walk *walk = arg;
	const struct unwind_functions *f = &walk->unwind->f;
	const struct regs *regs = &walk->thread->regs;

	for (unsigned i = 0; i < REGS_MAX; i++) {
		bool known = regs->known >> i & 1;
		Dwarf_Word value = known ? regs->value[i] : UNKNOWN_FIRST + (i + 1) * UNKNOWN_STEP;

		if (!f->dwfl_thread_state_registers(handle, (int)i, 1, &value) && known)
			return false;
	}
	f->dwfl_thread_state_register_pc(handle, regs->pc);
	return true;
}

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread)
{
	(void)dwfl;
	(void)arg;
	(void)thread;
	return 0;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **ret_thread)
{
	struct unwind *unwind = arg;

	(void)dwfl;
	(void)tid;
	*ret_thread = unwind->walk;
	return true;
}

const Dwfl_Thread_Callbacks unwind_thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

/* The same code with the same stack again is for ever (Brent: the mark moves, ever more seldom). */
static bool is_circle(struct unwind_walk *walk, uint64_t pc)
{
	if (walk->count && pc == walk->mark_pc && walk->read_at == walk->mark_at)
		return true;
	if (walk->count == walk->mark_next) {
		walk->mark_pc = pc;
		walk->mark_at = walk->read_at;
		walk->mark_next = 2 * walk->count + 1;
	}
	return false;
}

/* A green thread is where its switch returns to; unless it has not run yet: then a function begins there. */
static bool is_behind_call(struct unwind *unwind, uint64_t pc)
{
	const struct unwind_place *place = unwind_place(unwind, pc);
	const char *name = place ? place->name : NULL;

	place = name ? unwind_place(unwind, pc - 1) : NULL;
	return place && place->name && strcmp(name, place->name) == 0;
}

static int hand_on(struct unwind_walk *walk, uint64_t address, uint64_t pc)
{
	const struct unwind_place *place = unwind_place(walk->unwind, pc);
	struct unwind_frame frame = { .address = address };

	if (!place)
		return -ENOMEM;
	frame.name = place->name;
	frame.module = place->module;
	frame.offset = place->offset + (address - pc);
	frame.file = place->file;
	frame.line = place->line;
	return walk->function(&frame, walk->context);
}

/* An activation is where a thread was interrupted; for a caller the return address may belong to the next function. */
static int take_frame(Dwfl_Frame *state, void *arg)
{
	struct unwind_walk *walk = arg;
	const struct unwind_functions *f = &walk->unwind->f;
	bool activation = true;
	Dwarf_Addr pc;

	if (walk->count >= walk->unwind->options.frames_max) {
		walk->limit = true;
		return DWARF_CB_ABORT;
	}
	walk->beyond = walk->unknown = false;
	walk->read_at = 0;
	/* This makes the step to the next frame, too, to see whether that one is a signal's. */
	if (!f->dwfl_frame_pc(state, &pc, &activation))
		return DWARF_CB_ABORT;
	if (is_unknown(pc)) {
		walk->unknown = true;
		return DWARF_CB_ABORT;
	}
	if (!walk->count && walk->thread->called)
		activation = !is_behind_call(walk->unwind, pc);
	walk->last_pc = pc - !activation;
	if (is_circle(walk, pc))
		return DWARF_CB_ABORT;
	walk->count++;
	walk->result = hand_on(walk, pc, walk->last_pc);
	return walk->result ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/* Has the stack of a green thread no room for more frames? What it returns to in the end (makecontext(3): a part of
 * libc) need not say that nobody called it. */
static bool is_used_up(const struct unwind_walk *walk)
{
	const struct capture_thread *t = walk->thread;

	return t->stack_top && t->stack_top - walk->top <= STACK_REST;
}

static enum unwind_end how_ended(struct unwind_walk *walk)
{
	if (walk->limit)
		return UNWIND_LIMIT;
	if (walk->nobody || is_used_up(walk) || unwind_is_outermost(walk->unwind, walk->last_pc))
		return UNWIND_WHOLE;
	if (walk->beyond)
		return UNWIND_TRUNCATED;
	return walk->unknown ? UNWIND_UNKNOWN : UNWIND_SHORT;
}

int unwind_thread(struct unwind *unwind, const struct capture_thread *thread, unwind_fn function, void *context,
		  enum unwind_end *ret_end)
{
	struct unwind_walk walk = { .unwind = unwind, .thread = thread, .function = function, .context = context };

	if (!unwind->dwfl)
		return innermost_frame(unwind->capture, thread, function, context, ret_end);
	if (thread->how == CAPTURE_UNREAD || !thread->regs.pc)
		return -ENODATA;
	unwind->walk = &walk;
	walk.nobody = unwind->f.dwfl_getthread_frames(unwind->dwfl, thread->tid, take_frame, &walk) == 0 &&
		      thread->stack_top;
	unwind->walk = NULL;
	if (walk.result)
		return walk.result;
	if (!walk.count)
		return innermost_frame(unwind->capture, thread, function, context, ret_end);
	*ret_end = how_ended(&walk);
	return 0;
}
