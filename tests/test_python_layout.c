/* Tables of layouts, and what runtimes say of their own, made here. */
#include "core/python_layout.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/suite.h"

/* As in libpython3.13.so.1.0 of 3.13.0 on x86-64, behind cookie, version and free_threaded. */
static const uint64_t said_13[] = {
	283320, 608, 632, /* runtime */
	194968, 7272, 7264, 7344, 7400, 7656, 7640, 7648, 16, 7752, 0, 7768, 7760, /* interpreter */
	304, 0, 8, 16, 72, 152, 160, 232, 32, /* thread */
	80, 8, 0, 56, 72, 70, /* frame */
	208, 112, 120, 128, 136, 68, 52, 96, 104, 200, /* code */
	16, 8, 416, 24, 88, 168, /* object, type */
	32, 24, 16, 40, 24, 16, 48, 32, 40, /* tuple, list, dict */
	24, 16, 32, 16, 24, 40, 16, 32, /* float, int, bytes */
	64, 32, 16, 40, 240, 200, /* str, gc */
};

/* The same in the order and with the members of 3.14. */
static const uint64_t said_14[] = {
	300000, 608, 640,
	195000, 7280, 7272, 7352, 7360, 7400, 7664, 7648, 7656, 16, 7760, 0, 7776, 7768, 7960, 0,
	832, 0, 8, 16, 72, 152, 160, 232, 32,
	88, 8, 0, 56, 80, 74, 64, 0,
	216, 112, 120, 128, 136, 68, 52, 96, 104, 208, 0,
	16, 8, 416, 24, 88, 168,
	32, 24, 16, 40, 24, 16, 200, 24, 40, 32, 48, 32, 40,
	24, 16, 32, 16, 24, 40, 16, 32,
	64, 32, 16, 40, 264, 192,
	160, 24, 72, 67, 0, 8, /* generator, list node */
	24, 352, 1000, 0, 4, 512,
};

enum {
	HEAD = 3, /* words */
	WORDS_13 = HEAD + sizeof(said_13) / sizeof(said_13[0]),
	WORDS_14 = HEAD + sizeof(said_14) / sizeof(said_14[0]),
	COLLECTING_13 = WORDS_13 - 1,
	LEN_13 = WORDS_13 * 8,
	LEN_14 = WORDS_14 * 8,
};

struct said {
	uint64_t words[WORDS_14];
};

static struct said make(int minor)
{
	struct said said = { { 0, minor == 13 ? 0x030d00f0 : 0x030e00f0, 0 } };

	memcpy(said.words, "xdebugpy", 8);
	if (minor == 13)
		memcpy(said.words + HEAD, said_13, sizeof(said_13));
	else
		memcpy(said.words + HEAD, said_14, sizeof(said_14));
	return said;
}

static struct python_layout read_well(const struct said *said, int minor)
{
	struct python_layout layout = { 0 };

	ck_assert_int_eq(python_layout_read(said, minor == 13 ? LEN_13 : LEN_14, minor, &layout), 0);
	ck_assert_int_eq(layout.minor, minor);
	return layout;
}

static void refused(const struct said *said, size_t len, int minor, int error)
{
	struct python_layout layout = { .minor = 77 };

	ck_assert_int_eq(python_layout_read(said, len, minor, &layout), error);
	ck_assert_int_eq(layout.minor, 77);
}

START_TEST(tables)
{
	for (int minor = -1; minor < 40; minor++) {
		const struct python_layout *layout = python_layout_of(minor);

		ck_assert_int_eq(layout != NULL, minor >= PYTHON_LAYOUT_MINOR_MIN && minor <= PYTHON_LAYOUT_MINOR_MAX);
		if (layout)
			ck_assert_int_eq(layout->minor, minor);
	}
	ck_assert_int_eq(python_layout_of(10)->frame_kind, PYTHON_FRAME_OBJECTS);
	ck_assert_int_eq(python_layout_of(11)->frame_kind, PYTHON_FRAME_INTERPRETER);
}
END_TEST

/* What 3.13.0 says is what its headers say. */
START_TEST(said_as_table)
{
	const struct said said = make(13);
	const struct python_layout layout = read_well(&said, 13), *table = python_layout_of(13);

#define SAME(part) ck_assert_mem_eq(&layout.part, &table->part, sizeof(layout.part))
	SAME(runtime);
	SAME(interpreter);
	SAME(gil);
	SAME(thread);
	SAME(code);
	SAME(object);
	SAME(tuple);
	SAME(list);
	SAME(bytes);
	SAME(type);
	SAME(dict);
	SAME(gc);
	SAME(generator);
	SAME(frame.localsplus);
	SAME(frame.owner);
	SAME(integer.tag);
	SAME(integer.digits);
	SAME(unicode.compact_size);
#undef SAME
}
END_TEST

