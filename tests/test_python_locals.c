/* test_python_locals.c: attributes of instances, names of threads, local variables, in a memory made by hand. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/python_fake.h"

enum { THREAD_IDENT = 0x1234567, STRAY_IDENT = 0x7654321 };

/* ---- attributes ---- */

static void check_attribute(uint64_t at, int expected_r, uint64_t expected)
{
	uint64_t found = 77;

	ck_assert_int_eq(python_attribute(&python, at, "_name", &found), expected_r);
	ck_assert_uint_eq(found, expected_r == 0 ? expected : 77);
}

/* A class whose instances have an attribute besides _name. */
static uint64_t class_with(uint64_t flags)
{
	uint64_t made = type("Thread", flags | HEAP);
	const uint64_t pairs[][2] = { { text("other"), 0 }, { text("_name"), 0 } };

	set(made + python.layout.type.cached_keys, keys(5, false, 2, pairs), 8);
	return made;
}

static uint64_t dict_with(uint64_t value)
{
	const uint64_t pairs[][2] = { { text("_name"), value } };

	return dict(keys(3, false, 1, pairs), 0);
}

/* A pointer in the object, as to 3.10 all have it, and those of types in C. */
START_TEST(attribute_by_offset)
{
	uint64_t class, with, without, slotted;

	begin(_i);
	class = type("Thread", HEAP);
	set(class + python.layout.type.dictoffset, 24, 8);
	with = object(class, 64);
	set(with + 24, dict_with(str_type), 8);
	without = object(class, 64);
	slotted = object(object_type, 64);
	publish();
	check_attribute(with, 0, str_type);
	check_attribute(without, -ENOENT, 0);
	check_attribute(slotted, -ENOENT, 0);
	set(class + python.layout.type.dictoffset, 1UL << 40, 8);
	publish();
	check_attribute(with, -EBADMSG, 0);
}
END_TEST

/* From 3.11: a dict in front of the object. */
START_TEST(attribute_managed)
{
	uint64_t with, without;

	begin(_i);
	with = object(class_with(MANAGED), 64);
	set(with - python.layout.managed.dict, dict_with(str_type), 8);
	without = object(class_with(MANAGED), 64);
	publish();
	check_attribute(with, 0, str_type);
	check_attribute(without, -ENOENT, 0);
}
END_TEST

/* 3.11: a pointer to values; 3.12: one less 1 in the place of the dict. */
START_TEST(attribute_values)
{
	uint64_t at, tagged, place, missing;

	begin(_i);
	tagged = python.layout.managed.tagged_values;
	place = tagged ? python.layout.managed.dict : python.layout.managed.values;
	at = object(class_with(MANAGED), 64);
	set(at - place, values(0, str_type) - tagged, 8);
	missing = object(class_with(MANAGED), 64);
	set(missing - place, values(str_type, 0) - tagged, 8);
	publish();
	check_attribute(at, 0, str_type);
	check_attribute(missing, -ENOENT, 0);
	set(at - place, 0x7fff00000000 - tagged, 8);
	publish();
	check_attribute(at, -EFAULT, 0);
}
END_TEST

/* From 3.13: values behind the object. */
START_TEST(attribute_inline)
{
	uint64_t at, valid;

	begin(_i);
	at = object(class_with(MANAGED | INLINE), 128);
	valid = at + 16 + python.layout.managed.inline_valid;
	set(at + 16 + python.layout.dict.values_items + 8, str_type, 8);
	publish();
	check_attribute(at, -ENOENT, 0);
	set(valid, 1, 1);
	publish();
	check_attribute(at, 0, str_type);
	set(at - python.layout.managed.dict, dict_with(int_type), 8); /* which counts, then */
	publish();
	check_attribute(at, 0, int_type);
}
END_TEST

/* ---- names of threads ---- */

static uint64_t thread_object(const char *name)
{
	uint64_t class = type("Thread", HEAP), made;

	set(class + python.layout.type.dictoffset, 16, 8);
	made = object(class, 64);
	set(made + 16, dict_with(text(name)), 8);
	return made;
}

