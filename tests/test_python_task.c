/* Tests of asyncio's tasks in core/python_task.c and core/python_coroutine.c: fake memory of 3.10, where coroutines
 * lead to frames that lead to their stacks; of 3.13, where all of it is in one piece; of 3.14, where references on the
 * stack have tags. */
#include <errno.h>
#include <string.h>

#include "core/python_private.h"
#include "tests/suite.h"

enum { BASE = 0x10000, SIZE = 1 << 16, FRAMES_MAX = 512 };
enum { CREATED = -3, SUSPENDED, AWAITING, RUNNING, ENDED = 4 }; /* gi_frame_state, from 3.13 on */

/* Of TaskObj, as those versions have it. */
static const struct { int minor; uint64_t size, dict, state, waiter, coroutine, name; } versions[] = {
	{ 10, 192, 104, 88, 152, 160, 168 },
	{ 13, 144, 0, 96, 112, 120, 128 },
	{ 14, 168, 0, 104, 120, 128, 136 },
};

static struct python p;
static unsigned char memory[SIZE];
static uint64_t used, coroutine_type;
static int version;

static uint64_t make(size_t size)
{
	uint64_t at = BASE + used;

	used += (size + 15) / 16 * 16;
	ck_assert_uint_le(used, SIZE);
	return at;
}

static void set(uint64_t address, uint32_t offset, uint64_t value, size_t size)
{
	memcpy(memory + (address - BASE) + offset, &value, size);
}

static void set_pointer(uint64_t address, uint32_t offset, uint64_t value)
{
	set(address, offset, value, sizeof value);
}

static uint64_t make_type(const char *name, uint64_t base, uint64_t size, uint64_t flags)
{
	uint64_t type = make(1024), text = make(strlen(name) + 2) + 1;

	memcpy(memory + (text - BASE), name, strlen(name) + 1);
	set_pointer(type, p.layout.type.name, text);
	set_pointer(type, p.layout.type.base, base);
	set_pointer(type, p.layout.type.basicsize, size);
	set_pointer(type, p.layout.type.dictoffset, versions[version].dict);
	set_pointer(type, p.layout.type.flags, flags);
	return type;
}

static uint64_t make_object(uint64_t type, size_t size)
{
	uint64_t object = make(size);

	set_pointer(object, p.layout.object.type, type);
	return object;
}

static uint64_t make_str(const char *text)
{
	uint64_t object = make_object(make_type("str", 0, 0, 1 << PYTHON_IS_STR), 128);

	set_pointer(object, p.layout.unicode.length, strlen(text));
	set(object, p.layout.unicode.state,
	    1U << p.layout.unicode.kind_shift | 1U << p.layout.unicode.compact_shift |
	    1U << p.layout.unicode.ascii_shift, 4);
	memcpy(memory + (object - BASE) + p.layout.unicode.ascii_size, text, strlen(text));
	return object;
}

/* Of the instructions only the third matters. */
static uint64_t make_code(int state)
{
	uint64_t code = make(256), bytes = make(64);

	if (versions[version].minor == 10) {
		set_pointer(code, p.layout.code.code, bytes);
		set(bytes, p.layout.bytes.data + 4, state == AWAITING ? 72 /* YIELD_FROM */ : 86, 1);
	} else {
		set_pointer(code, p.layout.tuple.size, 8);
	}
	return code;
}

static uint64_t make_old_frame(uint64_t coroutine, int state, uint64_t awaited)
{
	uint64_t frame = make(400), stack = make(16);

	set_pointer(coroutine, p.layout.generator.frame, state == ENDED ? 0 : frame);
	set(frame, p.layout.frame.instr, state == CREATED ? (uint64_t)-1 : 1, 4);
	set(frame, 108, state == RUNNING ? 0 : (uint64_t)-1, 1); /* f_state */
	set_pointer(frame, 64, stack);                           /* f_valuestack */
	set(frame, p.layout.frame.stacktop, 2, 4);
	set_pointer(stack, 8, awaited);
	return frame;
}

