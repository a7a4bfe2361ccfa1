/* python_green.c: see python.h: greenlets and tasks: where they are, and what is read of them.
 *
 * Nothing lists them but the collector. All its objects are walked once while the process runs on, for types that
 * derive from theirs; at the moment only what was found, and what is new. Each is looked at closely only then. */
#include "core/python_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

enum {
	SEARCH_PAGES = 2048, /* 8 MiB */
	SEARCH_AHEAD = 4,    /* pages at a time: beside objects lies much that is none */
	SEARCH_TRIES = 3,    /* walks of a heap that changes meanwhile */
	TYPES = 1024,        /* a power of two; of verdicts that are kept */
	BASES_MAX = 64,
};

struct search {
	struct python *p;           /* as it is, but for its pages: what is read in passing is not kept */
	struct python *to;
	uint64_t verdicts[TYPES];   /* address of a type, whose last bit: greens derive from it */
	bool more;                  /* than there is room for */
};

/* ---- candidates ---- */

/* Many a class that has nothing to do with asyncio is a Task. */
static bool is_green(struct python *p, uint64_t object, uint64_t type)
{
	struct python_green green;

	for (int i = 0; type && i < BASES_MAX; i++) {
		if (python_type_is(p, type, "greenlet.greenlet") || python_type_is(p, type, "_asyncio.Task"))
			return true;
		if (python_type_is(p, type, "Task"))
			return python_task_read(p, object, &green) != -ENOENT;
		if (python_pointer(p, type, p->layout.type.base, &type) < 0)
			return false;
	}
	return false;
}

