/* python_layout.c: see python_layout.h: the tables.
 *
 * From the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1, 3.13.0, 3.13.18 and 3.14.10, of a build as it is made by
 * default: what tests/python/offsets.c prints is what stands here. What of these structures is used does not change
 * within a 3.x: extensions are compiled once for it, and its debuggers know but one. (The collector of 3.14 was another
 * one at first, incremental; its lists lay in the same places: "young" and two "old".) */
#include "core/python_layout.h"

#include <pthread.h>

#define NONE PYTHON_NONE

/* struct _gil_runtime_state ends with two condition variables of 48 bytes and two mutexes, whose size the machine
 * decides. */
#define GIL_SIZE (32 + 2 * (48 + sizeof(pthread_mutex_t)))

/* Has been so in all of them. */
#define ALWAYS \
	.gil = { .size = GIL_SIZE, .last_holder = 8, .locked = 16 }, \
	.cell_ref = 16, \
	.object = { .type = 8 }, \
	.list = { .size = 16 }, \
	.bytes = { .size = 16, .data = 32 }, \
	.real = { .value = 16 }, \
	.module = { .module_dict = 16 }, \
	.gc_head_size = 16, \
	.traceback = { .next = 16, .frame = 24, .lasti = 32, .lineno = 36 }

/* To 3.13; 3.14 keeps a tuple's hash in it. Lists of the collector are made in one way, whose members 3.13 aligns to 4
 * bytes in its later releases, and then the first list lies 4 bytes lower: generation0 says where. */
#define TUPLE_GC_8 \
	.tuple = { .size = 16, .items = 24 }, \
	.gc = { .generations = NONE, .generation0 = 96, .permanent = 104, .generation_size = 24, .generation_count = 3 }

#define TYPE(cached_keys_at) \
	.type = { .name = 24, .basicsize = 32, .flags = 168, .base = 256, .dictoffset = 288, .dict = 264, \
		  .cached_keys = (cached_keys_at) }

#define UNICODE(ascii, compact, wstr_at, wstr_length_at) \
	.unicode = { .length = 16, .state = 32, .ascii_size = (ascii), .compact_size = (compact), \
		     .wstr = (wstr_at), .wstr_length = (wstr_length_at), \
		     .kind_shift = 2, .compact_shift = 5, .ascii_shift = 6 }

/* ---- 3.8 to 3.10 ---- */

#define FRAME_OBJECTS \
	ALWAYS, \
	TUPLE_GC_8, \
	.frame_kind = PYTHON_FRAME_OBJECTS, \
	.thread = { .next = 8, .ident = 176, .native_id = NONE, .frame = 24, .cframe = NONE, .exc_info = 144, \
		    .interpreter = 16 }, \
	.cframe_current_frame = NONE, \
	.exc_item = { .value = 8, .previous = 24 }, \
	.code = { .filename = 104, .name = 112, .qualname = NONE, .lines = 120, .firstlineno = 40, \
		  .varnames = 72, .localsplusnames = NONE, .localspluskinds = NONE, .code = 48, .cellvars = 88, \
		  .freevars = 80, .tlbc = NONE }, \
	.integer = { .tag = 16, .digits = 24, .is_tagged = false }, \
	UNICODE(48, 72, 40, 64), \
	.dict = { .used = 16, .keys = 32, .values = 40, .keys_log2_size = NONE, .keys_log2_index_bytes = NONE, \
		  .keys_kind = NONE, .keys_nentries = 32, .keys_indices = 40, .keys_size = 8, .values_items = 0 }, \
	.managed = { .dict = NONE, .values = NONE, .inline_valid = NONE }, \
	.exception = { .args = 24, .traceback = 32 }, \
	.frame_object_frame = NONE

#define FRAME_OBJECT(instr_at, localsplus_at, stacktop_at, unit) \
	.frame = { .code = 32, .previous = 24, .instr = (instr_at), .owner = NONE, .localsplus = (localsplus_at), \
		   .stacktop = (stacktop_at), .tlbc_index = NONE, .lasti_unit = (unit), .tagged = 0, \
		   .owner_none = 0xff }

