/* Greenlets of a memory that is made here, as each version has them. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

enum { BASE = 0x10000, SIZE = 1 << 17, EXC_STATE = 200, PIMPL = 32, MAIN = 16 };

/* Offsets from the object (.base 0) or from what its pimpl points to. */
static const struct version {
	int minor;
	uint32_t basicsize, self, exc_info, start, top, parent;
} versions[] = {
	{ 9, 152, 0, 96, 16, 72, 56 },       /* greenlet 0.4.17, 1.1 */
	{ 8, 40, 128, 8, 64, 112, 152 },     /* 2.0 */
	{ 10, 40, 144, 8, 64, 112, 168 },
	{ 11, 40, 160, 8, 48, 96, 184 },
	{ 9, 40, 8, 16, 72, 120, 152 },      /* 3.0 and later */
	{ 11, 40, 8, 16, 56, 104, 184 },
	{ 12, 40, 8, 16, 56, 104, 184 },
	{ 13, 40, 8, 16, 56, 104, 176 },
	{ 14, 40, 8, 16, 56, 104, 176 },
	{ 14, 40, 8, 16, 56, 104, 184 },
	{ 14, 40, 8, 16, 56, 104, 192 },
};
enum { VERSIONS = sizeof(versions) / sizeof(versions[0]) };

static struct python p;
static unsigned char memory[SIZE];
static uint64_t used, greenlet_type, frame_type, thread;
static const struct version *v;

static uint64_t make(size_t size)
{
	uint64_t at = BASE + used;

	used += (size + 15) / 16 * 16;
	ck_assert_uint_le(used, SIZE);
	return at;
}

static void set(uint64_t address, uint32_t offset, uint64_t value)
{
	memcpy(memory + (address - BASE) + offset, &value, sizeof value);
}

static uint64_t make_type(const char *name, uint64_t base, uint64_t size)
{
	uint64_t type = make(1024), text = make(strlen(name) + 1);

	memcpy(memory + (text - BASE), name, strlen(name) + 1);
	set(type, p.layout.type.name, text);
	set(type, p.layout.type.base, base);
	set(type, p.layout.type.basicsize, size);
	return type;
}

static uint64_t make_object(uint64_t type)
{
	uint64_t object = make(256);

	set(object, p.layout.object.type, type);
	return object;
}

static uint64_t make_thread(void)
{
	uint64_t interpreter = make(16384), state = make(1024);

	p.runtime = make(4096);
	set(p.runtime, p.layout.runtime.interpreters_head, interpreter);
	set(interpreter, p.layout.interpreter.threads_head, state);
	set(state, p.layout.thread.interpreter, interpreter);
	set(state, p.layout.thread.exc_info, state + EXC_STATE);
	return state;
}

static void begin(int i)
{
	v = &versions[i];
	memset(memory, 0, sizeof memory);
	used = 0;
	p = (struct python){ .layout = *python_layout_of(v->minor < 13 ? v->minor : 12) };
	p.layout.minor = v->minor; /* from 3.13 on the runtime has to say where the rest is */
	ck_assert_int_eq(pages_new(SIZE / PAGES_SIZE, &p.pages), 0);
	greenlet_type = make_type("greenlet.greenlet", 0, v->basicsize);
	frame_type = make_type("frame", 0, 0);
	thread = make_thread();
}

static void end(void)
{
	pages_free(p.pages);
}

static uint64_t base_of(uint64_t object)
{
	uint64_t base = object;

	if (v->basicsize == 40)
		memcpy(&base, memory + (object - BASE) + PIMPL, sizeof base);
	return base;
}

/* They are below the main one, or below one that is. */
static uint64_t main_of(uint64_t parent)
{
	uint64_t main_one;

	memcpy(&main_one, memory + (base_of(parent) - BASE) + v->parent - MAIN, sizeof main_one);
	return main_one ? main_one : parent;
}

/* Suspended; its chain of exceptions: a generator's, then its thread's. */
static uint64_t make_greenlet(uint64_t type, uint64_t parent, uint64_t stop)
{
	uint64_t object = make_object(type), base = object, frame = make_object(frame_type), item = make(64);

	if (v->basicsize == 40) {
		base = make(512);
		set(object, PIMPL, base);
		set(base, v->self, object);
		if (parent)
			set(base, v->parent - MAIN, main_of(parent));
	}
	set(item, p.layout.exc_item.previous, thread + EXC_STATE);
	set(base, v->exc_info, item);
	set(base, v->start, 0x7000);
	set(base, v->start + 8, stop);
	set(base, v->top, frame);
	set(base, v->parent, parent);
	if (p.layout.frame_kind != PYTHON_FRAME_OBJECTS)
		set(frame, p.layout.frame_object_frame, frame + 64);
	return object;
}