static bool is_candidate(struct search *search, uint64_t object, uint64_t type)
{
	uint64_t *verdict = &search->verdicts[(type >> 4) % TYPES];

	if (type == 0 || type % 8)
		return false;
	if ((*verdict & ~1ULL) != type)
		*verdict = type | is_green(search->p, object, type);
	return *verdict & 1;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static bool is_found(const struct python *p, uint64_t object)
{
	return bsearch(&object, p->candidates, p->candidates_found, sizeof object, compare);
}

static int add_candidate(uint64_t object, uint64_t type, void *context)
{
	struct search *search = context;
	struct python *to = search->to;

	if (!is_candidate(search, object, type) || is_found(to, object))
		return 0;
	if (to->candidate_count == PYTHON_GREENS_MAX) {
		search->more = true;
		return 1;
	}
	to->candidates[to->candidate_count++] = object;
	return 0;
}

/* ---- interpreters ---- */

static int next_interpreter(struct python *p, uint64_t *interpreter)
{
	if (*interpreter)
		return python_pointer(p, *interpreter, p->layout.interpreter.next, interpreter);
	return python_pointer(p, p->runtime, p->layout.runtime.interpreters_head, interpreter);
}

/* Has one imported what makes greens? Where that cannot be told, perhaps. */
static bool is_wanted(struct python *p)
{
	static const char *const names[] = { "greenlet", "_asyncio", "asyncio.tasks" };
	uint64_t interpreter = 0, dict;

	for (int n = 0; n < PYTHON_INTERPRETERS_MAX; n++) {
		if (next_interpreter(p, &interpreter) < 0)
			return true;
		if (!interpreter)
			return false;
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (python_module_dict(p, interpreter, names[i], &dict) != -ENOENT)
				return true;
	}
	return true;
}

/* 3.8 has one collector for all interpreters. */
static int walk(struct search *search, bool young)
{
	struct python *p = search->p;
	uint64_t interpreter = 0;
	int error = 0;

	for (int n = 0; n < PYTHON_INTERPRETERS_MAX; n++) {
		int r = next_interpreter(p, &interpreter);

		if (r < 0 || !interpreter)
			return r < 0 ? r : error;
		r = python_gc_each(p, p->pages, interpreter, young, add_candidate, search);
		if (r != 0 && error == 0)
			error = r;
		if (search->more || r == -ETIMEDOUT || p->layout.runtime.gc != PYTHON_NONE)
			return error;
	}
	return error;
}

/* ---- the search ---- */

static size_t drop_doubles(uint64_t *values, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || values[i] != values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

static void begin_search(struct python *p, struct python *view, struct search *search)
{
	pages_follow(p->gc_pages, p->pages);
	*view = *p;
	view->pages = p->gc_pages;
	*search = (struct search){ .p = view, .to = p };
}

static void say_search(struct python *p, int r)
{
	if (p->candidate_count == PYTHON_GREENS_MAX)
		snprintf(p->greens_why, sizeof p->greens_why, "only the first %d greenlets and tasks were looked at",
			 (int)PYTHON_GREENS_MAX);
	else if (r == -ETIMEDOUT)
		snprintf(p->greens_why, sizeof p->greens_why,
			 "not all objects were looked at for greenlets and tasks in time (--deadline)");
	else if (r < 0)
		snprintf(p->greens_why, sizeof p->greens_why,
			 "not all objects could be looked at for greenlets and tasks: %s",
			 r == -EBADMSG ? "the collector's lists make no sense, or changed meanwhile" :
			 r == -EFAULT ? "not all of the collector's lists are in memory" : strerror(-r));
}

int python_greens_search(struct python *p)
{
	struct python view;
	struct search search;
	int r = 0;

	p->candidate_count = p->candidates_found = 0;
	if (p->layout.free_threaded) {
		snprintf(p->greens_why, sizeof p->greens_why,
			 "greenlets and tasks of a free-threaded build are not supported");
		return -ENOTSUP;
	}
	if (!is_wanted(p))
		return 0;
	if (!p->gc_pages)
		r = pages_new(SEARCH_PAGES, &p->gc_pages);
	for (int i = 0; p->gc_pages && (i == 0 || r == -EBADMSG || r == -EFAULT) && i < SEARCH_TRIES; i++) {
		begin_search(p, &view, &search);
		pages_clear(p->gc_pages);
		pages_read_ahead(p->gc_pages, SEARCH_AHEAD);
		r = walk(&search, false);
		qsort(p->candidates, p->candidate_count, sizeof *p->candidates, compare);
		p->candidate_count = p->candidates_found = drop_doubles(p->candidates, p->candidate_count);
	}
	if (p->gc_pages) {
		pages_clear(p->gc_pages);
		pages_read_ahead(p->gc_pages, 1);
	}
	say_search(p, r);
	return r < 0 ? r : 0;
}

/* ---- what is read ---- */

struct counts { size_t rest, known, unknown, lost; };

static int each_green(struct python *p, python_green_fn function, void *context, struct counts *ret)
{
	*ret = (struct counts){ 0 };
	p->task_loop = 0;
	for (size_t i = 0; i < p->candidate_count && i < PYTHON_GREENS_MAX; i++) {
		struct python_green green;
		int r = python_greenlet_read(p, p->candidates[i], &green);

		ret->known += r >= 0;
		ret->rest += r == 0;
		ret->unknown += r == -ENOTSUP;
		if (r == -ENOENT)
			r = python_task_read(p, p->candidates[i], &green);
		ret->lost += r < 0 && r != -ENOENT;
		r = r == 1 ? function(&green, context) : 0;
		if (r != 0)
			return r;
	}
	return 0;
}

/* greenlet.__version__, to RET, or copied for later. */
static void read_version(struct python *p, struct buf *ret)
{
	uint64_t interpreter = 0, dict, version;

	for (int n = 0; n < PYTHON_INTERPRETERS_MAX; n++) {
		if (next_interpreter(p, &interpreter) < 0 || !interpreter)
			return;
		if (python_module_dict(p, interpreter, "greenlet", &dict) == 0 &&
		    python_dict_get(p, dict, "__version__", &version) == 0) {
			(void)(ret ? python_text(p, version, ret) : python_text_touch(p, version));
			return;
		}
	}
}

/* Of the text only what a version consists of. */
static void say_unknown(struct python *p)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz.+-";
	CLEANUP(buf_done) struct buf version = BUF(64);
	size_t len;

	read_version(p, &version);
	len = version.data ? strspn(version.data, allowed) : 0;
	snprintf(p->greens_why, sizeof p->greens_why, "unknown greenlet layout%s%.*s%s", len ? " (greenlet " : "",
		 (int)len, len ? version.data : "", len ? ")" : "");
}

int python_greens(struct python *p, python_green_fn function, void *context, size_t *ret_rest)
{
	struct counts counts;
	int r = each_green(p, function, context, &counts);

	if (counts.unknown && !counts.known)
		say_unknown(p);
	else if (counts.lost && !p->greens_why[0])
		snprintf(p->greens_why, sizeof p->greens_why, "%zu greenlets or tasks could not be read: they make no "
			 "sense, or are not in memory", counts.lost);
	*ret_rest = counts.rest;
	return r;
}

int python_green_frames(struct python *p, const struct python_green *green, python_frame_fn function, void *context,
			enum python_end *ret_end)
{
	if (green->kind == PYTHON_TASK)
		return python_task_frames(p, green, function, context, ret_end);
	return python_frames(p, green->frame, function, context, ret_end);
}

const char *python_greens_why(const struct python *p)
{
	return p->greens_why;
}

/* ---- what is copied ---- */

static int touch_green(const struct python_green *green, void *context)
{
	struct python_touching *touching = context;
	enum python_end end;

	if (python_green_frames(touching->p, green, python_touch_frame, touching, &end) != 0)
		return 1;
	if (green->kind == PYTHON_TASK)
		python_task_touch(touching->p, green);
	return python_is_late(touching->p) ? 1 : 0;
}

int python_greens_touch(struct python *p)
{
	struct python_touching touching = { .p = p };
	struct python view;
	struct search search;
	struct counts counts;
	int walked, touched;

	if (!p->gc_pages)
		return 0;
	p->candidate_count = p->candidates_found;
	begin_search(p, &view, &search);
	walked = walk(&search, true);
	touched = each_green(p, touch_green, &touching, &counts);
	if (counts.unknown && !counts.known)
		read_version(p, NULL);
	return walked == -ETIMEDOUT || touched != 0 ? -ETIMEDOUT : 0;
}
