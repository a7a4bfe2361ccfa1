/* Interpreters and their threads in a memory that is made here, as each layout has them. */
#include "core/python_private.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/suite.h"

enum {
	RUNTIME = 0x10000, GIL = 0x30000,
	INTERPRETERS = 0x40000, INTERPRETER_STRIDE = 0x10000,
	STATES = 0x100000, STATE_STRIDE = 0x1000,
	FRAMES = 0x200000, CFRAMES = 0x300000, PTHREADS = 0x400000, WAITERS = 0x500000,
	PER = 2,         /* threads of an interpreter */
	TIDS = 4711,     /* the number of the first thread */
};

static const int minors[] = { 8, 9, 10, 11, 12, 13 };
enum { MINORS = sizeof(minors) / sizeof(minors[0]), WITHOUT_NATIVE = 3 };

static struct python python;

static void put(uint64_t address, uint32_t offset, uint64_t value, size_t size)
{
	ck_assert_uint_ne(offset, PYTHON_NONE);
	ck_assert_int_eq(pages_put(python.pages, address + offset, &value, size), 0);
}

static uint64_t interpreter_at(size_t i)
{
	return INTERPRETERS + i * INTERPRETER_STRIDE;
}

static uint64_t state_at(size_t i)
{
	return STATES + i * STATE_STRIDE;
}

static uint64_t gil_at(void)
{
	return python.layout.runtime.gil == PYTHON_NONE ? GIL : RUNTIME + python.layout.runtime.gil;
}

static void make_thread(size_t i)
{
	const struct python_layout *l = &python.layout;

	put(state_at(i), l->thread.next, i % PER + 1 < PER ? state_at(i + 1) : 0, 8);
	put(state_at(i), l->thread.interpreter, interpreter_at(i / PER), 8);
	put(state_at(i), l->thread.ident, PTHREADS + i * STATE_STRIDE, 8);
	put(state_at(i), l->thread.exc_info, 0, 8);
	if (l->thread.native_id != PYTHON_NONE)
		put(state_at(i), l->thread.native_id, TIDS + i, 8);
	if (l->thread.cframe == PYTHON_NONE) {
		put(state_at(i), l->thread.frame, FRAMES + i * 8, 8);
		return;
	}
	put(state_at(i), l->thread.cframe, CFRAMES + i * 16, 8);
	put(CFRAMES + i * 16, l->cframe_current_frame, FRAMES + i * 8, 8);
}

/* COUNT interpreters, the latest first, with PER threads each. */
static void begin(int minor, size_t count)
{
	const struct python_layout *l = &python.layout;

	memset(&python, 0, sizeof(python));
	ck_assert_int_eq(pages_new(4096, &python.pages), 0);
	python.layout = *python_layout_of(minor);
	python.runtime = RUNTIME;
	put(RUNTIME, l->runtime.interpreters_head, interpreter_at(0), 8);
	for (size_t i = 0; i < count; i++) {
		put(interpreter_at(i), l->interpreter.next, i + 1 < count ? interpreter_at(i + 1) : 0, 8);
		put(interpreter_at(i), l->interpreter.id, count - 1 - i, 8);
		put(interpreter_at(i), l->interpreter.threads_head, state_at(PER * i), 8);
		if (l->interpreter.gil != PYTHON_NONE)
			put(interpreter_at(i), l->interpreter.gil, GIL, 8);
	}
	for (size_t i = 0; i < PER * count; i++)
		make_thread(i);
	put(gil_at(), l->gil.locked, 0, 4);
	put(gil_at(), l->gil.last_holder, state_at(1), 8);
}

static void end(void)
{
	pages_free(python.pages);
}

struct told {
	size_t count, until;
	struct python_thread first[8];
};

static int tell(const struct python_thread *thread, void *context)
{
	struct told *told = context;

	if (told->count < sizeof(told->first) / sizeof(told->first[0]))
		told->first[told->count] = *thread;
	return ++told->count == told->until ? 7 : 0;
}

static int walk(struct told *told)
{
	*told = (struct told){ 0 };
	return python_threads(&python, tell, told);
}

START_TEST(whole)
{
	struct told told;

	begin(minors[_i], 2);
	ck_assert_int_eq(walk(&told), 0);
	ck_assert_uint_eq(told.count, 2 * PER);
	for (size_t i = 0; i < 2 * PER; i++) {
		ck_assert_uint_eq(told.first[i].state, state_at(i));
		ck_assert_uint_eq(told.first[i].interpreter, interpreter_at(i / PER));
		ck_assert_int_eq(told.first[i].interpreter_id, 1 - (int64_t)(i / PER));
		ck_assert_uint_eq(told.first[i].ident, PTHREADS + i * STATE_STRIDE);
		ck_assert_uint_eq(told.first[i].frame, FRAMES + i * 8);
		ck_assert_int_eq(told.first[i].tid, _i < WITHOUT_NATIVE ? 0 : TIDS + (int)i);
		ck_assert(!told.first[i].holds_gil);
	}
	told = (struct told){ .until = 3 };
	ck_assert_int_eq(python_threads(&python, tell, &told), 7);
	ck_assert_uint_eq(told.count, 3);
	end();
}
END_TEST

