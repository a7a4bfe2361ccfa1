/* python_greenlet.c: see python_private.h: greenlets.
 *
 * To greenlet 1.1 all is in the object itself (greenlet.h: struct _greenlet). From 2.0 on the object has but a pointer,
 * "pimpl", to a C++ object of class Greenlet: MainGreenlet or UserGreenlet, whose fields differ with the version of
 * both greenlet and CPython. Nothing tells greenlet's version in numbers, so they are found by what has to hold: pimpl
 * leads back to the object by "_self", either at the begin (3.x) or behind what both classes share (2.0); the frame
 * that was saved is a frame; the parent is a greenlet. What does not fit is not guessed.
 *
 * From CPython 3.12 on the frame that enters the interpreter lies on the C stack, and that of a suspended greenlet may
 * be under another one's by now. It need not be looked for in the copy of its stack: whenever greenlet switches away it
 * takes such frames out of the chain (expose_frames(); 3.0.0 to 3.0.2 cut it behind the innermost frame instead).
 *
 *	stack_start 0           not started, or has finished
 *	stack_stop ~0           the main one of its thread
 *	top_frame 0             it runs */
#include "core/python_private.h"

#include <errno.h>

enum {
	BASES_MAX = 64,
	WORD = 8,
	OLD_SIZE_MIN = 144, OLD_SIZE_MAX = 200, OLD_MINOR_MAX = 10, /* of PyGreenlet to 1.1 */
	NEW_SIZE = 40, PIMPL = 32,                                  /* and from 2.0 on */
	EXC_CHAIN_MAX = 4096,
	EXC_STATE_MAX = 4096,                                       /* it lies in a PyThreadState, which is smaller */
};

/* Where fields are, in bytes from BASE: the object, or what pimpl points to. */
struct shape {
	uint32_t exc_info, start, stop, top, parent;
};

static const struct shape old = { .exc_info = 96, .start = 16, .stop = 24, .top = 72, .parent = 56 };

/* UserGreenlet._parent by CPython's 3.x, whatever greenlet's version; 3.14: with neither PythonState.current_executor
 * nor .stackpointer, with one of these, with both. Two words in front of it is _main_greenlet. */
enum { PARENTS = 3, TO_MAIN = 2 * WORD };
static const uint32_t parents[][PARENTS] = {
	[8] = { 152 }, [9] = { 152 }, [10] = { 168 }, [11] = { 184 }, [12] = { 184 }, [13] = { 176 },
	[14] = { 176, 184, 192 },
};

/* ---- its type ---- */

/* -ENOENT: no greenlet. RET_SIZE: tp_basicsize of greenlet's own type. */
static int find_type(struct python *p, uint64_t object, int64_t *ret_size)
{
	uint64_t type;
	int r = python_type_of(p, object, &type);

	for (int i = 0; r == 0 && type && i < BASES_MAX; i++) {
		if (python_type_is(p, type, "greenlet.greenlet"))
			return python_int64(p, type, p->layout.type.basicsize, ret_size);
		r = python_pointer(p, type, p->layout.type.base, &type);
	}
	return r < 0 ? r : -ENOENT;
}

static bool is_greenlet(struct python *p, uint64_t object)
{
	int64_t size;

	return object && find_type(p, object, &size) == 0;
}

static int check_frame(struct python *p, uint64_t object)
{
	uint64_t type;
	int r = python_type_of(p, object, &type);

	return r < 0 || python_type_is(p, type, "frame") ? r : -ENOTSUP;
}

/* ---- its fields ---- */

/* Of class Greenlet: vtable, in 3.x _self, exc_info, exc_state (an _PyErr_StackItem), two switch_args, stack_start,
 * stack_stop, stack_copy, stack_saved, stack_prev, context, top_frame, ... */
static struct shape shape_of(const struct python_layout *l, uint32_t exc_info, uint32_t parent)
{
	uint32_t item = l->exc_item.previous + WORD;
	struct shape shape = { .exc_info = exc_info, .parent = parent };

	shape.start = exc_info + WORD + item + 2 * WORD;
	shape.stop = shape.start + WORD;
	shape.top = shape.start + 6 * WORD;
	return shape;
}

static int find_new(struct python *p, uint64_t object, uint64_t *ret_base, struct shape *ret)
{
	size_t minor = (size_t)p->layout.minor;
	uint32_t parent = minor < sizeof(parents) / sizeof(*parents) ? parents[minor][0] : 0;
	uint64_t base, self;
	int r = parent ? python_pointer(p, object, PIMPL, &base) : -ENOTSUP;

	if (r == 0 && !base)
		r = -EBADMSG; /* it is being made or freed */
	if (r < 0)
		return r;
	*ret_base = base;
	if (python_pointer(p, base, WORD, &self) == 0 && self == object)
		*ret = shape_of(&p->layout, 2 * WORD, parent);
	else if (python_pointer(p, base, parent - 3 * WORD, &self) == 0 && self == object)
		*ret = shape_of(&p->layout, WORD, parent);
	else
		r = -ENOTSUP;
	return r;
}

