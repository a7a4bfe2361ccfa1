/* offsets.c: where CPython's own headers put each field of struct python_layout, as tests/progs/python_layout.c says
 * where we think that they are: "runtime.gil 360". Compiled by tests/python_layout.sh for each CPython. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <structmember.h>
#if PY_MINOR_VERSION >= 11
#include <internal/pycore_frame.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_code.h>
#endif
#include <internal/pycore_gil.h>
#if PY_MINOR_VERSION == 8
#include <internal/pycore_pystate.h>
#else
#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_gc.h>
#endif
#if PY_MINOR_VERSION >= 10
#include <internal/pycore_moduleobject.h>
#endif
#include <stdio.h>
#include <string.h>

#define IN(minor_min, minor_max) (PY_MINOR_VERSION >= (minor_min) && PY_MINOR_VERSION <= (minor_max))

typedef struct _gil_runtime_state gil_state;
typedef struct _gc_runtime_state gc_state;

/* Private to Objects/ or dictobject.c. */
struct keys_3_8 {
	Py_ssize_t dk_refcnt, dk_size;
	void *dk_lookup;
	Py_ssize_t dk_usable, dk_nentries;
	char dk_indices[];
};

struct values_3_8 {
	PyObject *values[1];
};

struct module_3_8 {
	PyObject_HEAD
	PyObject *md_dict;
};

#if IN(8, 10)
typedef PyFrameObject frame;
#else
typedef _PyInterpreterFrame frame;
#endif

#if IN(8, 10)
typedef struct keys_3_8 keys;
typedef struct values_3_8 values;
#else
typedef PyDictKeysObject keys;
typedef PyDictValues values;
#endif

struct offset {
	const char *name;
	unsigned long value;
};

#define SAY(name, type, member) { name, offsetof(type, member) }
#define NONE(name) { name, 0xffffffff }

