/* descriptor.c: see helper.h. A descriptor that waits has no inode of its own, fstat(2) says the same of every one; but
 * fdinfo, proc_pid_fdinfo(5), says what it waits for:
 *
 *	pos:	0
 *	flags:	02004000
 *	mnt_id:	15
 *	ino:	1057
 *	inotify wd:1 ino:2a1 sdev:800001 mask:3ce ignored_mask:0 fhandle-bytes:8 ...
 *
 * Of a signalfd the last line is "sigmask:	0000000000000800". */
#include "core/inside/helper.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

int descriptor_high(int fd)
{
	int high;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return high;
}

static size_t info(int fd, char *ret, size_t size)
{
	char path[40] = "/proc/self/fdinfo/", digits[12];
	size_t at = strlen(path), n = 0;
	ssize_t length;
	int file;

	do
		digits[n++] = (char)('0' + fd % 10);
	while ((fd /= 10) > 0);
	while (n > 0)
		path[at++] = digits[--n];
	path[at] = '\0';
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	length = read(file, ret, size);
	close(file);
	return length > 0 ? (size_t)length : 0;
}

void descriptor_keep(int fd, struct descriptor *ret)
{
	ret->fd = fd;
	ret->length = fd < 0 ? 0 : info(fd, ret->info, sizeof ret->info);
}

/* Where nothing could be read of it (no /proc, none free) it is believed as long as it is open. An inotify(7) whose
 * directory has gone has lost its line: what is left is how its text began. */
bool descriptor_is_ours(const struct descriptor *d)
{
	char now[sizeof d->info];
	size_t length;

	if (d->fd < 0 || fcntl(d->fd, F_GETFD) < 0)
		return false;
	length = info(d->fd, now, sizeof now);
	if (d->length == 0 || length == 0)
		return true;
	if (length < d->length && !memmem(d->info, length, "inotify", strlen("inotify")) &&
	    memmem(d->info + length, d->length - length, "inotify", strlen("inotify")) == d->info + length)
		return !memcmp(now, d->info, length);
	return length == d->length && !memcmp(now, d->info, length);
}

void descriptor_close(struct descriptor *d)
{
	if (descriptor_is_ours(d))
		close(d->fd);
	d->fd = -1;
}
