/* Rings of objects, in memory of our own that is read as if it were another's. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/pages_private.h"
#include "tests/suite.h"

enum { OBJECTS = 12000, SIZE = 64, SEEN_MAX = 20000, PAGES = 16, FIRST = 24 /* of gc */ };

/* As PyGC_Head and PyObject. */
struct object {
	uint64_t next, prev, count, type;
	char rest[SIZE - 32];
};

static struct object objects[OBJECTS];
static union {
	unsigned char bytes[16384];  /* an interpreter, 3.8's runtime */
	uint64_t align;
} state;
static struct python python;
static struct pages *pages;
static uint64_t seen[SEEN_MAX];
static size_t seen_count, seen_max;
static unsigned lower; /* so much the lists lie below FIRST */

static uint64_t at(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static void put(uint64_t address, uint64_t value)
{
	memcpy((void *)(uintptr_t)address, &value, sizeof(value));
}

static uint64_t gc(void)
{
	const struct python_layout *l = &python.layout;

	return at(state.bytes) + (l->runtime.gc != PYTHON_NONE ? l->runtime.gc : l->interpreter.gc);
}

static uint64_t head(unsigned ring)
{
	return gc() + FIRST - lower + (uint64_t)ring * python.layout.gc.generation_size;
}

static void link_both(uint64_t one, uint64_t other)
{
	put(one, other | 1); /* flags */
	put(other + 8, one | 2);
}

/* The one that begins at HEAD has the COUNT objects from FIRST on. */
static void make(uint64_t head_at, size_t first, size_t count)
{
	uint64_t last = head_at;

	for (size_t i = first; i < first + count; i++) {
		objects[i].type = 0x1000 + i * 16;
		link_both(last, at(&objects[i]));
		last = at(&objects[i]);
	}
	link_both(last, head_at);
}

static void make_ring(unsigned ring, size_t first, size_t count)
{
	make(head(ring), first, count);
}

static void begin(int minor)
{
	python = (struct python){ .layout = *python_layout_of(minor), .runtime = at(state.bytes) };
	if (minor == 14)
		python.layout.interpreter.gc = 7408;
	python.options.deadline_ns = clock_ns() + 60000000000;
	for (unsigned i = 0; i < python.layout.gc.generation_count; i++)
		make_ring(i, 0, 0);
	make(gc() + python.layout.gc.permanent, 0, 0);
	if (python.layout.gc.generation0 != PYTHON_NONE)
		put(gc() + python.layout.gc.generation0, head(0));
}

static void setup(void)
{
	ck_assert_int_eq(pages_new(PAGES, &pages), 0);
	pages_source(pages, getpid(), -1);
	seen_count = 0;
	seen_max = SEEN_MAX;
	lower = 0;
}

static void teardown(void)
{
	pages_free(pages);
}

static int keep(uint64_t object, uint64_t type, void *context)
{
	size_t i = (size_t)(object - at(objects)) / SIZE;

	ck_assert_ptr_eq(context, &seen);
	ck_assert_uint_eq(object, at(&objects[i]) + 16);
	ck_assert_uint_eq(type, 0x1000 + i * 16);
	seen[seen_count++] = i;
	return seen_count == seen_max ? 7 : 0;
}

static int walk(bool young)
{
	pages_clear(pages);
	seen_count = 0;
	return python_gc_each(&python, pages, at(state.bytes), young, keep, &seen);
}

static void check_seen(size_t i, size_t value)
{
	ck_assert_uint_lt(i, seen_count);
	ck_assert_uint_eq(seen[i], value);
}

/* Far more pages than are kept. */
START_TEST(whole)
{
	begin(_i);
	make_ring(0, 0, 2);
	make_ring(2, 2, 9998);
	ck_assert_int_eq(walk(false), 0);
	ck_assert_uint_eq(seen_count, 10000);
	for (size_t i = 0; i < seen_count; i++)
		check_seen(i, i);
	ck_assert_uint_le(pages->count, PAGES);
}
END_TEST

/* Heads that are aligned to 4 bytes, and what gc.freeze() has set apart. */
START_TEST(lower_lists)
{
	lower = 4;
	begin(13);
	make_ring(0, 0, 2);
	make_ring(2, 2, 3);
	make(gc() + python.layout.gc.permanent, 5, 4);
	ck_assert_int_eq(walk(false), 0);
	ck_assert_uint_eq(seen_count, 9);
	for (size_t i = 0; i < seen_count; i++)
		check_seen(i, i);
	ck_assert_int_eq(walk(true), 0);
	ck_assert_uint_eq(seen_count, 2);
}
END_TEST

/* Where the first list is said to be, it cannot be. */
START_TEST(no_first)
{
	uint64_t firsts[5];

	begin(13);
	memcpy(firsts, (uint64_t[]){ 0, gc() + 96, gc() - 4, gc() + 22, UINT64_MAX }, sizeof(firsts));
	put(gc() + python.layout.gc.generation0, firsts[_i]);
	ck_assert_int_eq(walk(false), -EBADMSG);
	ck_assert_uint_eq(seen_count, 0);
}
END_TEST

/* The latest first. */
START_TEST(young)
{
	begin(_i);
	make_ring(0, 0, 5000);
	make_ring(1, 5000, 3);
	make_ring(2, 6000, 10);
	ck_assert_int_eq(walk(true), 0);
	ck_assert_uint_eq(seen_count, 4096 + 3);
	check_seen(0, 4999);
	check_seen(4095, 4999 - 4095);
	check_seen(4096, 5002);
}
END_TEST

START_TEST(ended)
{
	begin(11);
	make_ring(0, 0, 2000);
	seen_max = 3;
	ck_assert_int_eq(walk(false), 7);
	ck_assert_uint_eq(seen_count, 3);
	seen_max = SEEN_MAX;
	python.options.deadline_ns = 1;
	ck_assert_int_eq(walk(false), -ETIMEDOUT);
	ck_assert_uint_lt(seen_count, 2000);
}
END_TEST

/* Neither through its head nor to an end; the other rings are walked all the same. */
START_TEST(cycle)
{
	begin(11);
	make_ring(0, 0, 100);
	make_ring(2, 200, 5);
	objects[99].next = at(&objects[50]);
	ck_assert_int_eq(walk(false), -EBADMSG);
	ck_assert_uint_lt(seen_count, 500);
	check_seen(seen_count - 1, 204);
	objects[99].next = at(&objects[99]);
	ck_assert_int_eq(walk(false), -EBADMSG);
	ck_assert_uint_lt(seen_count, 500);
}
END_TEST

/* A collection has moved them while they were walked. */
START_TEST(into_another_ring)
{
	begin(11);
	make_ring(0, 0, 3);
	make_ring(1, 10, 3);
	objects[1].next = at(&objects[11]);
	ck_assert_int_eq(walk(false), 0);
	ck_assert_uint_eq(seen_count, 4 + 3);
	check_seen(2, 11);
}
END_TEST

START_TEST(broken)
{
	static const uint64_t nexts[] = { 0, 8, 0x1234, UINT64_MAX - 7 };

	begin(11);
	make_ring(1, 10, 3);
	for (size_t i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		make_ring(0, 0, 3);
		objects[1].next = nexts[i];
		ck_assert_int_lt(walk(false), 0);
		ck_assert_uint_eq(seen_count, 2 + 3);
		check_seen(4, 12);
	}
	put(head(0), 0);
	ck_assert_int_eq(walk(false), -EBADMSG);
	python.layout.free_threaded = true;
	ck_assert_int_eq(walk(false), -ENOTSUP);
	ck_assert_uint_eq(seen_count, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_gc");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, whole, PYTHON_LAYOUT_MINOR_MIN, PYTHON_LAYOUT_MINOR_MAX + 1);
	tcase_add_loop_test(tests, young, PYTHON_LAYOUT_MINOR_MIN, PYTHON_LAYOUT_MINOR_MAX + 1);
	tcase_add_test(tests, lower_lists);
	tcase_add_loop_test(tests, no_first, 0, 5);
	tcase_add_test(tests, ended);
	tcase_add_test(tests, cycle);
	tcase_add_test(tests, into_another_ring);
	tcase_add_test(tests, broken);
	return suite_run("python_gc", tests);
}
