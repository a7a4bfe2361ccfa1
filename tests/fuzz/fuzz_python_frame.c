/* fuzz_python_frame.c: Python's threads and frames in a memory that is the input.
 *
 * Its first byte is the version, its second what to change of a layout; the rest is mapped at BASE, again and again, so
 * that much of what is followed is there. */
#include "core/python_private.h"

#include <stdlib.h>
#include <string.h>

enum { BASE = 0x10000, MEMORY = 0x20000, PAGES = 64, THREADS_TOLD = 64 };

/* How often the walks may call before they have to end. */
struct told {
	struct python *python;
	size_t frames, threads;
};

static int tell_frame(const struct python_frame *frame, void *context)
{
	struct told *told = context;

	if (++told->frames > PYTHON_FRAMES_MAX || !frame->address || !frame->code || frame->lasti < -1)
		abort();
	return 0;
}

static int tell_thread(const struct python_thread *thread, void *context)
{
	struct told *told = context;
	enum python_end end;

	told->frames = 0;
	if (!thread->state || thread->tid < 0)
		abort();
	if (python_frames(told->python, thread->frame, tell_frame, told, &end) != 0 || end > PYTHON_BROKEN)
		abort();
	(void)python_is_gil(told->python, thread->interpreter, thread->ident);
	return ++told->threads == THREADS_TOLD ? 1 : 0;
}

/* Pages are of 4096 bytes, and offsets of 3.13 as large as 8 KB: as the input is short, it is there many times. */
static void fill(struct pages *pages, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < MEMORY; at += size)
		(void)pages_put(pages, BASE + at, data, size < MEMORY - at ? size : MEMORY - at);
}

static void walk(struct python *p)
{
	struct told told = { .python = p };
	struct capture_thread threads[] = { { .tid = 1 }, { .tid = 0x100 } };
	struct capture capture = { .threads = threads, .thread_count = 2 };
	enum python_end end;

	python_find_tids(p, &capture);
	(void)python_threads(p, tell_thread, &told);
	told.frames = 0;
	if (python_frames(p, BASE, tell_frame, &told, &end) != 0 || end > PYTHON_BROKEN)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pages *pages;
	struct python p = { .runtime = BASE };
	const int minors = PYTHON_LAYOUT_MINOR_MAX - PYTHON_LAYOUT_MINOR_MIN + 1;
	const struct python_layout *layout;

	if (size < 2 + 8 || (!pages && pages_new(PAGES, &pages) < 0))
		return 0;
	layout = python_layout_of(PYTHON_LAYOUT_MINOR_MIN + data[0] % minors);
	if (!layout)
		return 0;
	p.layout = *layout;
	p.pages = pages;
	if (data[1] & 1)
		p.layout.frame.tagged = 3;
	if (data[1] & 2) {
		p.layout.code.tlbc = 192;
		p.layout.frame.tlbc_index = 76;
	}
	pages_clear(pages);
	fill(pages, data + 2, size - 2 < MEMORY ? size - 2 : MEMORY);
	walk(&p);
	return 0;
}