START_TEST(said_by_14)
{
	struct said said = make(14);
	struct python_layout layout = read_well(&said, 14);

	ck_assert_uint_eq(layout.runtime.interpreters_head, 640);
	ck_assert_uint_eq(layout.interpreter.modules, 7664);
	ck_assert_uint_eq(layout.interpreter.gil, 16);
	ck_assert_uint_eq(layout.gil.locked, 16);
	ck_assert_uint_eq(layout.thread.exc_info, 120);
	ck_assert_uint_eq(layout.frame.localsplus, 80);
	ck_assert_uint_eq(layout.frame.tlbc_index, PYTHON_NONE);
	ck_assert_uint_eq(layout.code.code, 208);
	ck_assert_uint_eq(layout.gc.generations, 24);
	ck_assert_uint_eq(layout.unicode.compact_size, 56);
	/* A release candidate is as the release; what came before is not. */
	said.words[1] = 0x030e00c1;
	read_well(&said, 14);
	said.words[1] = 0x030e00b4;
	refused(&said, LEN_14, 14, -ENOTSUP);
}
END_TEST

START_TEST(free_threaded)
{
	struct said said = make(13);
	struct python_layout layout;

	said.words[2] = 1;
	said.words[45] = 24; /* object.type */
	said.words[44] = 32;
	layout = read_well(&said, 13);
	ck_assert(layout.free_threaded);
	ck_assert_uint_eq(layout.thread.frame, 72);
	ck_assert_uint_eq(layout.object.type, 24);
	ck_assert_uint_eq(layout.interpreter.gil, PYTHON_NONE);
	ck_assert_uint_eq(layout.dict.keys_indices, PYTHON_NONE);
	ck_assert_uint_eq(layout.gc.generation0, PYTHON_NONE);
	ck_assert_uint_eq(layout.exception.args, PYTHON_NONE);
	said = make(14);
	said.words[2] = 1;
	said.words[38] = 72; /* frame.tlbc_index, code.tlbc */
	said.words[49] = 200;
	layout = read_well(&said, 14);
	ck_assert_uint_eq(layout.frame.tlbc_index, 72);
	ck_assert_uint_eq(layout.code.tlbc, 200);
	ck_assert_uint_eq(layout.unicode.kind_shift, 8);
}
END_TEST

/* What is not said is not believed of a structure that is another one. */
START_TEST(strange)
{
	struct said said = make(13);
	struct python_layout layout;

	said.words[24] = 168; /* thread.ident */
	said.words[46] = 424; /* sizeof(PyTypeObject) */
	said.words[COLLECTING_13] = 192;
	layout = read_well(&said, 13);
	ck_assert_uint_eq(layout.thread.ident, 168);
	ck_assert_uint_eq(layout.thread.exc_info, PYTHON_NONE);
	ck_assert_uint_eq(layout.type.cached_keys, PYTHON_NONE);
	ck_assert_uint_eq(layout.gc.generation0, PYTHON_NONE);
	ck_assert_uint_eq(layout.dict.used, 16);
}
END_TEST

/* Of each word: beyond its structure, not aligned, a structure that is too large. */
START_TEST(lying)
{
	const int minor = _i;
	const size_t count = minor == 13 ? WORDS_13 : WORDS_14, len = count * 8;
	static const uint64_t lies[] = { UINT64_MAX, UINT64_MAX - 7, UINT32_MAX, (uint64_t)1 << 32, 1 << 25, 3 };

	for (size_t at = HEAD; at < count; at++) {
		for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
			struct said said = make(minor);
			struct python_layout layout = { .minor = 77 };
			int r;

			said.words[at] = lies[i];
			r = python_layout_read(&said, len, minor, &layout);
			ck_assert(r == 0 || r == -EBADMSG);
			ck_assert_int_eq(layout.minor, r ? 77 : minor);
			ck_assert(layout.thread.next <= 1 << 24 && layout.code.lines <= 1 << 24);
		}
	}
	for (size_t n = 0; n < len; n += 8) {
		struct said said = make(minor);

		refused(&said, n, minor, -EBADMSG);
	}
}
END_TEST

START_TEST(other_versions)
{
	struct said said = make(13);

	refused(&said, LEN_14, 14, -EBADMSG);
	refused(&said, LEN_13, 12, -ENOTSUP);
	refused(&said, LEN_13, 15, -ENOTSUP);
	refused(&said, LEN_13, -1, -ENOTSUP);
	said.words[0]++;
	refused(&said, LEN_13, 13, -EBADMSG);
	said = make(13);
	said.words[2] = 2;
	refused(&said, LEN_13, 13, -EBADMSG);
	said = make(13);
	said.words[1] |= (uint64_t)1 << 32;
	refused(&said, LEN_13, 13, -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_layout");

	tcase_add_test(tests, tables);
	tcase_add_test(tests, said_as_table);
	tcase_add_test(tests, said_by_14);
	tcase_add_test(tests, free_threaded);
	tcase_add_test(tests, strange);
	tcase_add_loop_test(tests, lying, 13, 15);
	tcase_add_test(tests, other_versions);
	return suite_run("python_layout", tests);
}