/* Returns its frame's address. */
static uint64_t make_coroutine(int state, uint64_t awaited, uint64_t *ret)
{
	uint64_t coroutine = make_object(coroutine_type, 256), code = make_code(state), frame;

	*ret = coroutine;
	if (versions[version].minor == 10) {
		frame = make_old_frame(coroutine, state, awaited);
	} else {
		frame = coroutine + p.layout.generator.frame;
		set(coroutine, p.layout.generator.state, (uint64_t)state, 1);
		set_pointer(frame, p.layout.frame.instr, code + p.layout.code.code + 2);
		set_pointer(frame, p.layout.frame.stacktop,
			    versions[version].minor == 13 ? 2 : frame + p.layout.frame.localsplus + 16);
		set(frame, p.layout.frame.owner, 1, 1);
		set_pointer(frame, p.layout.frame.localsplus + 8, awaited | p.layout.frame.tagged);
	}
	set_pointer(frame, p.layout.frame.code, code);
	return frame;
}

static void set_awaited(uint64_t frame, uint64_t awaited)
{
	uint64_t stack = frame + p.layout.frame.localsplus;

	if (versions[version].minor == 10)
		memcpy(&stack, memory + (frame - BASE) + 64, sizeof stack);
	set_pointer(stack, 8, awaited);
}

static uint64_t make_task(uint64_t coroutine, uint64_t waiter, uint64_t name)
{
	uint64_t in_c = make_type("_asyncio.Task", make_type("_asyncio.Future", 0, 0, 0), versions[version].size, 0);
	uint64_t object = make_object(make_type("Mine", in_c, 256, 1 << 9), 256);

	set_pointer(object, (uint32_t)versions[version].coroutine, coroutine);
	set_pointer(object, (uint32_t)versions[version].waiter, waiter);
	set_pointer(object, (uint32_t)versions[version].name, name);
	return object;
}

static void begin(int i)
{
	version = i;
	used = 0;
	memset(memory, 0, sizeof memory);
	p = (struct python){ .layout = *python_layout_of(versions[i].minor) };
	if (p.layout.code.code == PYTHON_NONE)
		p.layout.code.code = 208; /* 3.14 says it itself */
	ck_assert_int_eq(pages_new(64, &p.pages), 0);
	coroutine_type = make_type("coroutine", 0, 0, 0);
}

static int read_task(uint64_t task, struct python_green *ret)
{
	ck_assert_int_eq(pages_put(p.pages, BASE, memory, sizeof memory), 0);
	return python_task_read(&p, task, ret);
}

/* What the walk has told. */
struct told { uint64_t frames[FRAMES_MAX]; size_t count; };

static int tell(const struct python_frame *frame, void *context)
{
	struct told *told = context;

	ck_assert_uint_lt(told->count, FRAMES_MAX);
	told->frames[told->count++] = frame->address;
	return 0;
}

static enum python_end frames_of(const struct python_green *green, struct told *ret)
{
	enum python_end end = PYTHON_LOST;

	ret->count = 0;
	ck_assert_int_eq(python_task_frames(&p, green, tell, ret, &end), 0);
	return end;
}

static void ck_text(int r, struct buf *text, const char *expected)
{
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(text->data, expected);
	buf_done(text);
}

/* A task awaits a coroutine, that an asynchronous generator by the object between them, that a future. */
START_TEST(whole)
{
	uint64_t middle = 0, inner, between, outer, task, frames[3], future;
	struct python_green green;
	struct told told;
	struct buf text = BUF(256), waits = BUF(256);

	begin(_i);
	future = make_object(make_type("_asyncio.Future", 0, 0, 0), 128);
	frames[0] = make_coroutine(AWAITING, future, &inner);
	set_pointer(inner, p.layout.object.type, make_type("async_generator", 0, 0, 0));
	between = make_object(make_type("async_generator_asend", 0, 0, 0), 32);
	set_pointer(between, 16, inner);
	frames[1] = make_coroutine(AWAITING, between, &middle);
	frames[2] = make_coroutine(AWAITING, middle, &outer);
	task = make_task(outer, future, make_str("its name"));
	ck_assert_int_eq(read_task(task, &green), 1);
	ck_assert_uint_eq(green.frame, frames[0]);
	ck_assert_uint_eq(green.coroutine, outer);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_WHOLE);
	ck_assert_uint_eq(told.count, 3);
	ck_assert_mem_eq(told.frames, frames, sizeof frames);
	ck_text(python_green_name(&p, &green, &text), &text, "its name");
	(void)buf_printf(&text, "<Future at 0x%llx>", (unsigned long long)future);
	ck_text(python_green_waits(&p, &green, &waits), &waits, text.data);
	buf_done(&text);
	pages_free(p.pages);
}
END_TEST