/* The runtime's only interpreter, with one thread; MODULE is its threading. */
static struct python_thread make_interpreter(uint64_t module)
{
	const struct python_layout *l = &python.layout;
	const uint64_t modules[][2] = { { text("threading"), module } };
	struct python_thread thread = { .interpreter = room(16384), .state = room(1024), .ident = THREAD_IDENT };

	python.runtime = room(2048);
	set(python.runtime + l->runtime.interpreters_head, thread.interpreter, 8);
	set(thread.interpreter + l->interpreter.threads_head, thread.state, 8);
	set(thread.interpreter + l->interpreter.modules, dict(keys(3, false, 1, modules), 0), 8);
	set(thread.state + l->thread.interpreter, thread.interpreter, 8);
	return thread;
}

static void check_name(struct python_thread thread, uint64_t ident, int expected_r, const char *expected)
{
	struct buf name = BUF(64);

	thread.ident = ident;
	ck_assert_int_eq(python_thread_name(&python, &thread, &name), expected_r);
	if (expected_r == 0)
		ck_assert_str_eq(name.data, expected);
	buf_done(&name);
}

START_TEST(names)
{
	struct python_thread thread;
	uint64_t module;

	begin(_i);
	const uint64_t threads[][2] = { { text("no ident"), str_type },
					{ integer(false, 1, THREAD_IDENT, 0, 0), thread_object("worker") } };
	const uint64_t globals[][2] = { { text("_active"), dict(keys(3, true, 2, threads), 0) },
					{ text("_main_thread"), thread_object("MainThread") } };

	module = object(module_type, 64);
	set(module + python.layout.module.module_dict, dict(keys(3, false, 2, globals), 0), 8);
	thread = make_interpreter(module);
	publish();
	check_name(thread, THREAD_IDENT, 0, "worker");
	check_name(thread, STRAY_IDENT, 0, "MainThread");
	python_threading_search(&python);
	ck_assert_uint_eq(python.threading_count, 1);
	ck_assert_int_eq(python_thread_name_touch(&python), 0);
	check_name(thread, THREAD_IDENT, 0, "worker");
	thread.interpreter_id = 1;
	check_name(thread, STRAY_IDENT, -ENOENT, NULL);
	thread = make_interpreter(object(object_type, 64)); /* who has no __dict__ */
	publish();
	check_name(thread, THREAD_IDENT, -ENOENT, NULL);
	python_threading_search(&python);
	ck_assert_uint_eq(python.threading_count, 0);
}
END_TEST

/* ---- locals ---- */

static uint64_t tuple(size_t count, const uint64_t *items)
{
	uint64_t made = object(type("tuple", 1UL << PYTHON_IS_TUPLE), 32 + 8 * count);

	set(made + python.layout.tuple.size, count, 8);
	for (size_t i = 0; i < count; i++)
		set(made + python.layout.tuple.items + 8 * i, items[i], 8);
	return made;
}

static uint64_t bytes(const char *data, size_t len)
{
	uint64_t made = object(type("bytes", 1UL << PYTHON_IS_BYTES), 64 + len);

	set(made + python.layout.bytes.size, len, 8);
	memcpy(memory + (made + python.layout.bytes.data - BASE), data, len);
	return made;
}

/* def function(number, unset): text, of which the last is used by an inner function. */
static uint64_t code(void)
{
	const struct python_layout *l = &python.layout;
	const uint64_t variables[] = { text("number"), text("unset"), text("text") };
	uint64_t made = room(512);

	if (l->code.localsplusnames != PYTHON_NONE) {
		set(made + l->code.localsplusnames, tuple(3, variables), 8);
		set(made + l->code.localspluskinds, bytes("\x20\x20\x60", 3), 8);
	} else {
		set(made + l->code.varnames, tuple(2, variables), 8);
		set(made + l->code.cellvars, tuple(1, variables + 2), 8);
		set(made + l->code.freevars, tuple(0, NULL), 8);
	}
	return made;
}

