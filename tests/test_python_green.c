/* test_python_green.c: which greenlets are found by the collector's lists, in a memory made by hand that goes on to
 * change. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/python_fake.h"

enum { GREENLET_SIZE = 40, PIMPL = 32, SELF = 8, FIRST = 24 /* list, of gc */ };

static uint64_t candidates[PYTHON_GREENS_MAX], greenlet_type, gc;
static int no_pagemap;

/* Nothing is in memory: all pages are given, as they are now. */
static int give(const void *context, uint64_t address, void *ret, size_t len)
{
	(void)context;
	if (address < BASE || address - BASE + len > MEMORY_SIZE)
		return -EFAULT;
	memcpy(ret, memory + (address - BASE), len);
	return 0;
}

static void green_setup(void)
{
	setup();
	no_pagemap = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(no_pagemap, 0);
	pages_source(python.pages, getpid(), no_pagemap);
	pages_fallback(python.pages, give, NULL);
	python.candidates = candidates;
	python.options.deadline_ns = INT64_MAX;
}

static void green_teardown(void)
{
	pages_free(python.gc_pages);
	close(no_pagemap);
	teardown();
}

/* ---- the collector's lists ---- */

static uint64_t head(unsigned ring)
{
	return gc + FIRST + (uint64_t)ring * python.layout.gc.generation_size;
}

static uint64_t in_front(uint64_t made)
{
	return made - python.layout.gc_head_size;
}

static void join(uint64_t one, uint64_t other)
{
	set(one, other, 8);
	set(other + 8, one, 8);
}

/* From HEAD_AT through the COUNT objects and back. */
static void link_ring(uint64_t head_at, size_t count, const uint64_t *objects)
{
	uint64_t last = head_at;

	for (size_t i = 0; i < count; i++) {
		join(last, in_front(objects[i]));
		last = in_front(objects[i]);
	}
	join(last, head_at);
}

/* ---- the process ---- */

/* One interpreter with empty lists, that has imported MODULE; VERSION, if there is one, is its __version__. */
static void begin_with(int minor, const char *module, const char *version)
{
	const struct python_layout *l = &python.layout;
	uint64_t interpreter, made;

	begin(minor);
	made = object(module_type, 64);
	if (version)
		set(made + l->module.module_dict,
		    dict(keys(3, false, 1, (const uint64_t[][2]){ { text("__version__"), text(version) } }), 0), 8);
	else
		set(made + l->module.module_dict, dict(keys(3, false, 0, NULL), 0), 8);
	interpreter = room(16384);
	python.runtime = room(4096);
	set(python.runtime + l->runtime.interpreters_head, interpreter, 8);
	set(interpreter + l->interpreter.modules,
	    dict(keys(3, false, 1, (const uint64_t[][2]){ { text(module), made } }), 0), 8);
	gc = l->runtime.gc == PYTHON_NONE ? interpreter + l->interpreter.gc : python.runtime + l->runtime.gc;
	if (l->gc.generation0 != PYTHON_NONE)
		set(gc + l->gc.generation0, head(0), 8);
	for (unsigned i = 0; i < l->gc.generation_count; i++)
		link_ring(head(i), 0, NULL);
	link_ring(gc + l->gc.permanent, 0, NULL);
	greenlet_type = type("greenlet.greenlet", 0);
	set(greenlet_type + l->type.basicsize, GREENLET_SIZE, 8);
}

/* Not started. */
static uint64_t greenlet(void)
{
	uint64_t made = object(greenlet_type, 64), its = room(256);

	set(made + PIMPL, its, 8);
	set(its + SELF, made, 8);
	return made;
}

/* At the moment, of which all is that is copied. What is read afterwards are copies. */
static void touch(void)
{
	pages_clear(python.pages);
	if (python.gc_pages)
		pages_clear(python.gc_pages);
	pages_source(python.pages, getpid(), no_pagemap);
	ck_assert_int_eq(python_greens_touch(&python), 0);
	pages_source(python.pages, 0, -1);
}

