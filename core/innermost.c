#include "core/innermost.h"

#include <errno.h>

const struct capture_module *innermost_module(const struct capture *capture, uint64_t address)
{
	for (size_t i = 0; i < capture->module_count; i++)
		if (address >= capture->modules[i].start && address < capture->modules[i].end)
			return &capture->modules[i];
	return NULL;
}

/* Without the file's program headers its place in the file is the best offset that can be said. */
int innermost_frame(const struct capture *capture, const struct capture_thread *thread, unwind_fn function,
		    void *context, enum unwind_end *ret_end)
{
	struct unwind_frame frame = { .address = thread->regs.pc };
	const struct capture_module *module;
	int r;

	if (thread->how == CAPTURE_UNREAD || !thread->regs.pc)
		return -ENODATA;
	module = innermost_module(capture, frame.address);
	if (module) {
		frame.module = module->path;
		frame.offset = frame.address - module->start + module->offset;
	} else if (capture->vdso_at && frame.address - capture->vdso_at < capture->vdso.len) {
		frame.module = "[vdso]";
		frame.offset = frame.address - capture->vdso_at;
	}
	r = function(&frame, context);
	if (!r)
		*ret_end = UNWIND_SHORT;
	return r;
}
