/* python_touch.c: see python_private.h: all that the child is going to read. What cannot be had is missing there, too:
 * the child says so. */
#include "core/python_private.h"

#include <errno.h>

#include "core/clock.h"

enum { LOOK_EVERY = 64 }; /* frames between two looks at the clock */

bool python_is_late(const struct python *p)
{
	return clock_ns() >= p->options.deadline_ns;
}

int python_touch_frame(const struct python_frame *frame, void *context)
{
	struct python_touching *touching = context;
	struct python *p = touching->p;
	uint64_t *code = &touching->codes[(frame->code >> 4) % (sizeof touching->codes / sizeof *touching->codes)];

	if (*code != frame->code)
		(void)python_code_touch(p, frame);
	*code = frame->code;
	if (p->options.locals)
		(void)python_locals_touch(p, frame);
	return ++touching->frames % LOOK_EVERY == 0 && python_is_late(p) ? 1 : 0;
}

static int touch_thread(const struct python_thread *thread, void *context)
{
	struct python_touching *touching = context;
	enum python_end end;

	if (thread->frame && python_frames(touching->p, thread->frame, python_touch_frame, touching, &end) != 0)
		return 1;
	(void)python_exception_touch(touching->p, thread);
	return python_is_late(touching->p) ? 1 : 0;
}

int python_touch(struct python *p)
{
	struct python_touching touching = { .p = p };
	int r = python_threads(p, touch_thread, &touching);

	p->greens_cut = false;
	if (r != 0)
		return r < 0 ? r : -ETIMEDOUT;
	(void)python_thread_name_touch(p);
	if (p->options.greens)
		p->greens_cut = python_greens_touch(p) == -ETIMEDOUT;
	return 0;
}
