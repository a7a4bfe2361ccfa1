/* python_touch.c: see python_private.h: all that the child is going to read. What cannot be had is missing there, too:
 * the child says so. */
#include "core/python_private.h"

#include <errno.h>

#include "core/clock.h"

struct touching {
	struct python *python;
	const struct python_thread *thread;
	unsigned count;
};

enum { LOOK_EVERY = 64 }; /* frames between two looks at the clock */

static int touch_frame(const struct python_frame *frame, void *context)
{
	struct touching *touching = context;
	struct python *p = touching->python;

	(void)python_code_touch(p, frame);
	if (p->options.locals)
		(void)python_locals_touch(p, frame);
	return ++touching->count % LOOK_EVERY == 0 && clock_ns() >= p->options.deadline_ns ? 1 : 0;
}

static int touch_thread(const struct python_thread *thread, void *context)
{
	struct touching *touching = context;
	enum python_end end;

	if (thread->frame && python_frames(touching->python, thread->frame, touch_frame, touching, &end) != 0)
		return 1;
	(void)python_exception_touch(touching->python, thread);
	return clock_ns() >= touching->python->options.deadline_ns ? 1 : 0;
}

int python_touch(struct python *p)
{
	struct touching touching = { .python = p };
	int r = python_threads(p, touch_thread, &touching);

	p->greens_cut = false;
	if (r != 0)
		return r < 0 ? r : -ETIMEDOUT;
	(void)python_thread_name_touch(p);
	if (p->options.greens)
		p->greens_cut = python_greens_touch(p) == -ETIMEDOUT;
	return 0;
}