static uint64_t cell(uint64_t holds)
{
	uint64_t made = object(type("cell", 0), 32);

	set(made + python.layout.cell_ref, holds, 8);
	return made;
}

static int append_local(const struct python_local *local, void *context)
{
	return buf_printf(context, "%s: %s %s\n", local->name.data, local->type.len ? local->type.data : "-",
			  local->value.len ? local->value.data : "-");
}

static void check_locals(const struct python_frame *frame, const char *expected)
{
	struct buf told = BUF(4096);

	publish();
	(void)python_locals_touch(&python, frame);
	ck_assert_int_eq(python_locals(&python, frame, append_local, &told), 0);
	ck_assert_str_eq(told.data ? told.data : "", expected);
	buf_done(&told);
}

START_TEST(locals)
{
	struct python_frame frame;
	uint64_t at;

	begin(_i);
	frame = (struct python_frame){ .address = room(1024), .code = code() };
	at = frame.address + python.layout.frame.localsplus;
	check_locals(&frame, "");
	set(at, integer(true, 1, 17, 0, 0), 8);
	set(at + 16, cell(text("it's")), 8);
	check_locals(&frame, "number: int -17\ntext: str \"it's\"\n");
	set(at + 8, tuple(2, (const uint64_t[]){ str_type, 0 }), 8);
	set(at + 16, cell(0), 8);
	check_locals(&frame, "number: int -17\nunset: tuple of 2 -\n");
	set(at, integer(false, 3, 0, 0, 1U << 29), 8);
	set(at + 8, bytes("a'\"\0", 4), 8);
	check_locals(&frame, "number: int 90 bits\nunset: bytes b'a\\'\"\\x00'\n");
	set(at, 0x7fff00000000, 8);
	set(at + 8, 3, 8);
	check_locals(&frame, "number: - -\n");
	frame.code = at;
	ck_assert_int_lt(python_locals(&python, &frame, append_local, NULL), 0);
}
END_TEST

/* Pointers of anywhere to anywhere: all ends, whatever it says. */
START_TEST(chaos)
{
	uint64_t state = (uint64_t)_i + 1;
	char name[256];
	uint64_t found;
	int64_t number;

	begin(MINOR_FIRST + _i % (MINOR_BEHIND - MINOR_FIRST));
	for (uint64_t at = next; at < BASE + MEMORY_SIZE; at += 8) {
		const uint64_t types[] = { str_type, int_type, dict_type, module_type, object_type };

		state = state * 6364136223846793005 + 1442695040888963407;
		found = state >> 33;
		set(at, found % 4 == 0 ? types[found / 4 % 5] : found % 4 == 1 ? found / 4 % 64 :
			BASE + found / 4 % MEMORY_SIZE / 8 * 8, 8);
	}
	publish();
	for (uint64_t at = BASE; at < BASE + MEMORY_SIZE; at += 320) {
		CLEANUP(buf_done) struct buf text = BUF(1024), type_text = BUF(1024);
		struct python_frame frame = { .address = at, .code = at + 64 };

		(void)python_attribute(&python, at, "_name", &found);
		(void)python_dict_get(&python, at, "_name", &found);
		(void)python_module_dict(&python, at, "threading", &found);
		(void)python_type_name(&python, at, name, sizeof(name));
		(void)python_integer(&python, at, &number);
		(void)python_value_touch(&python, at);
		(void)python_value(&python, at, &type_text, &text);
		(void)python_locals_touch(&python, &frame);
		buf_reset(&text);
		(void)python_locals(&python, &frame, append_local, &text);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_locals");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, attribute_by_offset, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, attribute_managed, 11, MINOR_BEHIND);
	tcase_add_loop_test(tests, attribute_values, 11, 13);
	tcase_add_loop_test(tests, attribute_inline, 13, MINOR_BEHIND);
	tcase_add_loop_test(tests, names, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, locals, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, chaos, 0, 6);
	return suite_run("python_locals", tests);
}
