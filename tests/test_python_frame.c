/* Frames of a memory that is made here, as each layout has them. */
#include "core/python_private.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/suite.h"

enum {
	FRAMES = 0x100000, STRIDE = 0x80, /* of frame I: at FRAMES + I * STRIDE */
	CODE = 0x10000,                   /* all have this one */
	UNITS = 40, FIRST = 3,            /* its instructions, and where those of its function begin */
	AT = 10,                          /* where frames are in it: instruction */
	PAGES = 1024,
	BY_THREAD = 0, BY_GENERATOR = 1, BY_C = 3,
};

static const int minors[] = { 8, 10, 11, 12, 13 };
enum { MINORS = sizeof(minors) / sizeof(minors[0]), FIRST_INTERPRETER = 2, FIRST_OWNER_NONE = 3 };

static struct python python;

static void put(uint64_t address, uint32_t offset, uint64_t value, size_t size)
{
	ck_assert_uint_ne(offset, PYTHON_NONE);
	ck_assert_int_eq(pages_put(python.pages, address + offset, &value, size), 0);
}

static bool has_objects(void)
{
	return python.layout.frame_kind == PYTHON_FRAME_OBJECTS;
}

static uint64_t frame_at(size_t i)
{
	return FRAMES + i * STRIDE;
}

/* Frame I is at instruction AT. */
static void place(size_t i, int64_t at)
{
	const struct python_layout *l = &python.layout;

	if (has_objects())
		put(frame_at(i), l->frame.instr, (uint64_t)(at < 0 ? at : at * 2 / l->frame.lasti_unit), 4);
	else
		put(frame_at(i), l->frame.instr, (uint64_t)CODE + l->code.code + (uint64_t)(at * 2), 8);
}

static void own(size_t i, uint8_t owner)
{
	put(frame_at(i), python.layout.frame.owner, owner, 1);
}

static void link_to(size_t i, uint64_t previous)
{
	put(frame_at(i), python.layout.frame.previous, previous, 8);
}

/* COUNT frames, the innermost first. */
static void make(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		link_to(i, i + 1 < count ? frame_at(i + 1) : 0);
		put(frame_at(i), python.layout.frame.code, CODE | python.layout.frame.tagged, 8);
		place(i, AT);
		if (!has_objects())
			own(i, BY_THREAD);
	}
}

static void begin(int minor)
{
	memset(&python, 0, sizeof(python));
	ck_assert_int_eq(pages_new(PAGES, &python.pages), 0);
	python.layout = *python_layout_of(minor);
	if (has_objects())
		return;
	put(CODE, python.layout.tuple.size, UNITS, 8);
	put(CODE, python.layout.code.code - 16, FIRST, 4);
}

static void end(void)
{
	pages_free(python.pages);
}

/* What the walk has told. */
struct told {
	size_t count, until;
	struct python_frame first[8];
};

static int tell(const struct python_frame *frame, void *context)
{
	struct told *told = context;

	if (told->count < sizeof(told->first) / sizeof(told->first[0]))
		told->first[told->count] = *frame;
	return ++told->count == told->until ? 7 : 0;
}

static enum python_end walk(struct told *told)
{
	enum python_end ended;

	*told = (struct told){ 0 };
	ck_assert_int_eq(python_frames(&python, FRAMES, tell, told, &ended), 0);
	return ended;
}

START_TEST(whole)
{
	struct told told;

	begin(minors[_i]);
	make(3);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(told.first[i].address, frame_at(i));
		ck_assert_uint_eq(told.first[i].code, CODE);
		ck_assert_int_eq(told.first[i].lasti, AT * 2);
	}
	end();
}
END_TEST

START_TEST(function_ends_it)
{
	struct told told = { .until = 2 };
	enum python_end ended = PYTHON_CUT;

	begin(minors[_i]);
	make(3);
	ck_assert_int_eq(python_frames(&python, FRAMES, tell, &told, &ended), 7);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_int_eq(ended, PYTHON_CUT);
	ck_assert_int_eq(python_frames(&python, 0, tell, &told, &ended), 0);
	ck_assert_int_eq(ended, PYTHON_WHOLE);
	end();
}
END_TEST

START_TEST(before_the_first_instruction)
{
	struct told told;

	begin(minors[_i]);
	make(1);
	place(0, -1);
	if (!has_objects())
		own(0, BY_GENERATOR);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 1);
	ck_assert_int_eq(told.first[0].lasti, -1);
	end();
}
END_TEST

START_TEST(incomplete)
{
	struct told told;

	begin(minors[_i]);
	make(4);
	place(1, FIRST - 1); /* not shown, but for that of a generator */
	place(2, FIRST - 1);
	own(2, BY_GENERATOR);
	place(3, FIRST);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 3);
	ck_assert_uint_eq(told.first[1].address, frame_at(2));
	ck_assert_int_eq(told.first[1].lasti, (FIRST - 1) * 2);
	ck_assert_uint_eq(told.first[2].address, frame_at(3));
	end();
}
END_TEST

