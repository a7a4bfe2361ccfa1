#include <errno.h>
#include "core/capture_private.h"
int capture_stop_threads(struct capture *c, const size_t *indices, size_t count, bool all)
{
	(void)c, (void)indices, (void)count, (void)all;
	return -ENOSYS;
}