static int find_shape(struct python *p, uint64_t object, uint64_t *ret_base, struct shape *ret)
{
	int64_t size;
	int r = find_type(p, object, &size);

	if (r < 0)
		return r;
	if (size == NEW_SIZE)
		return find_new(p, object, ret_base, ret);
	if (size < OLD_SIZE_MIN || size > OLD_SIZE_MAX || p->layout.minor > OLD_MINOR_MAX)
		return -ENOTSUP;
	*ret_base = object;
	*ret = old;
	return 0;
}

static bool is_main(struct python *p, uint64_t object)
{
	struct shape shape;
	uint64_t base;
	int64_t stop;

	return object && find_shape(p, object, &base, &shape) == 0 &&
	       python_int64(p, base, shape.stop, &stop) == 0 && stop == -1;
}

/* Where it might be may be the main greenlet instead, or what was there before: it has to be in its place. */
static uint64_t find_parent(struct python *p, uint64_t object, uint64_t base, const struct shape *shape)
{
	const uint32_t *at = parents[p->layout.minor];
	uint64_t parent, root;

	if (base == object)
		return python_pointer(p, base, shape->parent, &parent) == 0 && is_greenlet(p, parent) ? parent : 0;
	for (int i = 0; i < PARENTS && at[i]; i++)
		if (python_pointer(p, base, at[i], &parent) == 0 && is_greenlet(p, parent) &&
		    python_pointer(p, base, at[i] - TO_MAIN, &root) == 0 && is_main(p, root))
			return parent;
	return 0;
}

/* ---- its thread ---- */

/* Chains of handled exceptions end in their thread's state: at PyThreadState.exc_state. */
static int find_chain_end(struct python *p, uint64_t address, uint32_t offset, uint64_t *ret)
{
	uint64_t item, next;
	int r = python_pointer(p, address, offset, &item);

	if (r == 0 && !item)
		r = -EBADMSG;
	for (int i = 0; r == 0 && i < EXC_CHAIN_MAX; i++) {
		r = python_pointer(p, item, p->layout.exc_item.previous, &next);
		if (r == 0 && !next) {
			*ret = item;
			return 0;
		}
		item = next;
	}
	return r < 0 ? r : -EBADMSG;
}

static int find_exc_state(const struct python_thread *thread, void *context)
{
	struct python *p = context;
	uint64_t end;

	if (find_chain_end(p, thread->state, p->layout.thread.exc_info, &end) < 0 || end <= thread->state ||
	    end - thread->state > EXC_STATE_MAX)
		return 0;
	p->exc_state_at = (uint32_t)(end - thread->state);
	return 1;
}

/* 0: not known; its thread has ended. */
static uint64_t find_thread(struct python *p, uint64_t base, const struct shape *shape)
{
	uint64_t end, same;

	if (!p->exc_state_at && python_threads(p, find_exc_state, p) != 1)
		return 0;
	if (find_chain_end(p, base, shape->exc_info, &end) < 0 || end <= p->exc_state_at ||
	    find_chain_end(p, end - p->exc_state_at, p->layout.thread.exc_info, &same) < 0)
		return 0;
	return same == end ? end - p->exc_state_at : 0;
}

/* ---- what others ask ---- */

static int fill(struct python *p, uint64_t object, uint64_t base, const struct shape *shape, struct python_green *ret)
{
	struct python_green green = { .kind = PYTHON_GREENLET, .address = object };
	int64_t start, stop;
	uint64_t top;
	int r = python_int64(p, base, shape->start, &start);

	if (r == 0)
		r = python_int64(p, base, shape->stop, &stop);
	if (r == 0)
		r = python_pointer(p, base, shape->top, &top);
	if (r < 0)
		return r == -EBADMSG ? -ENOTSUP : r;
	if (start == 0 || top == 0)
		return 0;
	r = stop == 0 ? -ENOTSUP : check_frame(p, top);
	green.frame = top;
	if (r == 0 && p->layout.frame_kind != PYTHON_FRAME_OBJECTS)
		r = python_pointer(p, top, p->layout.frame_object_frame, &green.frame);
	if (r < 0)
		return r;
	green.parent = stop == -1 ? 0 : find_parent(p, object, base, shape);
	green.thread = find_thread(p, base, shape);
	*ret = green;
	return 1;
}

int python_greenlet_read(struct python *p, uint64_t object, struct python_green *ret)
{
	struct shape shape;
	uint64_t base;
	int r = find_shape(p, object, &base, &shape);

	return r < 0 ? r : fill(p, object, base, &shape, ret);
}
