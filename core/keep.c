#include "core/keep.h"

#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.9; older C libraries do not name it. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { CLOSE_BOUND = 65536 }; /* where there is no close_range(2) and no low limit */

static void close_between(int first, int last)
{
	struct rlimit limit;
	int bound = CLOSE_BOUND;

	if (first > last || syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)bound)
		bound = (int)limit.rlim_cur;
	for (int fd = first; fd <= last && fd < bound; fd++)
		close(fd);
}

/* By insertion: qsort(3) may take memory. All but in order already, as descriptors are opened one after the other. */
static void sort(int *fds, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		int fd = fds[i];
		size_t at = i;

		for (; at > 0 && fds[at - 1] > fd; at--)
			fds[at] = fds[at - 1];
		fds[at] = fd;
	}
}

void keep_only(int *fds, size_t count)
{
	int next = STDERR_FILENO + 1;

	sort(fds, count);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] < next)
			continue;
		close_between(next, fds[i] - 1);
		next = fds[i] + 1;
	}
	close_between(next, INT_MAX);
}
