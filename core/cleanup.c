#include "core/cleanup.h"

#include <errno.h>

/* close(2) is not repeated on EINTR: Linux has released the number by then, and it may be another file's already. */
int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

void fd_done(int *fd)
{
	if (fd)
		*fd = fd_close(*fd);
}