START_TEST(of_c)
{
	struct told told;

	begin(minors[_i]);
	make(3);
	own(1, BY_C);
	put(frame_at(1), python.layout.frame.code, 1, 8);
	put(frame_at(1), python.layout.frame.instr, 0, 8);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_uint_eq(told.first[1].address, frame_at(2));
	end();
}
END_TEST

/* Nothing but frames that are not shown, for ever. */
START_TEST(of_c_only)
{
	struct told told;

	begin(13);
	for (size_t i = 0; i < 3 * PYTHON_FRAMES_MAX + 2; i++) {
		link_to(i, frame_at(i + 1));
		own(i, BY_C);
	}
	ck_assert_int_eq(walk(&told), PYTHON_CUT);
	ck_assert_uint_eq(told.count, 0);
	end();
}
END_TEST

START_TEST(tagged)
{
	struct told told;

	begin(13);
	python.layout.frame.tagged = 3;
	make(2);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_uint_eq(told.first[0].code, CODE);
	end();
}
END_TEST

/* A free-threaded build: which of the copies of its instructions? */
START_TEST(copies)
{
	enum { INDEX = 76, TLBC = 192, COPIES = 0x20000, COPY = 0x20100 };
	struct told told;

	begin(13);
	python.layout.frame.tlbc_index = INDEX;
	python.layout.code.tlbc = TLBC;
	make(2);
	put(CODE, TLBC - 16, FIRST, 4);
	put(CODE, TLBC, COPIES, 8);
	put(COPIES, 0, 2, 8);
	put(COPIES, 16, COPY, 8);
	for (size_t i = 0; i < 2; i++) {
		put(frame_at(i), python.layout.frame.instr, COPY + AT * 2, 8);
		put(frame_at(i), INDEX, 1, 4);
	}
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_int_eq(told.first[1].lasti, AT * 2);
	put(frame_at(1), INDEX, 2, 4);
	ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 1);
	end();
}
END_TEST

START_TEST(goes_round)
{
	struct told told;

	begin(minors[_i]);
	make(5);
	for (size_t to = 0; to < 5; to++) {
		link_to(4, frame_at(to));
		ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
		ck_assert_uint_ge(told.count, 5);
		ck_assert_uint_le(told.count, 5 * 3);
	}
	end();
}
END_TEST

START_TEST(torn)
{
	struct told told;

	begin(minors[_i]);
	make(3);
	link_to(1, frame_at(2) + 1);
	ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 1);
	link_to(1, 0x7fff00000000);
	ck_assert_int_eq(walk(&told), PYTHON_LOST);
	ck_assert_uint_eq(told.count, 2);
	link_to(1, 0xfffffffffffffff8);
	ck_assert_int_ne(walk(&told), PYTHON_WHOLE);
	link_to(1, frame_at(2));
	put(frame_at(1), python.layout.frame.code, 0, 8);
	ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 1);
	end();
}
END_TEST

START_TEST(outside_its_code)
{
	static const int64_t places[] = { -2, UNITS, INT64_MIN / 2, INT64_MAX / 2 };
	struct told told;

	begin(minors[_i]);
	make(2);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		place(1, places[i]);
		ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
		ck_assert_uint_eq(told.count, 1);
	}
	place(1, UNITS - 1);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	put(frame_at(1), python.layout.frame.instr, (uint64_t)CODE + python.layout.code.code + AT * 2 + 1, 8);
	ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
	place(1, AT);
	put(CODE, python.layout.tuple.size, UINT64_MAX, 8);
	ck_assert_int_eq(walk(&told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 0);
	end();
}
END_TEST

START_TEST(many)
{
	struct told told;

	begin(_i ? 13 : 8);
	make(PYTHON_FRAMES_MAX + 1);
	ck_assert_int_eq(walk(&told), PYTHON_CUT);
	ck_assert_uint_eq(told.count, PYTHON_FRAMES_MAX);
	link_to(PYTHON_FRAMES_MAX - 1, 0);
	ck_assert_int_eq(walk(&told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, PYTHON_FRAMES_MAX);
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, whole, 0, MINORS);
	tcase_add_loop_test(t, function_ends_it, 0, MINORS);
	tcase_add_loop_test(t, before_the_first_instruction, 0, MINORS);
	tcase_add_loop_test(t, incomplete, FIRST_INTERPRETER, MINORS);
	tcase_add_loop_test(t, of_c, FIRST_OWNER_NONE, MINORS);
	tcase_add_test(t, of_c_only);
	tcase_add_test(t, tagged);
	tcase_add_test(t, copies);
	tcase_add_loop_test(t, goes_round, 0, MINORS);
	tcase_add_loop_test(t, torn, 0, MINORS);
	tcase_add_loop_test(t, outside_its_code, FIRST_INTERPRETER, MINORS);
	tcase_add_loop_test(t, many, 0, 2);
	return suite_run("python_frame", t);
}