#define GENERATOR_OBJECT(running_at) \
	.generator = { .frame = 16, .state = NONE, .running = (running_at) }

static const struct python_layout layout_8 = {
	FRAME_OBJECTS,
	.minor = 8,
	.lines_kind = PYTHON_LINES_LNOTAB,
	.runtime = { .interpreters_head = 32, .gil = 1152, .gc = 344 },
	.interpreter = { .id = 16, .next = 0, .threads_head = 8, .modules = 56, .gc = NONE, .gil = NONE },
	FRAME_OBJECT(104, 360, 72, 1),
	GENERATOR_OBJECT(24),
	TYPE(872),
};

/* What 3.9 and 3.10 have in common. */
#define FRAME_OBJECTS_9 \
	FRAME_OBJECTS, \
	.runtime = { .interpreters_head = 32, .gil = 352, .gc = NONE }, \
	.interpreter = { .id = 24, .next = 0, .threads_head = 8, .modules = 856, .gc = 616, .gil = NONE }

static const struct python_layout layout_9 = {
	FRAME_OBJECTS_9,
	.minor = 9,
	.lines_kind = PYTHON_LINES_LNOTAB,
	FRAME_OBJECT(104, 360, 72, 1),
	GENERATOR_OBJECT(24),
	TYPE(864),
};

static const struct python_layout layout_10 = {
	FRAME_OBJECTS_9,
	.minor = 10,
	.lines_kind = PYTHON_LINES_RANGES,
	FRAME_OBJECT(96, 352, 80, 2),
	GENERATOR_OBJECT(NONE),
	TYPE(872),
};

/* ---- from 3.11 on ---- */

#define INTERPRETER_FRAMES \
	ALWAYS, \
	.frame_kind = PYTHON_FRAME_INTERPRETER, \
	.lines_kind = PYTHON_LINES_ENTRIES, \
	.exc_item = { .value = 0, .previous = 8 }, \
	.exception = { .args = 24, .traceback = 40 }, \
	.frame_object_frame = 24

#define DICT(values_items_at) \
	.dict = { .used = 16, .keys = 32, .values = 40, .keys_log2_size = 8, .keys_log2_index_bytes = 9, \
		  .keys_kind = 10, .keys_nentries = 24, .keys_indices = 32, .keys_size = NONE, \
		  .values_items = (values_items_at) }

static const struct python_layout layout_11 = {
	INTERPRETER_FRAMES,
	TUPLE_GC_8,
	.minor = 11,
	.runtime = { .interpreters_head = 40, .gil = 360, .gc = NONE },
	.interpreter = { .id = 48, .next = 0, .threads_head = 16, .modules = 888, .gc = 648, .gil = NONE },
	.thread = { .next = 8, .ident = 152, .native_id = 160, .frame = NONE, .cframe = 56, .exc_info = 120,
		    .interpreter = 16 },
	.cframe_current_frame = 8,
	.frame = { .code = 32, .previous = 48, .instr = 56, .owner = 69, .localsplus = 72, .stacktop = 64,
		   .tlbc_index = NONE, .lasti_unit = 1, .tagged = 0, .owner_none = 0xff },
	.code = { .filename = 112, .name = 120, .qualname = 128, .lines = 136, .firstlineno = 72,
		  .varnames = NONE, .localsplusnames = 96, .localspluskinds = 104, .code = 184, .cellvars = NONE,
		  .freevars = NONE, .tlbc = NONE },
	.integer = { .tag = 16, .digits = 24, .is_tagged = false },
	UNICODE(48, 72, 40, 64),
	TYPE(872),
	DICT(0),
	.managed = { .dict = 24, .values = 32, .inline_valid = NONE },
	.generator = { .frame = 80, .state = 75, .running = NONE },
};