START_TEST(gil)
{
	const struct python_layout *l = &python.layout;
	struct told told;

	begin(minors[_i], 1);
	put(gil_at(), l->gil.locked, 1, 4);
	ck_assert_int_eq(walk(&told), 0);
	ck_assert(!told.first[0].holds_gil && told.first[1].holds_gil);
	ck_assert(python_is_gil(&python, interpreter_at(0), gil_at()));
	ck_assert(python_is_gil(&python, interpreter_at(0), gil_at() + l->gil.size - 1));
	ck_assert(!python_is_gil(&python, interpreter_at(0), gil_at() - 1));
	ck_assert(!python_is_gil(&python, interpreter_at(0), gil_at() + l->gil.size));
	/* musl: who waits is on its own stack. */
	put(gil_at(), l->gil.locked + 24, WAITERS, 8);
	put(WAITERS, 8, WAITERS + 64, 8);
	put(WAITERS + 64, 8, 0, 8);
	ck_assert(python_is_gil(&python, interpreter_at(0), WAITERS + 64 + 20));
	ck_assert(!python_is_gil(&python, interpreter_at(0), WAITERS + 128 + 20));
	put(WAITERS + 64, 8, WAITERS, 8);
	ck_assert(!python_is_gil(&python, interpreter_at(0), WAITERS + 128 + 20));
	put(gil_at(), l->gil.locked, UINT32_MAX, 4); /* not made yet */
	ck_assert_int_eq(walk(&told), 0);
	ck_assert(!told.first[1].holds_gil);
	end();
}
END_TEST

START_TEST(goes_round)
{
	struct told told;

	begin(minors[_i], 2);
	put(state_at(1), python.layout.thread.next, state_at(0), 8);
	ck_assert_int_eq(walk(&told), -EBADMSG);
	ck_assert_uint_le(told.count, 3 * PER);
	put(state_at(1), python.layout.thread.next, 0, 8);
	put(interpreter_at(1), python.layout.interpreter.next, interpreter_at(0), 8);
	ck_assert_int_eq(walk(&told), -EBADMSG);
	ck_assert_uint_le(told.count, 3 * 2 * PER);
	end();
}
END_TEST

START_TEST(torn)
{
	const struct python_layout *l = &python.layout;
	struct told told;

	begin(minors[_i], 2);
	put(state_at(1), l->thread.interpreter, interpreter_at(1), 8);
	ck_assert_int_eq(walk(&told), -EBADMSG);
	ck_assert_uint_eq(told.count, 1);
	put(state_at(0), l->thread.next, 0x7fff00000000, 8);
	ck_assert_int_eq(walk(&told), -EFAULT);
	put(state_at(0), l->thread.next, 3, 8);
	ck_assert_int_eq(walk(&told), -EBADMSG);
	ck_assert_uint_eq(told.count, 0);
	put(RUNTIME, l->runtime.interpreters_head, 0, 8);
	ck_assert_int_eq(walk(&told), -EBADMSG);
	ck_assert(!python_is_gil(&python, 0, 8));
	end();
}
END_TEST

/* ---- the numbers of threads, to 3.10 ---- */

static const uint32_t offsets[] = { 720, 208, 48, 32, 4, 1144 };

enum { USUAL = 4 }; /* the first of them are those of C libraries */

/* Each struct pthread has the number at OFFSET; the main thread's first. */
static void make_pthreads(uint32_t offset, size_t from)
{
	for (size_t i = 0; i < PER; i++)
		put(PTHREADS + i * STATE_STRIDE, offset, TIDS + from + i, 4);
}

static void find(struct capture_thread *threads, size_t count)
{
	struct capture capture = { .threads = threads, .thread_count = count };

	python.pthread_tid = 0;
	python_find_tids(&python, &capture);
}

START_TEST(tids)
{
	struct capture_thread threads[] = { { .tid = TIDS + 2 }, { .tid = TIDS }, { .tid = TIDS + 1 } };
	struct told told;

	begin(10, 1);
	find(threads, 3);
	ck_assert_uint_eq(python.pthread_tid, 0);
	put(PTHREADS, 100, TIDS, 4); /* of both the same */
	put(PTHREADS + STATE_STRIDE, 100, TIDS, 4);
	make_pthreads(offsets[_i], 0);
	find(threads, 1);
	ck_assert_uint_eq(python.pthread_tid, 0);
	find(threads, 2); /* the other has ended, and its state has not */
	ck_assert_uint_eq(python.pthread_tid, _i < USUAL ? offsets[_i] : 0);
	find(threads, 3);
	ck_assert_uint_eq(python.pthread_tid, offsets[_i]);
	ck_assert_int_eq(walk(&told), 0);
	ck_assert_int_eq(told.first[0].tid, TIDS);
	ck_assert_int_eq(told.first[1].tid, TIDS + 1);
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, whole, 0, MINORS);
	tcase_add_loop_test(t, gil, 0, MINORS);
	tcase_add_loop_test(t, goes_round, 0, MINORS);
	tcase_add_loop_test(t, torn, 0, MINORS);
	tcase_add_loop_test(t, tids, 0, sizeof(offsets) / sizeof(offsets[0]));
	return suite_run("python_thread", t);
}
