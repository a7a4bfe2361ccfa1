/* python_layout_debug.c: see python_layout.h: what the runtime says of its own layout.
 *
 * From 3.13 on _PyRuntime begins with _Py_DebugOffsets: "xdebugpy", the version as in sys.hexversion, whether it is a
 * free-threaded build, and then, structure by structure, its size and where members lie in it, all of 8 bytes:
 *
 *   78 64 65 62 75 67 70 79  f0 00 0d 03 00 00 00 00  00 00 00 00 00 00 00 00  b8 52 04 00 00 00 00 00 ...
 *
 * Which members, and in which order, each 3.x decides: Include/internal/pycore_runtime.h of 3.13.0,
 * pycore_debug_offsets.h of the branch 3.14. Fields of which it does not speak are the tables', as long as what it says
 * of the same structure is what the table says: else that structure is another one, and they are not known. */
#include "core/python_layout.h"

#include <errno.h>
#include <string.h>

enum {
	SIZE_MAX_SAID = 1 << 24, /* bytes that a structure has at most: PyInterpreterState has 200 KB */
	TYPE_SIZE = 416,         /* PyTypeObject of 3.13 and 3.14: what follows in PyHeapTypeObject depends on it */
	COLLECTING_13 = 200, COLLECTING_14 = 192, /* gc_runtime_state.collecting behind lists that are where we think */
	RELEASE_CANDIDATE = 0xc, /* of a hexversion: from here on nothing changes any more */
};

/* As 3.13 and 3.14 have them both. */
struct said_head { char cookie[8]; uint64_t version, free_threaded; };
struct said_runtime { uint64_t size, finalizing, interpreters_head; };
struct said_thread { uint64_t size, prev, next, interp, current_frame, thread_id, native_id, datastack, status; };
struct said_object { uint64_t size, type; };
struct said_type { uint64_t size, name, repr, flags; };
struct said_sequence { uint64_t size, items, length; }; /* tuple, list */
struct said_dict { uint64_t size, keys, values; };
struct said_float { uint64_t size, value; };
struct said_long { uint64_t size, tag, digits; };
struct said_bytes { uint64_t size, length, data; };
struct said_unicode { uint64_t size, state, length, ascii_size; };
struct said_gc { uint64_t size, collecting; };

struct said_13 {
	struct said_head head;
	struct said_runtime runtime;
	struct {
		uint64_t size, id, next, threads_head, gc, modules, sysdict, builtins, ceval_gil, gil, gil_enabled,
			gil_locked, gil_holder;
	} interpreter;
	struct said_thread thread;
	struct { uint64_t size, previous, executable, instr, localsplus, owner; } frame;
	struct {
		uint64_t size, filename, name, qualname, lines, firstlineno, argcount, localsplusnames,
			localspluskinds, code;
	} code;
	struct said_object object;
	struct said_type type;
	struct said_sequence tuple, list;
	struct said_dict dict;
	struct said_float real;
	struct said_long integer;
	struct said_bytes bytes;
	struct said_unicode unicode;
	struct said_gc gc;
};

struct said_14 {
	struct said_head head;
	struct said_runtime runtime;
	struct {
		uint64_t size, id, next, threads_head, threads_main, gc, modules, sysdict, builtins, ceval_gil, gil,
			gil_enabled, gil_locked, gil_holder, code_generation, tlbc_generation;
	} interpreter;
	struct said_thread thread;
	struct { uint64_t size, previous, executable, instr, localsplus, owner, stacktop, tlbc_index; } frame;
	struct {
		uint64_t size, filename, name, qualname, lines, firstlineno, argcount, localsplusnames,
			localspluskinds, code, tlbc;
	} code;
	struct said_object object;
	struct said_type type;
	struct said_sequence tuple, list;
	struct { uint64_t size, used, table, mask; } set;
	struct said_dict dict;
	struct said_float real;
	struct said_long integer;
	struct said_bytes bytes;
	struct said_unicode unicode;
	struct said_gc gc;
	struct { uint64_t size, name, frame, state; } generator;
	struct { uint64_t next, prev; } llist;
	struct { uint64_t eval_breaker, support, enabled, pending_call, script_path, script_path_size; } debugger;
};

/* A field that is said: where in struct python_layout, where in what is said, and there where the size of its structure
 * is; how wide it is itself, which it is aligned to, too. */
struct field {
	uint16_t to, from, size_at;
	uint8_t width;
};

