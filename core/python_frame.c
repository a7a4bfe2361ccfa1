/* python_frame.c: see python.h: the frames of a thread, a generator, a greenlet. */
#include <errno.h>

#include "core/python_private.h"

enum {
	UNIT = 2,                /* bytes of an instruction: _Py_CODEUNIT */
	OWNED_BY_GENERATOR = 1,  /* FRAME_OWNED_BY_GENERATOR, the same in all from 3.11 on */
	FIRST_BEFORE = 16,       /* bytes of _co_firsttraceable, its padding and co_extra */
};

/* Is there one at all that a traceback shows, and which is the next one? */
struct step {
	struct python_frame frame;
	uint64_t previous;
	bool shown;
};

/* PyFrameObject: f_lasti is -1 before the first instruction. */
static int read_object(struct python *p, uint64_t address, struct step *step)
{
	const struct python_layout *l = &p->layout;
	int32_t lasti;
	int r = python_pointer(p, address, l->frame.previous, &step->previous);

	if (r == 0)
		r = python_pointer(p, address, l->frame.code, &step->frame.code);
	if (r == 0)
		r = python_int32(p, address, l->frame.instr, &lasti);
	if (r == 0 && step->frame.code == 0)
		r = -EBADMSG;
	if (r < 0)
		return r;
	step->frame.lasti = lasti < 0 ? -1 : (int64_t)lasti * l->frame.lasti_unit;
	step->shown = true;
	return 0;
}

/* From 3.14 on a tagged reference. */
static int read_code(struct python *p, uint64_t address, uint64_t *ret)
{
	int64_t value;
	int r = python_int64(p, address, p->layout.frame.code, &value);
	uint64_t code = r == 0 ? (uint64_t)value & ~(uint64_t)p->layout.frame.tagged : 0;

	if (r == 0 && (code == 0 || code % sizeof code))
		r = -EBADMSG;
	if (r == 0)
		*ret = code;
	return r;
}

/* Its first instruction: free-threaded builds have copies, one of which it runs: _PyCodeArray, a size and pointers. */
static int find_code(struct python *p, uint64_t address, uint64_t code, uint64_t *ret)
{
	const struct python_layout *l = &p->layout;
	uint64_t copies;
	int64_t count;
	int32_t index;
	int r;

	if (l->code.tlbc == PYTHON_NONE) {
		*ret = code + l->code.code;
		return 0;
	}
	r = python_pointer(p, code, l->code.tlbc, &copies);
	if (r == 0)
		r = python_int64(p, copies, 0, &count);
	if (r == 0)
		r = python_int32(p, address, l->frame.tlbc_index, &index);
	if (r == 0 && (index < 0 || index >= count))
		r = -EBADMSG;
	return r == 0 ? python_pointer(p, copies + sizeof count, (uint32_t)index * sizeof *ret, ret) : r;
}

/* Which instruction a function begins with for those who look from outside: _co_firsttraceable. It is an int, with
 * co_extra, a pointer, behind it; then come the copies, if there are any, and the instructions. */
static int read_first(struct python *p, uint64_t code, int32_t *ret)
{
	const struct python_layout *l = &p->layout;
	uint32_t behind = l->code.tlbc == PYTHON_NONE ? l->code.code : l->code.tlbc;
	int r = python_int32(p, code, behind < FIRST_BEFORE ? PYTHON_NONE : behind - FIRST_BEFORE, ret);

	return r == 0 && *ret < 0 ? -EBADMSG : r;
}

/* Where the frame is in its code, which ob_size of the code object bounds, in units. To 3.12 it is the instruction that
 * was begun last, and one before the first while there is none; then the one that is executed. Who enters a function
 * has not come to its RESUME yet: such a frame is not complete (_PyFrame_IsIncomplete()), and no traceback has it; one
 * of a generator always is. */
static int read_position(struct python *p, uint64_t address, uint8_t owner, struct step *step)
{
	uint64_t begin;
	int64_t instr, units, at;
	int32_t first;
	int r = python_int64(p, address, p->layout.frame.instr, &instr);

	if (r == 0)
		r = python_int64(p, step->frame.code, p->layout.tuple.size, &units);
	if (r == 0)
		r = find_code(p, address, step->frame.code, &begin);
	if (r == 0)
		r = read_first(p, step->frame.code, &first);
	if (r < 0)
		return r;
	at = (int64_t)((uint64_t)instr - begin);
	if (units <= 0 || units > INT32_MAX || at < -UNIT || at >= units * UNIT || at % UNIT)
		return -EBADMSG;
	step->frame.lasti = at < 0 ? -1 : at;
	step->shown = owner == OWNED_BY_GENERATOR || at >= (int64_t)first * UNIT;
	return 0;
}

/* _PyInterpreterFrame: those that C has made, to run the others, have no code. */
static int read_interpreter(struct python *p, uint64_t address, struct step *step)
{
	uint8_t owner = 0;
	int r = python_pointer(p, address, p->layout.frame.previous, &step->previous);

	if (r == 0)
		r = python_byte(p, address, p->layout.frame.owner, &owner);
	if (r < 0 || owner >= p->layout.frame.owner_none)
		return r;
	r = read_code(p, address, &step->frame.code);
	return r == 0 ? read_position(p, address, owner, step) : r;
}

static int read_step(struct python *p, uint64_t address, struct step *step)
{
	*step = (struct step){ .frame.address = address };
	return p->layout.frame_kind == PYTHON_FRAME_OBJECTS ? read_object(p, address, step) :
							      read_interpreter(p, address, step);
}

/* A frame that comes again is found by the last of the 1st, 2nd, 4th, 8th, ... (Brent's way), before many more of them
 * have been told: what goes round was torn. */
int python_frames(struct python *p, uint64_t frame, python_frame_fn function, void *context, enum python_end *ret_end)
{
	enum python_end end = PYTHON_WHOLE;
	uint64_t mark = 0;
	size_t told = 0;

	for (size_t steps = 1, next_mark = 1; frame && end == PYTHON_WHOLE; steps++) {
		struct step step;
		int r = frame == mark ? -EBADMSG : read_step(p, frame, &step);

		if (steps == next_mark) {
			mark = frame;
			next_mark *= 2;
		}
		if (r < 0)
			end = r == -EBADMSG ? PYTHON_BROKEN : PYTHON_LOST;
		else if (told == PYTHON_FRAMES_MAX || steps > 3 * (size_t)PYTHON_FRAMES_MAX)
			end = PYTHON_CUT;
		else if (step.shown && (told++, r = function(&step.frame, context)) != 0)
			return r;
		else
			frame = step.previous;
	}
	*ret_end = end;
	return 0;
}
