/* innermost.h: the frame that a thread is in, without its name: what is known without libdw, too. Pure. */
#ifndef CORE_INNERMOST_H
#define CORE_INNERMOST_H

#include "core/unwind.h"

/* The file of CAPTURE that is mapped at ADDRESS, or NULL. */
const struct capture_module *innermost_module(const struct capture *capture, uint64_t address);

/* The frame of THREAD for FUNCTION, as unwind_thread(). */
int innermost_frame(const struct capture *capture, const struct capture_thread *thread, unwind_fn function,
		    void *context, enum unwind_end *ret_end);

#endif
