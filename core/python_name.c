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

static int find_object(struct python *p, uint64_t active, const struct python_thread *thread, uint64_t *ret)
{
	struct looking looking = { p, thread->ident, 0 };
	int r = python_dict_each(p, active, is_ident, &looking);

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

static int search(struct python *p, uint64_t interpreter, struct python_threading *ret)
{
	struct python_threading found = { .interpreter = interpreter };
	uint64_t module;
	int r = python_module_dict(p, interpreter, "threading", &module);

	if (r == 0)
		r = python_dict_get(p, module, "_active", &found.active);
	if (r == 0)
		r = python_dict_get(p, module, "_main_thread", &found.main_thread);
	if (r == 0)
		*ret = found;
	return r;
}

/* What python_threading_search() has found; only an interpreter that is newer is looked through again. */
static int find_threading(struct python *p, uint64_t interpreter, struct python_threading *ret)
{
	for (size_t i = 0; i < p->threading_count && i < PYTHON_THREADINGS_MAX; i++)
		if (p->threadings[i].interpreter == interpreter) {
			*ret = p->threadings[i];
			return 0;
		}
	return search(p, interpreter, ret);
}

int python_thread_name(struct python *p, const struct python_thread *thread, struct buf *ret)
{
	struct python_threading threading = { 0 };
	uint64_t object, name;
	int r = find_threading(p, thread->interpreter, &threading);

	if (r < 0)
		return r;
	r = find_object(p, threading.active, thread, &object);
	if (r == -ENOENT && is_main(p, thread)) {
		object = threading.main_thread;
		r = 0;
	}
	if (r == 0)
		r = python_attribute(p, object, "_name", &name);
	return r < 0 ? r : python_text(p, name, ret);
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
	struct python_threading threading = { 0 };

	if (find_threading(p, interpreter, &threading) < 0)
		return;
	(void)python_dict_each(p, threading.active, touch_active, p);
	touch_name(p, threading.main_thread);
}

struct each_interpreter {
	struct python *python;
	uint64_t interpreter; /* the latest */
	void (*function)(struct python *p, uint64_t interpreter);
};

static int next_thread(const struct python_thread *thread, void *context)
{
	struct each_interpreter *each = context;

	if (thread->interpreter != each->interpreter)
		each->function(each->python, thread->interpreter);
	each->interpreter = thread->interpreter;
	return 0;
}

/* Threads of one interpreter come one behind the other. */
static int each_interpreter(struct python *p, void (*function)(struct python *p, uint64_t interpreter))
{
	struct each_interpreter each = { p, 0, function };

	return python_threads(p, next_thread, &each);
}

int python_thread_name_touch(struct python *p)
{
	return each_interpreter(p, touch_interpreter);
}

/* ---- searching ---- */

static void search_interpreter(struct python *p, uint64_t interpreter)
{
	if (p->threading_count < PYTHON_THREADINGS_MAX &&
	    search(p, interpreter, &p->threadings[p->threading_count]) == 0)
		p->threading_count++;
}

void python_threading_search(struct python *p)
{
	p->threading_count = 0;
	(void)each_interpreter(p, search_interpreter);
}
