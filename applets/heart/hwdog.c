#include "applets/heart/hwdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { HWDOG_INTERVAL_MS = 10000 }; /* a third of the half minute or minute that most drivers begin with */

static int64_t interval_of(int fd)
{
	int seconds = 0;

	if (ioctl(fd, WDIOC_GETTIMEOUT, &seconds) < 0 || seconds <= 0)
		return HWDOG_INTERVAL_MS;
	return (int64_t)seconds * 1000 / 3;
}

int hwdog_open(const char *path, struct hwdog *ret)
{
	int fd;

	/* O_NONBLOCK: a path that was mistyped may be a FIFO; to a watchdog it means nothing. */
	do
		fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	ret->fd = fd;
	ret->interval_ms = interval_of(fd);
	return 0;
}

static int write_byte(int fd, char byte)
{
	ssize_t n;

	do
		n = write(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int hwdog_pet(struct hwdog *dog)
{
	/* Any byte but the 'V' of the end. */
	return write_byte(dog->fd, '\0');
}

void hwdog_done(struct hwdog *dog)
{
	if (!dog || dog->fd < 0)
		return;
	write_byte(dog->fd, 'V');
	dog->fd = fd_close(dog->fd);
}