static int read_one(uint64_t object, struct python_green *ret)
{
	memset(ret, 0xff, sizeof *ret);
	pages_clear(p.pages);
	ck_assert_int_eq(pages_put(p.pages, BASE, memory, SIZE), 0);
	return python_greenlet_read(&p, object, ret);
}

START_TEST(each_version)
{
	struct python_green green;
	uint64_t one, other, child, frame;

	begin(_i);
	one = make_greenlet(greenlet_type, 0, UINT64_MAX);
	other = make_greenlet(make_type("Hub", make_type("Raw", greenlet_type, 56), 64), one, 0x8000);
	ck_assert_int_eq(read_one(other, &green), 1);
	memcpy(&frame, memory + (base_of(other) - BASE) + v->top, sizeof frame);
	if (p.layout.frame_kind != PYTHON_FRAME_OBJECTS)
		frame += 64;
	ck_assert_int_eq(green.kind, PYTHON_GREENLET);
	ck_assert_uint_eq(green.address, other);
	ck_assert_uint_eq(green.parent, one);
	ck_assert_uint_eq(green.thread, thread);
	ck_assert_uint_eq(green.frame, frame);
	child = make_greenlet(greenlet_type, other, 0x8000);
	ck_assert_int_eq(read_one(child, &green), 1);
	ck_assert_uint_eq(green.parent, other);
	ck_assert_int_eq(read_one(one, &green), 1);
	ck_assert_uint_eq(green.parent, 0);
	end();
}
END_TEST

START_TEST(without_frames)
{
	struct python_green green;
	uint64_t object;

	begin(_i);
	object = make_greenlet(greenlet_type, 0, 0x8000);
	set(base_of(object), v->top, 0);
	ck_assert_int_eq(read_one(object, &green), 0);
	set(base_of(object), v->top, 0x1000);
	set(base_of(object), v->start, 0);
	ck_assert_int_eq(read_one(object, &green), 0);
	ck_assert_int_eq(read_one(make_object(frame_type), &green), -ENOENT);
	end();
}
END_TEST

/* Its thread has ended: another one has that memory, or nobody. */
START_TEST(without_thread)
{
	struct python_green green;
	uint64_t object, other;

	begin(_i);
	object = make_greenlet(greenlet_type, 0, 0x8000);
	ck_assert_int_eq(read_one(object, &green), 1);
	other = make(1024);
	set(other, p.layout.thread.exc_info, other);
	set(base_of(object), v->exc_info, other + EXC_STATE);
	ck_assert_int_eq(read_one(object, &green), 1);
	ck_assert_uint_eq(green.thread, 0);
	end();
}
END_TEST

/* What does not hold is not guessed; nor does a cycle keep us. */
START_TEST(unknown)
{
	struct python_green green;
	uint64_t object, item, type = 0;

	begin(_i);
	object = make_greenlet(greenlet_type, 0, 0x8000);
	item = make(64);
	set(item, p.layout.exc_item.previous, item);
	set(base_of(object), v->exc_info, item);
	ck_assert_int_eq(read_one(object, &green), 1);
	ck_assert_uint_eq(green.thread, 0);
	set(base_of(object), v->top, object);
	ck_assert_int_eq(read_one(object, &green), -ENOTSUP);
	set(greenlet_type, p.layout.type.basicsize, 48);
	ck_assert_int_eq(read_one(object, &green), -ENOTSUP);
	set(greenlet_type, p.layout.type.basicsize, 40);
	set(object, PIMPL, make(512));
	ck_assert_int_eq(read_one(object, &green), -ENOTSUP);
	set(object, PIMPL, UINT64_MAX - 7);
	ck_assert_int_lt(read_one(object, &green), 0);
	type = make_type("Loop", 0, 0);
	set(type, p.layout.type.base, type);
	ck_assert_int_eq(read_one(make_object(type), &green), -ENOENT);
	end();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_greenlet");

	tcase_add_loop_test(tests, each_version, 0, VERSIONS);
	tcase_add_loop_test(tests, without_frames, 0, VERSIONS);
	tcase_add_loop_test(tests, without_thread, 0, VERSIONS);
	tcase_add_loop_test(tests, unknown, 0, VERSIONS);
	return suite_run("python_greenlet", tests);
}
