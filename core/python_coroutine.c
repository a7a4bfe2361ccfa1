/* python_coroutine.c: see python_private.h: what a coroutine awaits, and what that awaits in turn.
 *
 * A coroutine that awaits another has it on top of its frame's stack of values, and is suspended at an instruction that
 * only those have who hand on what the inner one yields (_PyGen_yf() in Objects/genobject.c):
 *
 *	3.8 to 3.10    the next instruction is YIELD_FROM
 *	3.11, 3.12     the next instruction is RESUME, its argument 2 (yield from) or 3 (await)
 *	from 3.13 on   a state of its own says so: FRAME_SUSPENDED_YIELD_FROM
 *
 * Generators and asynchronous generators begin as coroutines do. Between an asynchronous generator and who awaits it
 * there is an object that holds nothing else first; a coroutine's own iterator is such an object, too. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

enum { HEAP_TYPE = 9 /* bit of tp_flags: a type that was made at run time */, HELD = 16, STACK_MAX = 1 << 16 };

enum state { CLOSED, CREATED, RUNNING, SUSPENDED, AWAITING };

/* Beyond python_layout. */
struct details {
	enum { STACK_POINTER, STACK_DEPTH, STACK_INDEX } stack; /* what frame.stacktop is */
	uint32_t valuestack, f_state;  /* of PyFrameObject, 3.10: less than 0: suspended, 0: runs */
	int8_t created, awaiting;      /* gi_frame_state; awaiting 0: see the instruction */
	uint8_t opcodes[2], argument;  /* the next instruction: one of these, its argument not less */
};

static const struct details details[] = {
	[8] = { STACK_POINTER, PYTHON_NONE, PYTHON_NONE, 0, 0, { 72, 72 }, 0 },
	[9] = { STACK_POINTER, PYTHON_NONE, PYTHON_NONE, 0, 0, { 72, 72 }, 0 },
	[10] = { STACK_DEPTH, 64, 108, 0, 0, { 72, 72 }, 0 },
	[11] = { STACK_INDEX, PYTHON_NONE, PYTHON_NONE, -2, 0, { 151, 150 /* RESUME_QUICK */ }, 2 },
	[12] = { STACK_INDEX, PYTHON_NONE, PYTHON_NONE, -2, 0, { 151, 240 /* INSTRUMENTED_RESUME */ }, 2 },
	[13] = { STACK_INDEX, PYTHON_NONE, PYTHON_NONE, -3, -1, { 0, 0 }, 0 },
	[14] = { STACK_POINTER, PYTHON_NONE, PYTHON_NONE, -3, -1, { 0, 0 }, 0 },
};

/* ---- which object it is ---- */

bool python_type_is(struct python *p, uint64_t type, const char *name)
{
	const size_t size = strlen(name) + 1;
	char text[64];
	int64_t at; /* of a char, which may be anywhere */

	return size <= sizeof text && python_int64(p, type, p->layout.type.name, &at) == 0 &&
	       pages_read(p->pages, (uint64_t)at, text, size) == 0 && memcmp(text, name, size) == 0;
}

static bool is_builtin(struct python *p, uint64_t type)
{
	int64_t flags;

	return python_int64(p, type, p->layout.type.flags, &flags) == 0 && !(flags >> HEAP_TYPE & 1);
}

static bool is_one_of(struct python *p, uint64_t type, const char *const *names)
{
	for (; *names; names++)
		if (python_type_is(p, type, *names))
			return true;
	return false;
}

static bool has_frame(struct python *p, uint64_t type)
{
	static const char *const names[] = { "coroutine", "generator", "async_generator", NULL };

	return is_one_of(p, type, names);
}

static bool holds_another(struct python *p, uint64_t type)
{
	static const char *const names[] = { "coroutine_wrapper", "async_generator_asend", "async_generator_athrow",
					     "anext_awaitable", NULL };

	return is_one_of(p, type, names);
}

/* ---- its frame ---- */

static int keep_frame(const struct python_frame *frame, void *context)
{
	*(struct python_frame *)context = *frame;
	return 1;
}

/* What the walk says of the first one: a suspended coroutine's frame has no other behind it. */
static int read_frame(struct python *p, uint64_t address, struct python_frame *ret)
{
	enum python_end end = PYTHON_BROKEN;
	int r = python_frames(p, address, keep_frame, ret, &end);

	if (r == 1)
		return 0;
	return r < 0 ? r : end == PYTHON_LOST ? -EFAULT : -EBADMSG;
}

/* 3.8 to 3.10: RET_FRAME 0: it has ended. */
static int read_object(struct python *p, const struct details *d, uint64_t object, uint64_t *ret_frame,
		       enum state *ret_state)
{
	uint64_t frame;
	uint8_t byte;
	int r = python_pointer(p, object, p->layout.generator.frame, &frame);

	if (r == 0 && frame)
		r = d->f_state != PYTHON_NONE ? python_byte(p, frame, d->f_state, &byte) :
						python_byte(p, object, p->layout.generator.running, &byte);
	if (r < 0)
		return r;
	*ret_frame = frame;
	if (!frame)
		*ret_state = CLOSED;
	else if (d->f_state == PYTHON_NONE)
		*ret_state = byte ? RUNNING : SUSPENDED;
	else
		*ret_state = byte == 0 ? RUNNING : (int8_t)byte > 0 ? CLOSED : SUSPENDED;
	return 0;
}

/* From 3.11 on: the frame is a part of the object. */
static int read_embedded(struct python *p, const struct details *d, uint64_t object, uint64_t *ret_frame,
			 enum state *ret_state)
{
	uint8_t byte;
	int r = python_byte(p, object, p->layout.generator.state, &byte);
	int8_t state;

