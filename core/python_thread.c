/* python_thread.c: see python.h: interpreters, their thread states, and the GIL. */
#include <errno.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/grow.h"
#include "core/python_private.h"

/* A list that goes round is found by the last of its 1st, 2nd, 4th, 8th, ... item coming again (Brent's way). */
struct rounds {
	uint64_t mark;
	size_t count, next_mark;
};

static bool goes_round(struct rounds *rounds, uint64_t item)
{
	if (item == rounds->mark)
		return true;
	if (rounds->count++ == rounds->next_mark) {
		rounds->mark = item;
		rounds->next_mark = 2 * rounds->next_mark + 1;
	}
	return false;
}

/* ---- the GIL ---- */

/* Of the runtime, to 3.11; then each interpreter has one, or shares that of the main one. */
static int find_gil(struct python *p, uint64_t interpreter, uint64_t *ret)
{
	uint64_t gil = p->runtime + p->layout.runtime.gil;
	int r = 0;

	if (p->layout.runtime.gil == PYTHON_NONE)
		r = python_pointer(p, interpreter, p->layout.interpreter.gil, &gil);
	if (r == 0 && gil == 0)
		r = -ENOENT;
	if (r == 0)
		*ret = gil;
	return r;
}

/* 0: nobody has it. */
static uint64_t read_holder(struct python *p, uint64_t interpreter)
{
	uint64_t gil, holder;
	int32_t locked;

	if (!p->layout.free_threaded && find_gil(p, interpreter, &gil) == 0 &&
	    python_int32(p, gil, p->layout.gil.locked, &locked) == 0 && locked == 1 &&
	    python_pointer(p, gil, p->layout.gil.last_holder, &holder) == 0)
		return holder;
	return 0;
}

/* Who waits at a condition variable of musl does so on its own stack; the variable leads to the first of them
 * (_c_head), and each to the next: struct waiter of src/thread/pthread_cond_timedwait.c: prev, next, state, barrier.
 * glibc has a counter there (__g1_start), which leads nowhere. */
static bool has_waiter(struct python *p, uint64_t gil, uint64_t address)
{
	enum { COND = 16, HEAD = 8, NEXT = 8, BARRIER = 20 }; /* the variable: behind .locked, .switch_number */
	struct rounds rounds = { 0 };
	uint64_t waiter;
	int r = python_pointer(p, gil, p->layout.gil.locked + COND + HEAD, &waiter);

	while (r == 0 && waiter && !goes_round(&rounds, waiter) && rounds.count < PYTHON_THREADS_MAX) {
		if (address && address == waiter + BARRIER)
			return true;
		r = python_pointer(p, waiter, NEXT, &waiter);
	}
	return false;
}

bool python_is_gil(struct python *p, uint64_t interpreter, uint64_t address)
{
	uint64_t gil = 0;

	if (p->layout.free_threaded || find_gil(p, interpreter, &gil) < 0)
		return false;
	return (address >= gil && address - gil < p->layout.gil.size) || has_waiter(p, gil, address);
}

/* ---- threads ---- */

/* PyThreadState.frame to 3.10; then what is run on the C stack has a struct _PyCFrame, until 3.13. */
static int read_frame(struct python *p, uint64_t state, uint64_t *ret)
{
	uint64_t cframe;
	int r;

	if (p->layout.thread.cframe == PYTHON_NONE)
		return python_pointer(p, state, p->layout.thread.frame, ret);
	r = python_pointer(p, state, p->layout.thread.cframe, &cframe);
	if (r < 0 || cframe == 0) {
		*ret = 0;
		return r;
	}
	return python_pointer(p, cframe, p->layout.cframe_current_frame, ret);
}

/* native_thread_id; to 3.10 there is only the pthread_t, which leads to what the C library knows of it. */
static pid_t read_tid(struct python *p, uint64_t state, uint64_t ident)
{
	int64_t native;
	int32_t tid;

	if (p->layout.thread.native_id != PYTHON_NONE) {
		if (python_int64(p, state, p->layout.thread.native_id, &native) < 0 || native < 0 || native > INT32_MAX)
			return 0;
		return (pid_t)native;
	}
	if (!p->pthread_tid || ident > UINT64_MAX - p->pthread_tid ||
	    python_int32(p, ident + p->pthread_tid, 0, &tid) < 0 || tid < 0)
		return 0;
	return tid;
}

static int read_thread(struct python *p, uint64_t state, uint64_t interpreter, struct python_thread *thread,
		       uint64_t *ret_next)
{
	const struct python_layout *l = &p->layout;
	uint64_t of;
	int64_t ident;
	int r = python_pointer(p, state, l->thread.next, ret_next);

	if (r == 0)
		r = python_pointer(p, state, l->thread.interpreter, &of);
	if (r == 0 && of != interpreter)
		r = -EBADMSG;
	if (r == 0)
		r = python_int64(p, state, l->thread.ident, &ident);
	if (r < 0)
		return r;
	thread->state = state;
	thread->ident = (uint64_t)ident;
	thread->tid = read_tid(p, state, thread->ident);
	r = read_frame(p, state, &thread->frame);
	return r == 0 ? python_pointer(p, state, l->thread.exc_info, &thread->exception) : r;
}

