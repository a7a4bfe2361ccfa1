/* python_gc.c: see python_private.h: the objects that the collector knows of.
 *
 * They hang in rings, each with a head in struct _gc_runtime_state: "generations", in the first 3.14 "young" and two
 * "old", which lie in the same way; and the one of what gc.freeze() has set apart. A head may lie at any multiple of 4
 * bytes. Every object has a PyGC_Head in front of it: _gc_next and _gc_prev, whose lowest bits are flags
 * (CPython's pycore_gc.h). What is new is put to a ring's end.
 *
 * Unless the process stands still, a ring changes while it is walked: it may lead into another one, back into itself,
 * or nowhere. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

enum {
	NEXT = 0, PREV = 8,      /* of PyGC_Head */
	FLAGS = 3,
	RINGS_MAX = 8,
	YOUNG_RINGS = 2,
	YOUNG_MAX = 4096,        /* of a ring: the latest of the youngest; all of them may be there (gc.disable()) */
	LOOK_EVERY = 1024,       /* objects between two looks at the clock */
};

struct walk {
	struct python *p;
	struct pages *pages;
	uint64_t heads[RINGS_MAX];
	unsigned rings;
	bool young;
	python_object_fn function;
	void *context;
};

static int read_at(const struct walk *walk, uint64_t address, void *ret, size_t len)
{
	int r = pages_read(walk->pages, address, ret, len);

	if (r != -ENOBUFS)
		return r;
	pages_clear(walk->pages);
	return pages_read(walk->pages, address, ret, len);
}

static bool is_head(const struct walk *walk, uint64_t address)
{
	for (unsigned i = 0; i < walk->rings; i++)
		if (walk->heads[i] == address)
			return true;
	return false;
}

/* To the object of the PyGC_Head at *AT, and on to the next. */
static int step(const struct walk *walk, uint64_t *at)
{
	const struct python_layout *l = &walk->p->layout;
	unsigned char bytes[64];
	uint64_t next, type;
	size_t type_at = (size_t)l->gc_head_size + l->object.type;
	int r;

	if (l->gc_head_size > 32 || l->object.type > 24 || *at % 8)
		return -EBADMSG;
	r = read_at(walk, *at, bytes, type_at + sizeof type);
	if (r < 0)
		return r;
	memcpy(&type, bytes + type_at, sizeof type);
	memcpy(&next, bytes + (walk->young ? PREV : NEXT), sizeof next);
	r = walk->function(*at + l->gc_head_size, type, walk->context);
	*at = next & ~(uint64_t)FLAGS;
	return r;
}

/* A MARK that moves on less and less often is met again in each cycle (Brent's way). */
static int walk_ring(const struct walk *walk, uint64_t head)
{
	uint64_t at = 0, mark = head, count = 0, until = 1;
	int r = read_at(walk, head + (walk->young ? PREV : NEXT), &at, sizeof at);

	at &= ~(uint64_t)FLAGS;
	while (r == 0 && !is_head(walk, at)) {
		if (at == mark || at == 0)
			return -EBADMSG;
		if (walk->young && count == YOUNG_MAX)
			return 0;
		if (count == until) {
			mark = at;
			until *= 2;
		}
		if (++count % LOOK_EVERY == 0 && python_is_late(walk->p))
			return -ETIMEDOUT;
		r = step(walk, &at);
	}
	return r;
}

/* Where the struct _gc_runtime_state at GC has its first list: where it says, and there in front of what says it. */
static int find_first(const struct walk *walk, uint64_t gc, uint64_t *ret)
{
	const struct python_layout *l = &walk->p->layout;
	uint64_t first = gc + l->gc.generations;
	int r = 0;

	if (l->gc.generation0 != PYTHON_NONE) {
		r = read_at(walk, gc + l->gc.generation0, &first, sizeof first);
		if (r == 0 && (first < gc || first - gc >= l->gc.generation0 || first % (FLAGS + 1)))
			r = -EBADMSG;
	}
	if (r == 0)
		*ret = first;
	return r;
}

/* The struct _gc_runtime_state: 3.8 has one for all interpreters. */
static int find_rings(struct walk *walk, uint64_t interpreter)
{
	const struct python_layout *l = &walk->p->layout;
	uint64_t first = 0, gc = walk->p->runtime + l->runtime.gc;
	int r;

	if (l->runtime.gc == PYTHON_NONE)
		gc = interpreter + l->interpreter.gc;
	if (l->free_threaded || (l->runtime.gc == PYTHON_NONE && l->interpreter.gc == PYTHON_NONE) ||
	    l->gc.generation_count >= RINGS_MAX)
		return -ENOTSUP;
	r = find_first(walk, gc, &first);
	if (r < 0)
		return r;
	for (walk->rings = 0; walk->rings < l->gc.generation_count; walk->rings++)
		walk->heads[walk->rings] = first + (uint64_t)walk->rings * l->gc.generation_size;
	if (l->gc.permanent != PYTHON_NONE)
		walk->heads[walk->rings++] = gc + l->gc.permanent;
	return 0;
}

static bool goes_on(int r)
{
	return r == 0 || r == -EBADMSG || r == -EFAULT;
}

int python_gc_each(struct python *p, struct pages *pages, uint64_t interpreter, bool young, python_object_fn function,
		   void *context)
{
	struct walk walk = { .p = p, .pages = pages, .young = young, .function = function, .context = context };
	int error = 0, r = find_rings(&walk, interpreter);

	if (r < 0)
		return r;
	for (unsigned i = 0; goes_on(r) && i < walk.rings && (!young || i < YOUNG_RINGS); i++) {
		r = walk_ring(&walk, walk.heads[i]);
		if (error == 0)
			error = r;
	}
	return goes_on(r) ? error : r;
}
