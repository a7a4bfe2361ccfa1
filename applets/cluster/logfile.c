/* logfile.c: see logfile.h. */
#include "applets/cluster/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

/* Nobody is to make us write into a file of theirs, or into one of ours that is something else: by a link, which is
 * PATH or has it as a second name, or by a file that they made before us. */
static bool is_safe(const struct stat *st)
{
	if (S_ISCHR(st->st_mode))
		return true;
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && (st->st_uid == 0 || st->st_uid == geteuid());
}

/* O_NONBLOCK: a FIFO without a reader is refused (ENXIO) and not waited for. */
static int open_path(struct logfile *log)
{
	CLEANUP(fd_done) int fd = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC |
				       O_NONBLOCK, 0644);
	struct stat st;
	int flags;

	if (fd < 0)
		return errno == ENXIO ? -EPERM : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!is_safe(&st))
		return -EPERM;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	fd_close(log->fd);
	*log = (struct logfile){ TAKE_FD(fd), log->path, S_ISREG(st.st_mode), st.st_dev, st.st_ino };
	return 0;
}

int logfile_open(const char *path, struct logfile *ret)
{
	*ret = (struct logfile){ .fd = -1, .path = path };
	return open_path(ret);
}

void logfile_attach(int fd, struct logfile *ret)
{
	struct stat st;

	*ret = (struct logfile){ .fd = fd };
	ret->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Is what we have open still what PATH names? RET_SIZE: how large it is. */
static bool is_current(const struct logfile *log, off_t *ret_size)
{
	struct stat st;

	if (log->fd < 0 || lstat(log->path, &st) < 0)
		return false;
	*ret_size = st.st_size;
	return st.st_dev == log->dev && st.st_ino == log->ino;
}

/* rename(2) replaces a PATH.1 whatever it is, also a link. */
static int rotate(struct logfile *log)
{
	char old[PATH_MAX];
	int n = snprintf(old, sizeof(old), "%s.1", log->path);

	if (n < 0 || (size_t)n >= sizeof(old) || rename(log->path, old) < 0)
		return 0;
	return open_path(log);
}

static int make_ready(struct logfile *log, size_t len)
{
	off_t size = 0;

	if (!log->path || (log->fd >= 0 && !log->is_file))
		return 0;
	if (!is_current(log, &size))
		return open_path(log);
	return size > 0 && size + (off_t)len > LOGFILE_MAX ? rotate(log) : 0;
}

/* What stands in the file of a write that was cut short goes again, unless somebody has appended to it since. */
static void undo(const struct logfile *log, off_t written)
{
	off_t end = log->is_file ? lseek(log->fd, 0, SEEK_CUR) : -1;
	struct stat st;

	if (written == 0 || end < written || fstat(log->fd, &st) < 0 || st.st_size != end)
		return;
	if (ftruncate(log->fd, end - written) == 0)
		lseek(log->fd, end - written, SEEK_SET);
}

/* It may be a pipe that somebody else made non-blocking. */
static int wait_writable(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };

	return poll(&wait, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

int logfile_write(struct logfile *log, const char *data, size_t len)
{
	size_t done = 0;
	int r = make_ready(log, len);

	while (r == 0 && done < len) {
		ssize_t n = write(log->fd, data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			r = wait_writable(log->fd);
		else if (errno != EINTR)
			r = -errno;
	}
	if (r < 0)
		undo(log, (off_t)done);
	return r;
}

void logfile_done(struct logfile *log)
{
	if (!log)
		return;
	if (log->path)
		fd_close(log->fd);
	log->fd = -1;
}