#define FIELD(version, field, group, member, bytes) \
	{ offsetof(struct python_layout, field), offsetof(struct said_##version, group.member), \
	  offsetof(struct said_##version, group.size), (bytes) }

#define FIELDS(version) \
	FIELD(version, runtime.interpreters_head, runtime, interpreters_head, 8), \
	FIELD(version, interpreter.id, interpreter, id, 8), \
	FIELD(version, interpreter.next, interpreter, next, 8), \
	FIELD(version, interpreter.threads_head, interpreter, threads_head, 8), \
	FIELD(version, interpreter.modules, interpreter, modules, 8), \
	FIELD(version, interpreter.gc, interpreter, gc, 8), \
	FIELD(version, interpreter.gil, interpreter, ceval_gil, 8), \
	FIELD(version, thread.next, thread, next, 8), \
	FIELD(version, thread.interpreter, thread, interp, 8), \
	FIELD(version, thread.frame, thread, current_frame, 8), \
	FIELD(version, thread.ident, thread, thread_id, 8), \
	FIELD(version, thread.native_id, thread, native_id, 8), \
	FIELD(version, frame.previous, frame, previous, 8), \
	FIELD(version, frame.code, frame, executable, 8), \
	FIELD(version, frame.instr, frame, instr, 8), \
	FIELD(version, frame.localsplus, frame, localsplus, 8), \
	FIELD(version, frame.owner, frame, owner, 1), \
	FIELD(version, code.filename, code, filename, 8), \
	FIELD(version, code.name, code, name, 8), \
	FIELD(version, code.qualname, code, qualname, 8), \
	FIELD(version, code.lines, code, lines, 8), \
	FIELD(version, code.firstlineno, code, firstlineno, 4), \
	FIELD(version, code.localsplusnames, code, localsplusnames, 8), \
	FIELD(version, code.localspluskinds, code, localspluskinds, 8), \
	FIELD(version, code.code, code, code, 1), \
	FIELD(version, object.type, object, type, 8), \
	FIELD(version, type.name, type, name, 8), \
	FIELD(version, type.flags, type, flags, 8), \
	FIELD(version, tuple.items, tuple, items, 8), \
	FIELD(version, tuple.size, tuple, length, 8), \
	FIELD(version, list.size, list, length, 8), \
	FIELD(version, dict.keys, dict, keys, 8), \
	FIELD(version, dict.values, dict, values, 8), \
	FIELD(version, real.value, real, value, 8), \
	FIELD(version, integer.tag, integer, tag, 8), \
	FIELD(version, integer.digits, integer, digits, 4), \
	FIELD(version, bytes.size, bytes, length, 8), \
	FIELD(version, bytes.data, bytes, data, 1), \
	FIELD(version, unicode.state, unicode, state, 4), \
	FIELD(version, unicode.length, unicode, length, 8), \
	FIELD(version, unicode.ascii_size, unicode, ascii_size, 8)

static const struct field fields_13[] = { FIELDS(13) };
static const struct field fields_14[] = {
	FIELDS(14),
	FIELD(14, frame.stacktop, frame, stacktop, 8),
	FIELD(14, generator.frame, generator, frame, 8),
	FIELD(14, generator.state, generator, state, 1),
};

struct said {
	const void *data;
	const struct field *fields;
	size_t field_count;
	size_t gil, gil_locked, gil_holder, gil_size;  /* where they stand in DATA */
	size_t type_size, collecting;
	uint64_t collecting_value;
};

#define SAID(version, bytes) \
	{ .data = (bytes), .fields = fields_##version, \
	  .field_count = sizeof(fields_##version) / sizeof(fields_##version[0]), \
	  .gil = offsetof(struct said_##version, interpreter.gil), \
	  .gil_locked = offsetof(struct said_##version, interpreter.gil_locked), \
	  .gil_holder = offsetof(struct said_##version, interpreter.gil_holder), \
	  .gil_size = offsetof(struct said_##version, interpreter.size), \
	  .type_size = offsetof(struct said_##version, type.size), \
	  .collecting = offsetof(struct said_##version, gc.collecting), .collecting_value = COLLECTING_##version }

static uint64_t said_at(const struct said *said, size_t at)
{
	uint64_t value;

	memcpy(&value, (const char *)said->data + at, sizeof(value));
	return value;
}

static bool is_in(uint64_t offset, uint64_t size, unsigned width)
{
	return size <= SIZE_MAX_SAID && offset <= size && size - offset >= width && offset % width == 0;
}

static int take_fields(const struct said *said, struct python_layout *ret)
{
	for (size_t i = 0; i < said->field_count; i++) {
		const struct field *field = &said->fields[i];
		const uint64_t offset = said_at(said, field->from);
		const uint32_t value = (uint32_t)offset;

		if (!is_in(offset, said_at(said, field->size_at), field->width))
			return -EBADMSG;
		memcpy((char *)ret + field->to, &value, sizeof(value));
	}
	return 0;
}

/* It says where they are in an interpreter that has a GIL of its own. */
static int take_gil(const struct said *said, struct python_layout *ret)
{
	const uint64_t gil = said_at(said, said->gil), size = said_at(said, said->gil_size);
	const uint64_t locked = said_at(said, said->gil_locked), holder = said_at(said, said->gil_holder);

	if (!is_in(locked, size, sizeof(int32_t)) || !is_in(holder, size, sizeof(uint64_t)) || locked < gil ||
	    holder < gil || locked - gil >= ret->gil.size || holder - gil >= ret->gil.size)
		return -EBADMSG;
	ret->gil.locked = (uint32_t)(locked - gil);
	ret->gil.last_holder = (uint32_t)(holder - gil);
	return 0;
}

/* ---- what it does not say ---- */

static void forget_dict(struct python_layout *l)
{
	l->dict.used = l->dict.keys_log2_size = l->dict.keys_log2_index_bytes = PYTHON_NONE;
	l->dict.keys_kind = l->dict.keys_nentries = l->dict.keys_indices = PYTHON_NONE;
	l->dict.values_items = PYTHON_NONE;
}

static void forget_type(struct python_layout *l)
{
	l->type.basicsize = l->type.base = l->type.dictoffset = l->type.dict = l->type.cached_keys = PYTHON_NONE;
}

static void forget_gc(struct python_layout *l)
{
	l->gc.generations = l->gc.generation0 = l->gc.permanent = PYTHON_NONE;
	l->gc.generation_size = l->gc.generation_count = PYTHON_NONE;
}

/* Objects begin in another way: in free-threaded builds their head has 16 bytes more, and the collector no lists. */
static void forget_objects(struct python_layout *l)
{
	forget_dict(l);
	forget_type(l);
	forget_gc(l);
	l->gc_head_size = l->cell_ref = l->module.module_dict = PYTHON_NONE;
	l->managed.dict = l->managed.inline_valid = PYTHON_NONE;
	l->exception.args = l->exception.traceback = l->frame_object_frame = PYTHON_NONE;
	l->traceback.next = l->traceback.frame = l->traceback.lasti = l->traceback.lineno = PYTHON_NONE;
	if (l->minor == 13)
		l->generator.frame = l->generator.state = PYTHON_NONE;
}

static void forget_strange(const struct said *said, const struct python_layout *table, struct python_layout *l)
{
	if (l->object.type != table->object.type)
		forget_objects(l);
	if (l->thread.ident != table->thread.ident || l->thread.frame != table->thread.frame)
		l->thread.exc_info = PYTHON_NONE;
	if (said_at(said, said->type_size) != TYPE_SIZE)
		forget_type(l);
	if (l->dict.keys != table->dict.keys || l->dict.values != table->dict.values)
		forget_dict(l);
	if (said_at(said, said->collecting) != said->collecting_value)
		forget_gc(l);
}

/* In a free-threaded build nobody has the GIL; from 3.14 on a string's first byte of state is "interned", and each
 * thread may run a copy of its own of a code's instructions. */
static int take_free_threaded(const struct said *said, struct python_layout *l)
{
	static const struct field copies[] = {
		FIELD(14, frame.tlbc_index, frame, tlbc_index, 4),
		FIELD(14, code.tlbc, code, tlbc, 8),
	};
	const struct said more = { .data = said->data, .fields = copies, .field_count = 2 };

	l->interpreter.gil = PYTHON_NONE;
	if (l->minor == 13)
		return 0;
	l->unicode.kind_shift = 8;
	l->unicode.compact_shift = 11;
	l->unicode.ascii_shift = 12;
	return take_fields(&more, l);
}

static int check_head(const struct said_head *head, int minor)
{
	if (memcmp(head->cookie, "xdebugpy", sizeof(head->cookie)) != 0 || head->free_threaded > 1 ||
	    head->version >> 16 != (0x300 | (unsigned)minor))
		return -EBADMSG;
	return (head->version >> 4 & 0xf) < RELEASE_CANDIDATE ? -ENOTSUP : 0;
}

int python_layout_read(const void *offsets, size_t len, int minor, struct python_layout *ret)
{
	const struct said said = minor == 13 ? (struct said)SAID(13, offsets) : (struct said)SAID(14, offsets);
	const struct python_layout *table = python_layout_of(minor);
	struct python_layout layout;
	struct said_head head;
	int error;

	if (minor < PYTHON_LAYOUT_MINOR_SAID || !table)
		return -ENOTSUP;
	if (len < (minor == 13 ? sizeof(struct said_13) : sizeof(struct said_14)))
		return -EBADMSG;
	memcpy(&head, offsets, sizeof(head));
	error = check_head(&head, minor);
	if (error)
		return error;
	layout = *table;
	layout.free_threaded = head.free_threaded;
	error = take_fields(&said, &layout);
	if (!error && !layout.free_threaded)
		error = take_gil(&said, &layout);
	if (error)
		return error;
	layout.unicode.compact_size = layout.unicode.ascii_size + 16;
	forget_strange(&said, table, &layout);
	error = layout.free_threaded ? take_free_threaded(&said, &layout) : 0;
	if (!error)
		*ret = layout;
	return error;
}