/* It waits for another task, whose name nobody has asked for yet. */
START_TEST(waits_for_a_task)
{
	uint64_t number, coroutine;
	struct python_green green;
	struct buf text = BUF(256);

	begin(1);
	make_coroutine(SUSPENDED, 0, &coroutine);
	number = make_object(make_type("int", 0, 0, 1 << PYTHON_IS_INT), 32);
	set_pointer(number, p.layout.integer.tag, 1 << 3);
	set(number, p.layout.integer.digits, 17, 4);
	ck_assert_int_eq(read_task(make_task(coroutine, make_task(coroutine, 0, number), 0), &green), 1);
	ck_text(python_green_waits(&p, &green, &text), &text, "Task-17");
	ck_assert_int_eq(python_green_name(&p, &green, &text), -ENOENT);
	pages_free(p.pages);
}
END_TEST

/* How many frames there are in each state of a coroutine, and whether what is on its stack is looked at. */
START_TEST(states)
{
	static const struct { int state; size_t count; } cases[] = {
		{ RUNNING, 0 }, { ENDED, 0 }, { CREATED, 1 }, { SUSPENDED, 1 }, { AWAITING, 2 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t inner, outer, frame, task;
		struct python_green green;
		struct told told;

		begin(_i);
		make_coroutine(SUSPENDED, 0, &inner);
		frame = make_coroutine(cases[i].state, inner, &outer);
		task = make_task(outer, 0, 0);
		ck_assert_int_eq(read_task(task, &green), 1);
		ck_assert_int_eq(frames_of(&green, &told), PYTHON_WHOLE);
		ck_assert_uint_eq(told.count, cases[i].count);
		if (cases[i].count)
			ck_assert_uint_eq(told.frames[told.count - 1], frame);
		else
			ck_assert_uint_eq(green.frame, 0);
		set(task, (uint32_t)versions[version].state, 2, 4);
		ck_assert_int_eq(read_task(task, &green), 0);
		ck_assert_int_eq(read_task(outer, &green), -ENOENT);
		pages_free(p.pages);
	}
}
END_TEST

START_TEST(broken)
{
	uint64_t inner, outer, frame, task;
	struct python_green green;
	struct told told;

	begin(_i);
	make_coroutine(SUSPENDED, 0, &inner);
	frame = make_coroutine(AWAITING, 0, &outer);
	task = make_task(outer, 0, 0);
	ck_assert_int_eq(read_task(task, &green), 1);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 1);
	set_awaited(frame, BASE + SIZE); /* not in memory */
	ck_assert_int_eq(read_task(task, &green), 1);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_LOST);
	ck_assert_uint_eq(told.count, 1);
	set_awaited(frame, inner);
	set(frame, p.layout.frame.stacktop, (uint64_t)-1, 4); /* the lower half of an address that is not aligned */
	ck_assert_int_eq(read_task(task, &green), 1);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_BROKEN);
	set_pointer(task, (uint32_t)versions[version].coroutine, BASE + SIZE);
	ck_assert_int_eq(read_task(task, &green), 1);
	ck_assert_uint_eq(green.frame, 0);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_LOST);
	pages_free(p.pages);
}
END_TEST

/* Each awaits the next one, the last one the first. */
START_TEST(cycle)
{
	uint64_t coroutines[3], frames[3], between;
	struct python_green green;
	struct told told;

	begin(_i);
	for (int i = 0; i < 3; i++)
		frames[i] = make_coroutine(AWAITING, i ? coroutines[i - 1] : 0, &coroutines[i]);
	set_awaited(frames[0], coroutines[2]);
	ck_assert_int_eq(read_task(make_task(coroutines[2], 0, 0), &green), 1);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_BROKEN);
	ck_assert_uint_le(told.count, 12);
	between = make_object(make_type("coroutine_wrapper", 0, 0, 0), 32); /* no frames on the way round */
	set_pointer(between, 16, between);
	ck_assert_int_eq(read_task(make_task(between, 0, 0), &green), 1);
	ck_assert_int_eq(frames_of(&green, &told), PYTHON_BROKEN);
	ck_assert_uint_eq(told.count, 0);
	pages_free(p.pages);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_task");

	tcase_add_loop_test(tests, whole, 0, 3);
	tcase_add_test(tests, waits_for_a_task);
	tcase_add_loop_test(tests, states, 0, 3);
	tcase_add_loop_test(tests, broken, 0, 3);
	tcase_add_loop_test(tests, cycle, 0, 3);
	return suite_run("python_task", tests);
}
