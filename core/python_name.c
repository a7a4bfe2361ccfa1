/* python_name.c: see python.h: names of threads.
 *
 * The module threading knows its Thread objects by their ident: _active, a dict of int: Thread. Their names are in the
 * attribute _name, which is a str always. Who patches threading to have greenlets instead (eventlet, gevent) gives the
 * main thread another key: it is _main_thread, too. */
#include "core/python_private.h"

#include <errno.h>

struct looking {
	struct python *python;
	uint64_t ident, found;
};

static int is_ident(uint64_t key, uint64_t value, void *context)
{
	struct looking *looking = context;
	int64_t ident;

	if (python_integer(looking->python, key, &ident) < 0 || (uint64_t)ident != looking->ident)
		return 0;
	looking->found = value;
	return 1;
}

static int find_active(struct python *p, uint64_t threading, const struct python_thread *thread, uint64_t *ret)
{
	struct looking looking = { p, thread->ident, 0 };
	uint64_t active;
	int r = python_dict_get(p, threading, "_active", &active);

	if (r == 0)
		r = python_dict_each(p, active, is_ident, &looking);
	if (r == 1)
		*ret = looking.found;
	return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

/* The first thread that the main interpreter had: new ones come in front. After fork(2) there is one alone, which
 * threading makes the main one, too. */
static bool is_main(struct python *p, const struct python_thread *thread)
{
	uint64_t next;

	return thread->interpreter_id == 0 && python_pointer(p, thread->state, p->layout.thread.next, &next) == 0 &&
	       next == 0;
}

/* All threads are asked for one after the other: where threading is has to be found once for each interpreter. */
static int find_threading(struct python *p, uint64_t interpreter, uint64_t *ret)
{
	int r = 0;

	if (p->threading_of != interpreter || !p->threading) {
		r = python_module_dict(p, interpreter, "threading", &p->threading);
		p->threading_of = interpreter;
		if (r < 0)
			p->threading = 0;
	}
	if (r == 0)
		*ret = p->threading;
	return r;
}

int python_thread_name(struct python *p, const struct python_thread *thread, struct buf *ret)
{
	uint64_t threading = 0, object, name;
	int r = find_threading(p, thread->interpreter, &threading);

	if (r == 0)
		r = find_active(p, threading, thread, &object);
	if (r == -ENOENT && is_main(p, thread))
		r = python_dict_get(p, threading, "_main_thread", &object);
	if (r == 0)
		r = python_attribute(p, object, "_name", &name);
	if (r == 0)
		r = python_text(p, name, ret);
	return r;
}

/* ---- touching ---- */

static void touch_name(struct python *p, uint64_t thread)
{
	uint64_t name;

	if (python_attribute(p, thread, "_name", &name) == 0)
		(void)python_text_touch(p, name);
}

/* One of which nothing is to be had goes without a name; the others do not. */
static int touch_active(uint64_t key, uint64_t value, void *context)
{
	struct python *p = context;
	int64_t ident;

	(void)python_integer(p, key, &ident);
	touch_name(p, value);
	return 0;
}

static void touch_interpreter(struct python *p, uint64_t interpreter)
{
	uint64_t threading = 0, found;

	p->threading_of = 0; /* what was found may not be there any more */
	if (find_threading(p, interpreter, &threading) < 0)
		return;
	if (python_dict_get(p, threading, "_active", &found) == 0)
		(void)python_dict_each(p, found, touch_active, p);
	if (python_dict_get(p, threading, "_main_thread", &found) == 0)
		touch_name(p, found);
}

struct touching {
	struct python *python;
	uint64_t interpreter;
};

/* Threads of one interpreter come one behind the other. */
static int touch_thread(const struct python_thread *thread, void *context)
{
	struct touching *touching = context;

	if (thread->interpreter != touching->interpreter)
		touch_interpreter(touching->python, thread->interpreter);
	touching->interpreter = thread->interpreter;
	return 0;
}

int python_thread_name_touch(struct python *p)
{
	struct touching touching = { p, 0 };

	return python_threads(p, touch_thread, &touching);
}
