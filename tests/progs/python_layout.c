/* python_layout.c: python_layout.c MINOR: where we think that the fields of 3.MINOR are, "runtime.gil 360" a line, as
 * tests/python/offsets.c says of CPython's headers. */
#include "core/python_layout.c"

#include <stdio.h>
#include <stdlib.h>

#define FIELDS \
	X(runtime.interpreters_head) X(runtime.gil) X(runtime.gc) X(interpreter.id) X(interpreter.next) \
	X(interpreter.threads_head) X(interpreter.modules) X(interpreter.gc) X(interpreter.gil) X(gil.size) \
	X(gil.last_holder) X(gil.locked) X(thread.next) X(thread.interpreter) X(thread.ident) \
	X(thread.native_id) X(thread.frame) X(thread.cframe) X(cframe_current_frame) X(thread.exc_info) \
	X(exc_item.value) X(exc_item.previous) X(frame.code) X(frame.previous) X(frame.instr) \
	X(frame.owner) X(frame.localsplus) X(frame.stacktop) X(frame.owner_none) X(code.filename) X(code.name) \
	X(code.firstlineno) X(code.lines) \
	X(code.qualname) X(code.varnames) X(code.localsplusnames) X(code.localspluskinds) X(code.code) \
	X(code.cellvars) X(code.freevars) X(cell_ref) X(object.type) X(tuple.size) X(tuple.items) \
	X(list.size) X(bytes.size) X(bytes.data) X(integer.tag) X(integer.digits) X(integer.is_tagged) \
	X(real.value) X(unicode.length) X(unicode.state) X(unicode.ascii_size) X(unicode.compact_size) \
	X(unicode.wstr) X(unicode.wstr_length) X(type.name) X(type.basicsize) X(type.flags) X(type.base) \
	X(type.dictoffset) X(type.dict) X(type.cached_keys) X(dict.used) X(dict.keys) X(dict.values) \
	X(dict.keys_log2_size) X(dict.keys_log2_index_bytes) X(dict.keys_kind) X(dict.keys_size) \
	X(dict.keys_nentries) X(dict.keys_indices) X(dict.values_items) X(managed.dict) \
	X(managed.values) X(managed.tagged_values) X(managed.inline_valid) X(module.module_dict) \
	X(gc.generations) X(gc.generation0) X(gc.permanent) X(gc.generation_size) X(gc.generation_count) \
	X(gc_head_size) X(exception.args) X(exception.traceback) X(traceback.next) X(traceback.frame) \
	X(traceback.lasti) X(traceback.lineno) X(generator.frame) X(generator.state) X(frame_object_frame) \
	X(generator.running) X(unicode.kind_shift) X(unicode.compact_shift) X(unicode.ascii_shift)

#define X(field) printf("%s %lu\n", #field, (unsigned long)layout->field);

int main(int argc, char **argv)
{
	const struct python_layout *layout = python_layout_of(argc > 1 ? atoi(argv[1]) : 0);

	if (!layout)
		return 1;
	FIELDS
	return 0;
}