static int interpreter_threads(struct python *p, uint64_t interpreter, size_t *count, python_thread_fn function,
			       void *context)
{
	struct python_thread thread = { .interpreter = interpreter };
	struct rounds rounds = { 0 };
	uint64_t state, next, holder = read_holder(p, interpreter);
	int r = python_int64(p, interpreter, p->layout.interpreter.id, &thread.interpreter_id);

	(void)python_is_gil(p, interpreter, 0); /* so that what it reads is copied */
	if (r == 0)
		r = python_pointer(p, interpreter, p->layout.interpreter.threads_head, &state);
	for (; r == 0 && state; state = next) {
		if (goes_round(&rounds, state) || ++*count > PYTHON_THREADS_MAX)
			return -EBADMSG;
		r = read_thread(p, state, interpreter, &thread, &next);
		if (r < 0)
			return r;
		thread.holds_gil = state == holder;
		r = function(&thread, context);
	}
	return r;
}

int python_threads(struct python *p, python_thread_fn function, void *context)
{
	struct rounds rounds = { 0 };
	uint64_t interpreter, next;
	size_t count = 0, threads = 0;
	int r = python_pointer(p, p->runtime, p->layout.runtime.interpreters_head, &interpreter);

	if (r == 0 && interpreter == 0)
		return -EBADMSG;
	for (; r == 0 && interpreter; interpreter = next) {
		if (goes_round(&rounds, interpreter) || ++count > PYTHON_INTERPRETERS_MAX)
			return -EBADMSG;
		r = python_pointer(p, interpreter, p->layout.interpreter.next, &next);
		if (r == 0)
			r = interpreter_threads(p, interpreter, &threads, function, context);
	}
	return r;
}

/* ---- to 3.10: where in its struct pthread the C library has the tid ---- */

enum { PTHREAD_SCANNED = 2048 }; /* bytes of it that are looked at */

struct known {
	pid_t *tids;         /* of the process, in order, as it counts itself */
	size_t tid_count;
	bool *taken;
	uint64_t *idents;
	size_t ident_count, ident_room;
};

static void known_done(struct known *known)
{
	free(known->tids);
	free(known->taken);
	free(known->idents);
}

int python_compare_pids(const void *a, const void *b)
{
	const pid_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* As the process itself counts, where that is known of one, else as we do. */
static int know_tids(struct python *p, const struct capture *capture, struct known *known)
{
	known->tids = calloc(capture->thread_count + 1, sizeof *known->tids);
	known->taken = calloc(capture->thread_count + 1, sizeof *known->taken);
	if (!known->tids || !known->taken)
		return -ENOMEM;
	for (size_t i = 0; i < capture->thread_count; i++) {
		pid_t inner = p->tids ? capture_inner_tid(capture, i) : 0;

		known->tids[known->tid_count++] = inner > 0 ? inner : capture->threads[i].tid;
	}
	qsort(known->tids, known->tid_count, sizeof *known->tids, python_compare_pids);
	return 0;
}

static int know_ident(const struct python_thread *thread, void *context)
{
	struct known *known = context;

	if (GROW(known->idents, known->ident_room, known->ident_count + 1) < 0)
		return -ENOMEM;
	known->idents[known->ident_count++] = thread->ident;
	return 0;
}

/* How many thread states have the number of a thread of their own at OFFSET? */
static size_t count_at(struct python *p, const struct known *known, uint64_t offset, bool all)
{
	size_t count = 0;

	for (size_t i = 0; i < known->tid_count; i++)
		known->taken[i] = false;
	for (size_t i = 0; i < known->ident_count; i++) {
		const pid_t *found = NULL;
		int32_t tid;

		if (known->idents[i] <= UINT64_MAX - offset && python_int32(p, known->idents[i] + offset, 0, &tid) == 0)
			found = bsearch(&tid, known->tids, known->tid_count, sizeof tid, python_compare_pids);
		if (found && !known->taken[found - known->tids]) {
			known->taken[found - known->tids] = true;
			count++;
		} else if (all) {
			return 0;
		}
	}
	return count;
}

/* Where it is known to be in glibc (struct pthread in nptl/descr.h; x86_64, aarch64) and musl (src/internal/
 * pthread_impl.h; the same): where most of them have one, as threads come and go meanwhile, and states may outlast
 * theirs. Elsewhere: all of them. */
static uint64_t find_tid(struct python *p, const struct known *known)
{
	static const uint16_t usual[] = { 720, 208, 48, 32 };
	size_t most = 0;
	uint64_t found = 0;

	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
		size_t count = count_at(p, known, usual[i], false);

		if (count > most) {
			most = count;
			found = usual[i];
		}
	}
	if (found)
		return found;
	for (uint64_t offset = sizeof(int32_t); offset < PTHREAD_SCANNED; offset += sizeof(int32_t))
		if (count_at(p, known, offset, true) > 0)
			return offset;
	return 0;
}

void python_find_tids(struct python *p, const struct capture *capture)
{
	CLEANUP(known_done) struct known known = { 0 };

	if (p->layout.thread.native_id == PYTHON_NONE && know_tids(p, capture, &known) == 0 &&
	    python_threads(p, know_ident, &known) == 0)
		p->pthread_tid = find_tid(p, &known);
}
