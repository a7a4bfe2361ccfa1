/* unwind_none.c: the innermost frame only: this build has no libdw. */
#include "core/unwind.h"

#include <errno.h>
#include <stdlib.h>

#include "core/innermost.h"

struct unwind {
	const struct capture *capture;
};

int unwind_open(const struct capture *capture, const struct unwind_options *options, struct unwind **ret,
		const char **ret_why)
{
	struct unwind *unwind = malloc(sizeof(*unwind));

	(void)options;
	if (!unwind)
		return -ENOMEM;
	unwind->capture = capture;
	*ret = unwind;
	*ret_why = "built without libdw";
	return -ENOSYS;
}

int unwind_thread(struct unwind *unwind, const struct capture_thread *thread, unwind_fn function, void *context,
		  enum unwind_end *ret_end)
{
	return innermost_frame(unwind->capture, thread, function, context, ret_end);
}

void unwind_free(struct unwind *unwind)
{
	free(unwind);
}