static int none(const struct python_green *green, void *context)
{
	(void)context;
	ck_abort_msg("%#lx has frames", (unsigned long)green->address);
	return 1;
}

static size_t count_rest(void)
{
	size_t rest = 77;

	ck_assert_int_eq(python_greens(&python, none, NULL, &rest), 0);
	return rest;
}

/* ---- the tests ---- */

/* A collection moves objects while they are walked: the first list leads into the last one, and that back. */
START_TEST(met_twice)
{
	uint64_t first[3], last[2], late;

	begin_with(_i, "greenlet", NULL);
	for (size_t i = 0; i < 3; i++)
		first[i] = greenlet();
	for (size_t i = 0; i < 2; i++)
		last[i] = greenlet();
	link_ring(head(0), 3, first);
	link_ring(head(2), 2, last);
	set(in_front(first[1]), in_front(last[0]), 8);
	set(in_front(last[1]), in_front(first[2]), 8);
	ck_assert_int_eq(python_greens_search(&python), 0);
	ck_assert_uint_eq(python.candidates_found, 5);
	touch();
	ck_assert_uint_eq(count_rest(), 5);

	late = greenlet();
	join(in_front(first[2]), in_front(late));
	join(in_front(late), head(0));
	for (int i = 0; i < 2; i++) { /* there may be two moments */
		touch();
		ck_assert_uint_eq(count_rest(), 6);
	}
	set(last[0] + python.layout.object.type, dict_type, 8);
	touch();
	ck_assert_uint_eq(count_rest(), 5);
	ck_assert_str_eq(python_greens_why(&python), "");
}
END_TEST

START_TEST(unknown_layout)
{
	static const struct { const char *version, *why; } told[] = {
		{ NULL, "unknown greenlet layout" },
		{ "9.0.0a1 \033[1m", "unknown greenlet layout (greenlet 9.0.0a1)" },
		{ "\033[1m", "unknown greenlet layout" },
	};
	uint64_t one;

	begin_with(11, "greenlet", told[_i].version);
	set(greenlet_type + python.layout.type.basicsize, GREENLET_SIZE + 8, 8);
	one = greenlet();
	link_ring(head(1), 1, &one);
	ck_assert_int_eq(python_greens_search(&python), 0);
	touch();
	ck_assert_uint_eq(count_rest(), 0);
	ck_assert_str_eq(python_greens_why(&python), told[_i].why);
}
END_TEST

START_TEST(free_threaded)
{
	begin_with(13, "greenlet", NULL);
	python.layout.free_threaded = true;
	ck_assert_int_eq(python_greens_search(&python), -ENOTSUP);
	ck_assert_str_eq(python_greens_why(&python), "greenlets and tasks of a free-threaded build are not supported");
	touch();
	ck_assert_uint_eq(count_rest(), 0);
}
END_TEST

/* What nobody can have made is not sought. */
START_TEST(not_imported)
{
	uint64_t one;

	begin_with(_i, "greenlets", NULL);
	one = greenlet();
	link_ring(head(0), 1, &one);
	ck_assert_int_eq(python_greens_search(&python), 0);
	ck_assert_ptr_null(python.gc_pages);
	touch();
	ck_assert_uint_eq(count_rest(), 0);
	ck_assert_str_eq(python_greens_why(&python), "");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_green");

	tcase_add_checked_fixture(tests, green_setup, green_teardown);
	tcase_add_loop_test(tests, met_twice, MINOR_FIRST, MINOR_BEHIND);
	tcase_add_loop_test(tests, unknown_layout, 0, 3);
	tcase_add_test(tests, free_threaded);
	tcase_add_loop_test(tests, not_imported, MINOR_FIRST, MINOR_BEHIND);
	return suite_run("python_green", tests);
}