#define FRAME_12(owner_at, localsplus_at, tags) \
	.frame = { .code = 0, .previous = 8, .instr = 56, .owner = (owner_at), .localsplus = (localsplus_at), \
		   .stacktop = 64, .tlbc_index = NONE, .lasti_unit = 1, .tagged = (tags), .owner_none = 3 }

/* What 3.12, 3.13 and 3.14 have in common. */
#define INTERPRETER_FRAMES_12 \
	INTERPRETER_FRAMES, \
	.integer = { .tag = 16, .digits = 24, .is_tagged = true }, \
	UNICODE(40, 56, NONE, NONE), \
	TYPE(880), \
	.generator = { .frame = 72, .state = 67, .running = NONE }

#define CODE_12(code_at) \
	.code = { .filename = 112, .name = 120, .qualname = 128, .lines = 136, .firstlineno = 68, \
		  .varnames = NONE, .localsplusnames = 96, .localspluskinds = 104, .code = (code_at), \
		  .cellvars = NONE, .freevars = NONE, .tlbc = NONE }

static const struct python_layout layout_12 = {
	INTERPRETER_FRAMES_12,
	TUPLE_GC_8,
	.minor = 12,
	.runtime = { .interpreters_head = 40, .gil = NONE, .gc = NONE },
	.interpreter = { .id = 8, .next = 0, .threads_head = 72, .modules = 944, .gc = 112, .gil = 384 },
	.thread = { .next = 8, .ident = 136, .native_id = 144, .frame = NONE, .cframe = 56, .exc_info = 104,
		    .interpreter = 16 },
	.cframe_current_frame = 0,
	FRAME_12(70, 72, 0),
	CODE_12(192),
	DICT(0),
	.managed = { .dict = 24, .values = NONE, .tagged_values = 1, .inline_valid = NONE },
};

/* Most of it is said by the runtime itself (python_layout_debug.c). */
#define INTERPRETER_FRAMES_13 \
	INTERPRETER_FRAMES_12, \
	.thread = { .next = 8, .ident = 152, .native_id = 160, .frame = 72, .cframe = NONE, .exc_info = 120, \
		    .interpreter = 16 }, \
	.cframe_current_frame = NONE, \
	DICT(8), \
	.managed = { .dict = 24, .values = NONE, .inline_valid = 3 }

static const struct python_layout layout_13 = {
	INTERPRETER_FRAMES_13,
	TUPLE_GC_8,
	.minor = 13,
	.runtime = { .interpreters_head = 632, .gil = NONE, .gc = NONE },
	.interpreter = { .id = 7272, .next = 7264, .threads_head = 7344, .modules = 7656, .gc = 7400, .gil = 16 },
	FRAME_12(70, 72, 0),
	CODE_12(200),
};

static const struct python_layout layout_14 = {
	INTERPRETER_FRAMES_13,
	.minor = 14,
	.tuple = { .size = 16, .items = 32 },
	.gc = { .generations = 24, .generation0 = NONE, .permanent = 96, .generation_size = 24, .generation_count = 3 },
	.runtime = { .interpreters_head = NONE, .gil = NONE, .gc = NONE },
	.interpreter = { .id = NONE, .next = NONE, .threads_head = NONE, .modules = NONE, .gc = NONE, .gil = NONE },
	FRAME_12(74, 80, 3),
	CODE_12(NONE),
};

const struct python_layout *python_layout_of(int minor)
{
	static const struct python_layout *const layouts[] = { &layout_8,  &layout_9,  &layout_10, &layout_11,
							       &layout_12, &layout_13, &layout_14 };
	const size_t count = sizeof(layouts) / sizeof(layouts[0]);

	return minor >= PYTHON_LAYOUT_MINOR_MIN && (size_t)(minor - PYTHON_LAYOUT_MINOR_MIN) < count ?
	       layouts[minor - PYTHON_LAYOUT_MINOR_MIN] : NULL;
}
