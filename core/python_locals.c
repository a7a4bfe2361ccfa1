/* python_locals.c: see python.h: local variables of a frame.
 *
 * A frame has its "fast" locals in an array; their names are in its code object. To 3.10 these are three tuples, one
 * behind the other: co_varnames, co_cellvars, co_freevars; from 3.11 on it is one, co_localsplusnames, and bytes that
 * say of what kind each is, co_localspluskinds (Objects/codeobject.c). What an inner function uses, too, is in a cell.
 * The locals of a module or a class body are in a dict, and not shown: they are the module's. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

enum {
	LOCALS_MAX = 1024,
	KIND_CELL = 0x40, KIND_FREE = 0x80, /* CO_FAST_CELL, CO_FAST_FREE: Include/internal/pycore_code.h */
};

/* What to do with each that has a value. */
typedef int (*variable_fn)(struct python *p, uint64_t name, uint64_t value, void *context);

struct walk {
	struct python *python;
	uint64_t values;      /* address of the next one's */
	variable_fn function;
	void *context;
};

/* A cell is there only once the function has begun, but an argument before. */
static uint64_t open_cell(struct python *p, uint64_t value)
{
	uint64_t type, inner;
	char name[sizeof("cell") + 1];

	if (python_type_of(p, value, &type) < 0 || python_type_name(p, type, name, sizeof(name)) < 0 ||
	    strcmp(name, "cell") != 0)
		return value;
	return python_pointer(p, value, p->layout.cell_ref, &inner) < 0 ? 0 : inner;
}

/* The value at ADDRESS; 0: there is none. Who takes bits of references for other purposes has integers there, too. */
static int read_value(struct python *p, uint64_t address, bool is_cell, uint64_t *ret)
{
	int64_t bits;
	uint64_t value;
	int r = python_int64(p, address, 0, &bits);

	if (r < 0)
		return r;
	value = (uint64_t)bits & ~(uint64_t)p->layout.frame.tagged;
	if (((uint64_t)bits & 3) == 3 || value % 8)
		value = 0;
	*ret = value && is_cell ? open_cell(p, value) : value;
	return 0;
}

/* One whose name or value is not there is left out. */
static int walk_one(struct walk *walk, uint64_t name_at, bool is_cell)
{
	uint64_t name, value, at = walk->values;

	walk->values += 8;
	if (python_pointer(walk->python, name_at, 0, &name) < 0 || !name)
		return 0;
	if (read_value(walk->python, at, is_cell, &value) < 0 || !value)
		return 0;
	return walk->function(walk->python, name, value, walk->context);
}

/* All that TUPLE names. KINDS: a bytes that is as long; 0: all are cells, or none. */
static int walk_tuple(struct walk *walk, uint64_t tuple, uint64_t kinds, bool are_cells)
{
	struct python *p = walk->python;
	int64_t count;
	int r = python_is(p, tuple, PYTHON_IS_TUPLE) ? python_int64(p, tuple, p->layout.tuple.size, &count) : -EBADMSG;

	if (r == 0 && (count < 0 || count > UINT16_MAX))
		r = -EBADMSG;
	for (int64_t i = 0; r == 0 && i < count && i < LOCALS_MAX; i++) {
		uint8_t kind = are_cells ? KIND_CELL : 0;

		if (kinds)
			r = python_byte(p, kinds + (uint64_t)i, p->layout.bytes.data, &kind);
		if (r == 0)
			r = walk_one(walk, tuple + p->layout.tuple.items + 8 * (uint64_t)i,
				     kind & (KIND_CELL | KIND_FREE));
	}
	return r;
}

/* To 3.10. */
static int walk_old(struct walk *walk, uint64_t code)
{
	const uint32_t offsets[] = { walk->python->layout.code.varnames, walk->python->layout.code.cellvars,
				     walk->python->layout.code.freevars };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t tuple, values = walk->values;
		int64_t count;

		r = python_pointer(walk->python, code, offsets[i], &tuple);
		if (r == 0)
			r = walk_tuple(walk, tuple, 0, i > 0);
		if (r == 0)
			r = python_int64(walk->python, tuple, walk->python->layout.tuple.size, &count);
		if (r == 0)
			walk->values = values + 8 * (uint64_t)count;
	}
	return r;
}

static int walk_new(struct walk *walk, uint64_t code)
{
	uint64_t names = 0, kinds = 0;
	int r = python_pointer(walk->python, code, walk->python->layout.code.localsplusnames, &names);

	if (r == 0)
		r = python_pointer(walk->python, code, walk->python->layout.code.localspluskinds, &kinds);
	if (r == 0 && !kinds)
		r = -EBADMSG;
	return r < 0 ? r : walk_tuple(walk, names, kinds, false);
}

static int each_variable(struct python *p, const struct python_frame *frame, variable_fn function, void *context)
{
	struct walk walk = { p, frame->address + p->layout.frame.localsplus, function, context };

	return p->layout.code.localsplusnames == PYTHON_NONE ? walk_old(&walk, frame->code) :
							       walk_new(&walk, frame->code);
}

static int touch_variable(struct python *p, uint64_t name, uint64_t value, void *context)
{
	(void)context;
	(void)python_text_touch(p, name);
	(void)python_value_touch(p, value);
	return 0;
}

int python_locals_touch(struct python *p, const struct python_frame *frame)
{
	return each_variable(p, frame, touch_variable, NULL);
}

/* ---- texts ---- */

struct telling {
	python_local_fn function;
	void *context;
	struct python_local local;
};

/* A value that cannot be had, or makes no sense, leaves its text empty. */
static int tell_variable(struct python *p, uint64_t name, uint64_t value, void *context)
{
	struct telling *telling = context;
	struct python_local *local = &telling->local;
	int r;

	buf_reset(&local->name);
	buf_reset(&local->type);
	buf_reset(&local->value);
	if (python_text(p, name, &local->name) < 0)
		return 0;
	r = python_value(p, value, &local->type, &local->value);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		buf_reset(&local->value);
	return telling->function(local, telling->context);
}

static void local_done(struct python_local *local)
{
	buf_done(&local->name);
	buf_done(&local->type);
	buf_done(&local->value);
}

int python_locals(struct python *p, const struct python_frame *frame, python_local_fn function, void *context)
{
	struct telling telling = { function, context, PYTHON_LOCAL() };
	int r = each_variable(p, frame, tell_variable, &telling);

	local_done(&telling.local);
	return r;
}
