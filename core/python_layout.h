/* python_layout.h: where the fields of CPython's structures lie.
 *
 * Of 3.8 to 3.12 as tables, for 64-bit machines; from 3.13 on the runtime says most of it itself (_Py_DebugOffsets, at
 * its begin), the rest is in the tables. Offsets are in bytes; PYTHON_NONE: the version has no such field. Sources:
 * CPython's Include/internal and Objects of each release. */
#ifndef CORE_PYTHON_LAYOUT_H
#define CORE_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PYTHON_NONE = 0xffffffff };

/* How frames are made. */
enum python_frame_kind {
	PYTHON_FRAME_OBJECTS,     /* 3.8 to 3.10: PyFrameObject, chained by f_back */
	PYTHON_FRAME_INTERPRETER, /* from 3.11: _PyInterpreterFrame */
};

/* How co_linetable (co_lnotab) is coded. */
enum python_lines_kind {
	PYTHON_LINES_LNOTAB,  /* 3.8, 3.9: pairs of bytes, PEP 3 .. Objects/lnotab_notes.txt */
	PYTHON_LINES_RANGES,  /* 3.10: PEP 626 */
	PYTHON_LINES_ENTRIES, /* from 3.11: Objects/locations.md */
};

struct python_layout {
	int minor;                       /* of 3.x */
	bool free_threaded;
	enum python_frame_kind frame_kind;
	enum python_lines_kind lines_kind;

	struct { uint32_t interpreters_head, gil, gc; } runtime;  /* gil: struct _gil_runtime_state, to 3.11; gc: 3.8 */
	struct {
		uint32_t id, next, threads_head, modules /* PyObject *: the dict */, gc /* struct, from 3.9 */;
		uint32_t gil;            /* pointer to struct _gil_runtime_state, from 3.12 */
	} interpreter;
	struct { uint32_t size, last_holder, locked; } gil;
	struct {
		uint32_t next, ident, native_id /* from 3.11 */;
		uint32_t frame;          /* PyFrameObject *, to 3.10; current_frame, from 3.13 */
		uint32_t cframe /* 3.11, 3.12 */, exc_info, interpreter;
	} thread;
	uint32_t cframe_current_frame;
	struct { uint32_t value, previous; } exc_item; /* _PyErr_StackItem: exc_value, previous_item */
	struct {
		uint32_t code, previous, instr /* prev_instr; f_lasti, an int, to 3.10; instr_ptr, 3.13 */;
		uint32_t owner, localsplus;
		uint32_t stacktop;       /* f_stacktop, a pointer (3.8, 3.9); f_stackdepth, an int (3.10); stacktop, an
					  * int (to 3.13); stackpointer, a pointer (3.14) */
		uint32_t tlbc_index;     /* which copy of its instructions it runs: 3.14, free-threaded */
		uint8_t lasti_unit;      /* bytes a step of f_lasti: 1, in 3.10 2 */
		uint8_t tagged;          /* low bits of references that are no address: 3.14; all of them: an int */
		uint8_t owner_none;      /* from this owner on a frame is C's: skipped (FRAME_OWNED_BY_CSTACK, 3.14:
					  * FRAME_OWNED_BY_INTERPRETER); 0xff: no such */
	} frame;
	struct {
		uint32_t filename, name, qualname, lines, firstlineno;
		uint32_t varnames /* tuple, to 3.10 */, localsplusnames, localspluskinds, code;
		uint32_t cellvars, freevars; /* tuples, to 3.10 */
		uint32_t tlbc;           /* pointer to a Py_ssize_t and so many pointers: copies of the instructions */
	} code;
	uint32_t cell_ref;               /* PyCellObject.ob_ref */
	struct { uint32_t type; } object;
	struct { uint32_t size /* Py_ssize_t ob_size */, items; } tuple;
	struct { uint32_t size; } list;
	struct { uint32_t size, data; } bytes;
	struct { uint32_t tag /* ob_size, to 3.11; lv_tag, from 3.12 */, digits; bool is_tagged; } integer;
	struct { uint32_t value; } real;
	struct {
		uint32_t length, state, ascii_size /* sizeof PyASCIIObject */, compact_size;
		uint32_t wstr, wstr_length; /* to 3.11, of a str that is not "ready"; 3.12: PYTHON_NONE */
		uint8_t kind_shift, compact_shift, ascii_shift; /* bits of state; kind has three */
	} unicode;
	struct { uint32_t name /* char * */, basicsize, flags, base, dictoffset, dict, cached_keys; } type;
	struct {
		uint32_t used, keys, values;                 /* of PyDictObject */
		uint32_t keys_log2_size, keys_log2_index_bytes, keys_kind, keys_nentries, keys_indices;
		uint32_t keys_size;                          /* dk_size, to 3.10 */
		uint32_t values_items;                       /* in PyDictValues (to 3.10: 0): of the first */
	} dict;
	/* Py_TPFLAGS_MANAGED_DICT, from 3.11: an instance's dict and values, so many bytes in front of it. */
	struct {
		uint32_t dict;           /* 24; in 3.12 of a dict, or of values with tagged_values in it */
		uint32_t values;         /* 32: 3.11 only: PyDictValues *, if not NULL it counts */
		uint8_t tagged_values;   /* 3.12: 1: PyDictValues are at the pointer + 1 */
		uint32_t inline_valid;   /* from 3.13: in PyDictValues behind the object: valid, a byte: 3 */
	} managed;
	struct { uint32_t module_dict; } module;
	struct {
		/* Lists in struct _gc_runtime_state: the first, or a pointer to it; the one of gc.freeze(). */
		uint32_t generations, generation0, permanent, generation_size, generation_count;
	} gc;
	uint32_t gc_head_size;                               /* of PyGC_Head, in front of an object */
	struct { uint32_t args, traceback; } exception;      /* PyBaseExceptionObject */
	struct { uint32_t next, frame, lasti, lineno; } traceback;
	struct { uint32_t frame /* cr_frame: pointer; from 3.11 cr_iframe: embedded */, state, running; } generator;
	uint32_t frame_object_frame;                         /* PyFrameObject.f_frame, from 3.11 */
};

enum {
	PYTHON_LAYOUT_MINOR_MIN = 8,
	PYTHON_LAYOUT_MINOR_MAX = 14,
	PYTHON_LAYOUT_MINOR_SAID = 13, /* from here on the runtime says it itself */
};

/* The layout of 3.MINOR, as far as it is in tables; NULL: not known. */
const struct python_layout *python_layout_of(int minor);

/* From 3.13 on: RET is what the first LEN bytes of _PyRuntime say, OFFSETS, and the table of 3.MINOR for the rest.
 * -EBADMSG: they make no sense; -ENOTSUP: a version that is not known. */
int python_layout_read(const void *offsets, size_t len, int minor, struct python_layout *ret);

#endif