static const struct offset offsets[] = {
	SAY("runtime.interpreters_head", _PyRuntimeState, interpreters.head),
#if IN(8, 11)
	SAY("runtime.gil", _PyRuntimeState, ceval.gil),
#else
	NONE("runtime.gil"),
#endif
#if IN(8, 8)
	SAY("runtime.gc", _PyRuntimeState, gc),
#else
	NONE("runtime.gc"),
#endif
	SAY("interpreter.id", PyInterpreterState, id),
	SAY("interpreter.next", PyInterpreterState, next),
#if IN(8, 10)
	SAY("interpreter.threads_head", PyInterpreterState, tstate_head),
#else
	SAY("interpreter.threads_head", PyInterpreterState, threads.head),
#endif
#if IN(8, 11)
	SAY("interpreter.modules", PyInterpreterState, modules),
#else
	SAY("interpreter.modules", PyInterpreterState, imports.modules),
#endif
#if IN(8, 8)
	NONE("interpreter.gc"),
#else
	SAY("interpreter.gc", PyInterpreterState, gc),
#endif
#if IN(8, 11)
	NONE("interpreter.gil"),
#else
	SAY("interpreter.gil", PyInterpreterState, ceval.gil),
#endif
	{ "gil.size", sizeof(gil_state) },
	SAY("gil.last_holder", gil_state, last_holder),
	SAY("gil.locked", gil_state, locked),
	SAY("thread.next", PyThreadState, next),
	SAY("thread.interpreter", PyThreadState, interp),
	SAY("thread.ident", PyThreadState, thread_id),
#if IN(8, 10)
	NONE("thread.native_id"),
	SAY("thread.frame", PyThreadState, frame),
	NONE("thread.cframe"),
	NONE("cframe_current_frame"),
#else
	SAY("thread.native_id", PyThreadState, native_thread_id),
#if IN(11, 12)
	NONE("thread.frame"),
	SAY("thread.cframe", PyThreadState, cframe),
	SAY("cframe_current_frame", _PyCFrame, current_frame),
#else
	SAY("thread.frame", PyThreadState, current_frame),
	NONE("thread.cframe"),
	NONE("cframe_current_frame"),
#endif
#endif
	SAY("thread.exc_info", PyThreadState, exc_info),
	SAY("exc_item.value", _PyErr_StackItem, exc_value),
	SAY("exc_item.previous", _PyErr_StackItem, previous_item),
#if IN(13, 99)
	SAY("frame.code", frame, f_executable),
#else
	SAY("frame.code", frame, f_code),
#endif
#if IN(8, 10)
	SAY("frame.previous", frame, f_back),
	SAY("frame.instr", frame, f_lasti),
	NONE("frame.owner"),
	SAY("frame.localsplus", frame, f_localsplus),
#else
	SAY("frame.previous", frame, previous),
#if IN(13, 99)
	SAY("frame.instr", frame, instr_ptr),
#else
	SAY("frame.instr", frame, prev_instr),
#endif
	SAY("frame.owner", frame, owner),
	SAY("frame.localsplus", frame, localsplus),
#endif
#if IN(8, 9)
	SAY("frame.stacktop", frame, f_stacktop),
#elif IN(10, 10)
	SAY("frame.stacktop", frame, f_stackdepth),
#elif IN(11, 13)
	SAY("frame.stacktop", frame, stacktop),
#else
	SAY("frame.stacktop", frame, stackpointer),
#endif
#if IN(12, 13)
	{ "frame.owner_none", FRAME_OWNED_BY_CSTACK },
#elif IN(14, 99)
	{ "frame.owner_none", FRAME_OWNED_BY_INTERPRETER },
#else
	{ "frame.owner_none", 0xff },
#endif
	SAY("code.filename", PyCodeObject, co_filename),
	SAY("code.name", PyCodeObject, co_name),
	SAY("code.firstlineno", PyCodeObject, co_firstlineno),
#if IN(8, 9)
	SAY("code.lines", PyCodeObject, co_lnotab),
#else
	SAY("code.lines", PyCodeObject, co_linetable),
#endif
#if IN(8, 10)
	NONE("code.qualname"),
	SAY("code.varnames", PyCodeObject, co_varnames),
	NONE("code.localsplusnames"),
	NONE("code.localspluskinds"),
	SAY("code.code", PyCodeObject, co_code),
	SAY("code.cellvars", PyCodeObject, co_cellvars),
	SAY("code.freevars", PyCodeObject, co_freevars),
#else
	SAY("code.qualname", PyCodeObject, co_qualname),
	NONE("code.varnames"),
	SAY("code.localsplusnames", PyCodeObject, co_localsplusnames),
	SAY("code.localspluskinds", PyCodeObject, co_localspluskinds),
	SAY("code.code", PyCodeObject, co_code_adaptive),
	NONE("code.cellvars"),
	NONE("code.freevars"),
#endif
	SAY("cell_ref", PyCellObject, ob_ref),
	SAY("object.type", PyObject, ob_type),
	SAY("tuple.size", PyVarObject, ob_size),
	SAY("tuple.items", PyTupleObject, ob_item),
	SAY("list.size", PyVarObject, ob_size),
	SAY("bytes.size", PyVarObject, ob_size),
	SAY("bytes.data", PyBytesObject, ob_sval),
#if IN(8, 11)
	SAY("integer.tag", PyVarObject, ob_size),
	SAY("integer.digits", PyLongObject, ob_digit),
#else
	SAY("integer.tag", PyLongObject, long_value.lv_tag),
	SAY("integer.digits", PyLongObject, long_value.ob_digit),
#endif
	{ "integer.is_tagged", PY_MINOR_VERSION >= 12 },
	SAY("real.value", PyFloatObject, ob_fval),
	SAY("unicode.length", PyASCIIObject, length),
	SAY("unicode.state", PyASCIIObject, state),
	{ "unicode.ascii_size", sizeof(PyASCIIObject) },
	{ "unicode.compact_size", sizeof(PyCompactUnicodeObject) },
#if IN(8, 11)
	SAY("unicode.wstr", PyASCIIObject, wstr),
	SAY("unicode.wstr_length", PyCompactUnicodeObject, wstr_length),
#else
	NONE("unicode.wstr"),
	NONE("unicode.wstr_length"),
#endif
	SAY("type.name", PyTypeObject, tp_name),
	SAY("type.basicsize", PyTypeObject, tp_basicsize),
	SAY("type.flags", PyTypeObject, tp_flags),
	SAY("type.base", PyTypeObject, tp_base),
	SAY("type.dictoffset", PyTypeObject, tp_dictoffset),
	SAY("type.dict", PyTypeObject, tp_dict),
	SAY("type.cached_keys", PyHeapTypeObject, ht_cached_keys),
	SAY("dict.used", PyDictObject, ma_used),
	SAY("dict.keys", PyDictObject, ma_keys),
	SAY("dict.values", PyDictObject, ma_values),
#if IN(8, 10)
	NONE("dict.keys_log2_size"),
	NONE("dict.keys_log2_index_bytes"),
	NONE("dict.keys_kind"),
	SAY("dict.keys_size", keys, dk_size),
#else
	SAY("dict.keys_log2_size", keys, dk_log2_size),
	SAY("dict.keys_log2_index_bytes", keys, dk_log2_index_bytes),
	SAY("dict.keys_kind", keys, dk_kind),
	NONE("dict.keys_size"),
#endif
	SAY("dict.keys_nentries", keys, dk_nentries),
	SAY("dict.keys_indices", keys, dk_indices),
	SAY("dict.values_items", values, values),
#if IN(8, 10)
	NONE("managed.dict"),
#else
	{ "managed.dict", 24 },
#endif
	{ "managed.values", IN(11, 11) ? 32 : 0xffffffff },
	{ "managed.tagged_values", IN(12, 12) },
#if IN(8, 12)
	NONE("managed.inline_valid"),
#else
	SAY("managed.inline_valid", values, valid),
#endif
#if IN(8, 9)
	SAY("module.module_dict", struct module_3_8, md_dict),
#else
	SAY("module.module_dict", PyModuleObject, md_dict),
#endif
#if IN(8, 13)
	NONE("gc.generations"),
	SAY("gc.generation0", gc_state, generation0),
#else
	{ "gc.generations", offsetof(gc_state, permanent_generation) - NUM_GENERATIONS * sizeof(struct gc_generation) },
	NONE("gc.generation0"),
#endif
	SAY("gc.permanent", gc_state, permanent_generation),
	{ "gc.generation_size", sizeof(struct gc_generation) },
	{ "gc.generation_count", NUM_GENERATIONS },
	{ "gc_head_size", sizeof(PyGC_Head) },
	SAY("exception.args", PyBaseExceptionObject, args),
	SAY("exception.traceback", PyBaseExceptionObject, traceback),
	SAY("traceback.next", PyTracebackObject, tb_next),
	SAY("traceback.frame", PyTracebackObject, tb_frame),
	SAY("traceback.lasti", PyTracebackObject, tb_lasti),
	SAY("traceback.lineno", PyTracebackObject, tb_lineno),
#if IN(8, 10)
	SAY("generator.frame", PyGenObject, gi_frame),
	NONE("generator.state"),
	NONE("frame_object_frame"),
#else
	SAY("generator.frame", PyGenObject, gi_iframe),
	SAY("generator.state", PyGenObject, gi_frame_state),
	SAY("frame_object_frame", PyFrameObject, f_frame),
#endif
#if IN(8, 9)
	SAY("generator.running", PyGenObject, gi_running),
#else
	NONE("generator.running"),
#endif
};

/* Bit fields have no offset: which bit of the word is the lowest of them? */
#define SHIFT(member) \
	do { \
		PyASCIIObject ascii; \
		unsigned bits; \
		memset(&ascii, 0, sizeof(ascii)); \
		ascii.state.member = 1; \
		memcpy(&bits, &ascii.state, sizeof(bits)); \
		printf("unicode.%s_shift %d\n", #member, __builtin_ctz(bits)); \
	} while (0)

int main(void)
{
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		printf("%s %lu\n", offsets[i].name, offsets[i].value);
	SHIFT(kind);
	SHIFT(compact);
	SHIFT(ascii);
	return 0;
}
