/* python_take.c: see python.h: when pages are copied.
 *
 * First without haste, so that it is known which pages matter; then at the moment that counts: while all Python threads
 * sleep, which is seen by none having run when all was copied, or in the stop that the capture makes for those that do
 * not. What lies in shared memory is written by the child that stops them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/cleanup.h"
#include "core/grow.h"
#include "core/clock.h"
#include "core/python_private.h"

enum { ASLEEP_TRIES = 3 };

struct python_tid { pid_t inner, outer; };

/* ---- the beginning and the end ---- */

static void *map_shared(size_t size)
{
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

static void python_done(struct python **p)
{
	python_free(*p);
}

int python_new(const struct python_options *options, struct python **ret)
{
	CLEANUP(python_done) struct python *p = map_shared(sizeof *p);
	int r = p ? 0 : -ENOMEM;

	if (r == 0) {
		p->options = *options;
		p->error = -ENOENT;
		p->candidates = map_shared(PYTHON_GREENS_MAX * sizeof *p->candidates);
		r = p->candidates ? pages_new(PYTHON_PAGES_MAX, &p->pages) : -ENOMEM;
	}
	if (r == 0)
		*ret = TAKE_PTR(p);
	return r;
}

void python_free(struct python *p)
{
	if (!p)
		return;
	pages_free(p->pages);
	pages_free(p->gc_pages);
	if (p->candidates)
		munmap(p->candidates, PYTHON_GREENS_MAX * sizeof *p->candidates);
	free(p->settled);
	free(p->tids);
	munmap(p, sizeof *p);
}

const char *python_why(const struct python *p)
{
	return p->why;
}

/* ---- the threads of another pid namespace ---- */

static int compare_tids(const void *a, const void *b)
{
	const struct python_tid *one = a, *other = b;

	return (one->inner > other->inner) - (one->inner < other->inner);
}

static void read_tids(struct python *p, const struct capture *c)
{
	if (c->thread_count == 0 || capture_inner_tid(c, 0) == c->threads[0].tid)
		return;
	p->tids = calloc(c->thread_count, sizeof *p->tids);
	for (size_t i = 0; p->tids && i < c->thread_count; i++) {
		pid_t inner = capture_inner_tid(c, i);

		if (inner > 0)
			p->tids[p->tid_count++] = (struct python_tid){ inner, c->threads[i].tid };
	}
	if (p->tids)
		qsort(p->tids, p->tid_count, sizeof *p->tids, compare_tids);
}

pid_t python_outer_tid(const struct python *p, pid_t tid)
{
	const struct python_tid key = { .inner = tid }, *found;

	if (!p->tids)
		return tid;
	found = bsearch(&key, p->tids, p->tid_count, sizeof key, compare_tids);
	return found ? found->outer : 0;
}

/* ---- moments ---- */

static int read_file(const void *context, uint64_t address, void *ret, size_t len)
{
	return capture_read(context, address, ret, len);
}

/* A limit for what follows; returns the one before, to be set again behind it. */
static int64_t limit(struct python *p, int64_t until_ns)
{
	int64_t before = p->options.deadline_ns;

	p->options.deadline_ns = until_ns < before ? until_ns : before;
	pages_until(p->pages, p->options.deadline_ns);
	return before;
}

/* Half of the time that is left: a large heap, or what is made to look like one, is to leave some to all that is read
 * behind it. */
static int64_t limit_to_half(struct python *p)
{
	int64_t now = clock_ns();

	return limit(p, now + (p->options.deadline_ns - now) / 2);
}

static void unlimit(struct python *p, int64_t before)
{
	p->options.deadline_ns = before;
	pages_until(p->pages, 0);
}

static void search(struct python *p, const struct capture *capture)
{
	int64_t before = limit_to_half(p);

	p->error = python_find(p, capture);
	if (p->error == 0) {
		read_tids(p, capture);
		python_find_tids(p, capture);
		python_threading_search(p);
		if (p->options.greens)
			(void)python_greens_search(p);
		pages_clear(p->pages); /* only what is read from now on is copied again at the moment */
	}
	unlimit(p, before);
}

static void begin(void *context, const struct capture *capture)
{
	struct python *p = context;
	int64_t before;
	pid_t reader = capture_reader(capture, &p->pagemap);

	pages_source(p->pages, reader, p->pagemap);
	pages_fallback(p->pages, read_file, capture);
	search(p, capture);
	if (p->error < 0)
		return;
	before = limit_to_half(p);
	p->cut = python_touch(p) == -ETIMEDOUT;
	unlimit(p, before);
}

struct looking {
	struct python *p;
	const struct capture *capture;
};

/* Its state may outlast a thread, where an interpreter was not ended by it, or have had none yet. To 3.10 the thread's
 * number is then gone from where it was. */
static bool has_ended(const struct looking *looking, const struct python_thread *thread)
{
	pid_t tid = python_outer_tid(looking->p, thread->tid);

	if (thread->tid == 0)
		return looking->p->pthread_tid || looking->p->layout.thread.native_id != PYTHON_NONE;
	return tid && !capture_has_thread(looking->capture, tid);
}

/* Does each Python thread sleep as it did when it was read? */
static int check_thread(const struct python_thread *thread, void *context)
{
	const struct looking *looking = context;
	const struct capture *capture = looking->capture;
	pid_t tid = python_outer_tid(looking->p, thread->tid);

	for (size_t i = 0; i < capture->thread_count; i++)
		if (capture->threads[i].tid == tid)
			return capture_has_slept(capture, i) ? 0 : 1;
	return has_ended(looking, thread) ? 0 : 1;
}

static int refresh(struct python *p)
{
	int r = pages_refresh(p->pages);

	if (r < 0 || !p->gc_pages)
		return r;
	pages_follow(p->gc_pages, p->pages);
	return pages_refresh(p->gc_pages);
}

static int take(struct python *p)
{
	int r = refresh(p);

	if (r == 0)
		r = python_touch(p);
	p->cut = r == -ETIMEDOUT;
	return r;
}

static void asleep(void *context, const struct capture *capture)
{
	struct python *p = context;
	struct looking looking = { p, capture };
	int64_t before = limit_to_half(p);

	for (int i = 0; p->error == 0 && p->moment != PYTHON_ASLEEP && i < ASLEEP_TRIES; i++) {
		if (take(p) < 0)
			continue;
		if (python_threads(p, check_thread, &looking) == 0)
			p->moment = PYTHON_ASLEEP;
	}
	unlimit(p, before);
}

/* Who waits for the GIL wakes up every 5 ms to ask for it. */
static bool unsettled(void *context)
{
	const struct python *p = context;

	return p->error == 0 && p->moment != PYTHON_ASLEEP;
}

static void ready(void *context)
{
	struct python *p = context;

	if (p->error < 0 || p->moment == PYTHON_ASLEEP)
		return;
	pages_prepare(p->pages);
	if (p->gc_pages)
		pages_prepare(p->gc_pages);
}

/* A page that has to be fetched (userfaultfd(2), a file on a server) would keep those waiting who stand still. */
static void stopped(void *context, pid_t reader, int64_t until_ns)
{
	struct python *p = context;
	int64_t before;

	if (p->error < 0 || p->moment == PYTHON_ASLEEP)
		return;
	pages_source(p->pages, reader, p->pagemap);
	before = limit(p, until_ns);
	p->cut = true; /* so it stays where this process is ended meanwhile, as it keeps others waiting */
	if (take(p) == 0)
		p->moment = PYTHON_STOPPED;
	unlimit(p, before);
}

void python_hook(struct python *p, struct capture_hook *ret)
{
	*ret = (struct capture_hook){ .context = p, .begin = begin, .asleep = asleep, .unsettled = unsettled,
				      .ready = ready, .stopped = stopped };
}

/* ---- what was of one moment ---- */

/* The child that understands it all has read hostile bytes: what it writes to P is not to be seen, as we free by it. */
static int unshare(struct python *p)
{
	struct python saved = *p;
	int r = pages_unshare(p->pages);

	if (r == 0 && p->gc_pages)
		r = pages_unshare(p->gc_pages);
	if (r < 0)
		return r;
	if (mmap(p, sizeof *p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -ENOMEM;
	*p = saved;
	return 0;
}

static int add_settled(struct python *p, pid_t tid)
{
	int r = GROW(p->settled, p->settled_size, p->settled_count + 1);

	if (r == 0)
		p->settled[p->settled_count++] = tid;
	return r;
}

static int settle_ended(const struct python_thread *thread, void *context)
{
	const struct looking *looking = context;
	struct python *p = looking->p;

	return thread->tid && has_ended(looking, thread) ? add_settled(p, python_outer_tid(p, thread->tid)) : 0;
}

static void say_cut(struct python *p)
{
	if (p->cut)
		snprintf(p->why, sizeof p->why, "not all of it could be read in time (--max-stop, --deadline)");
	if ((p->greens_cut || (p->cut && p->candidate_count > 0)) && !p->greens_why[0])
		snprintf(p->greens_why, sizeof p->greens_why,
			 "not all greenlets and tasks could be read in time (--max-stop, --deadline)");
}

int python_settle(struct python *p, const struct capture *capture)
{
	struct looking looking = { p, capture };
	int r = unshare(p);

	pages_source(p->pages, 0, -1);
	pages_until(p->pages, 0);
	pages_fallback(p->pages, NULL, NULL);
	if (p->error < 0 || r < 0)
		return p->error < 0 ? p->error : r;
	say_cut(p);
	for (size_t i = 0; r == 0 && i < capture->thread_count; i++) {
		const struct capture_thread *thread = &capture->threads[i];
		bool stood = p->moment == PYTHON_STOPPED && thread->at_hook;

		if (stood || capture_has_slept(capture, i))
			r = add_settled(p, thread->tid);
	}
	if (r == 0 && python_threads(p, settle_ended, &looking) == -ENOMEM)
		r = -ENOMEM;
	if (p->settled)
		qsort(p->settled, p->settled_count, sizeof *p->settled, python_compare_pids);
	return r;
}

static int check_settled(const struct python_thread *thread, void *context)
{
	return python_is_settled(context, thread) ? 0 : 1;
}

bool python_is_settled(struct python *p, const struct python_thread *thread)
{
	pid_t tid;

	if (!thread)
		return python_threads(p, check_settled, p) == 0;
	tid = python_outer_tid(p, thread->tid);
	if (thread->tid == 0 && !thread->frame)
		return true; /* nobody runs it, and it executes nothing */
	return tid && p->settled && bsearch(&tid, p->settled, p->settled_count, sizeof tid, python_compare_pids);
}