	if (r < 0)
		return r;
	state = (int8_t)byte;
	if (state < d->created)
		return -EBADMSG;
	*ret_frame = object + p->layout.generator.frame;
	*ret_state = state > 0 ? CLOSED : state == 0 ? RUNNING : state == d->created ? CREATED :
		     state == d->awaiting ? AWAITING : SUSPENDED;
	return 0;
}

/* ---- what it awaits ---- */

static int read_instruction(struct python *p, const struct python_frame *frame, uint8_t ret[2])
{
	uint64_t bytes = frame->code + p->layout.code.code;
	int r = 0;

	if (p->layout.frame_kind == PYTHON_FRAME_OBJECTS) {
		r = python_pointer(p, frame->code, p->layout.code.code, &bytes);
		bytes += p->layout.bytes.data;
	}
	return r < 0 ? r : pages_read(p->pages, bytes + (uint64_t)frame->lasti + 2, ret, 2);
}

/* Of one that is suspended. */
static int refine(struct python *p, const struct details *d, const struct python_frame *frame, enum state *state)
{
	uint8_t next[2];
	int r;

	if (*state != SUSPENDED || d->awaiting)
		return 0;
	if (frame->lasti < 0) {
		*state = CREATED;
		return 0;
	}
	r = read_instruction(p, frame, next);
	if (r == 0 && (next[0] == d->opcodes[0] || next[0] == d->opcodes[1]) && next[1] >= d->argument)
		*state = AWAITING;
	return r;
}

/* The end of the stack of values. */
static int find_top(struct python *p, const struct details *d, uint64_t frame, uint64_t *ret)
{
	uint64_t base = frame + p->layout.frame.localsplus;
	int32_t count;
	int r;

	if (d->stack == STACK_POINTER)
		return python_pointer(p, frame, p->layout.frame.stacktop, ret);
	r = d->stack == STACK_DEPTH ? python_pointer(p, frame, d->valuestack, &base) : 0;
	if (r == 0)
		r = python_int32(p, frame, p->layout.frame.stacktop, &count);
	if (r < 0)
		return r;
	if (count < 1 || count > STACK_MAX)
		return -EBADMSG;
	*ret = base + (uint64_t)count * sizeof(uint64_t);
	return 0;
}

static int read_awaited(struct python *p, const struct details *d, uint64_t frame, uint64_t *ret)
{
	uint64_t top, object;
	int64_t value;
	int r = find_top(p, d, frame, &top);

	if (r == 0 && top < sizeof value)
		r = -EBADMSG;
	if (r == 0)
		r = python_int64(p, top - sizeof value, 0, &value);
	if (r < 0)
		return r;
	object = (uint64_t)value & ~(uint64_t)p->layout.frame.tagged;
	if (object == 0)
		return -EBADMSG;
	*ret = object;
	return 0;
}

/* ---- the chain ---- */

static void add_frame(struct python_chain *chain, const struct python_frame *frame)
{
	chain->frames[chain->count % chain->room] = *frame;
	chain->count++;
}

/* OBJECT has a frame: add it. RET_NEXT 0: it awaits nothing. */
static int step_frame(struct python *p, const struct details *d, uint64_t object, struct python_chain *chain,
		      uint64_t *ret_next)
{
	struct python_frame frame = { 0 };
	enum state state = CLOSED;
	int r = p->layout.frame_kind == PYTHON_FRAME_OBJECTS ? read_object(p, d, object, &frame.address, &state) :
							       read_embedded(p, d, object, &frame.address, &state);

	*ret_next = 0;
	if (r < 0 || state == CLOSED)
		return r;
	if (state == RUNNING) {
		chain->running = true;
		return chain->count == 0 ? 0 : -EBADMSG; /* who awaits it would run, too */
	}
	r = read_frame(p, frame.address, &frame);
	if (r < 0)
		return r;
	add_frame(chain, &frame);
	r = refine(p, d, &frame, &state);
	return r == 0 && state == AWAITING ? read_awaited(p, d, frame.address, ret_next) : r;
}

static int step(struct python *p, const struct details *d, uint64_t object, struct python_chain *chain,
		uint64_t *ret_next)
{
	uint64_t type;
	int r = python_type_of(p, object, &type);

	if (r < 0)
		return r;
	*ret_next = 0;
	if (!is_builtin(p, type))
		return 0;
	if (has_frame(p, type))
		return step_frame(p, d, object, chain, ret_next);
	return holds_another(p, type) ? python_pointer(p, object, HELD, ret_next) : 0;
}

void python_chain_read(struct python *p, uint64_t coroutine, struct python_chain *chain)
{
	const size_t minor = (size_t)p->layout.minor;
	uint64_t object = coroutine, mark = 0;
	int r = minor < sizeof(details) / sizeof(details[0]) ? 0 : -EBADMSG;

	chain->count = 0;
	chain->running = false;
	for (size_t i = 0; r == 0 && object; i++) {
		const uint64_t at = object;

		if (at == mark)
			r = -EBADMSG; /* it awaits itself */
		else if (i > PYTHON_FRAMES_MAX)
			r = -E2BIG;
		else
			r = step(p, &details[minor], at, chain, &object);
		if ((i & (i - 1)) == 0)
			mark = at;
	}
	chain->end = r == 0 ? PYTHON_WHOLE : r == -E2BIG ? PYTHON_CUT : r == -EBADMSG ? PYTHON_BROKEN : PYTHON_LOST;
}
