/* control_socket.c: see control_socket.h.
 *
 * Between bind(2) and listen(2), and between the look at a dead socket and its removal, another guard must not come to
 * the same conclusion: whoever makes the socket has PATH.lock meanwhile. That file is removed by its owner before the
 * lock is released, so who gets the lock of a file that is no longer PATH.lock has got nothing, and begins anew. */
#include "applets/heart/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/loop.h"

enum { BACKLOG = 64, LOCK_WAIT_MS = 1000, LOCK_PAUSE_MS = 10 };

struct lock {
	int fd; /* -1: not locked */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(".lock")];
};

static void lock_done(struct lock *lock)
{
	if (lock->fd >= 0)
		unlink(lock->path);
	fd_done(&lock->fd);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* -EWOULDBLOCK: another has it, or had it until now. */
static int lock_once(struct lock *lock)
{
	CLEANUP(fd_done) int fd = open(lock->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat ours, there;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &ours) < 0)
		return errno == EINTR ? -EWOULDBLOCK : -errno;
	if (lstat(lock->path, &there) < 0 || !same_file(&ours, &there))
		return -EWOULDBLOCK;
	lock->fd = TAKE_FD(fd);
	return 0;
}

static int lock_take(struct lock *lock, const char *path)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int64_t until = loop_now() + LOCK_WAIT_MS;
	int r;

	snprintf(lock->path, sizeof(lock->path), "%s.lock", path);
	while ((r = lock_once(lock)) == -EWOULDBLOCK) {
		if (loop_now() >= until)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return r;
}

int control_socket_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	if (len == 0) /* that would be an abstract one of NULs */
		return -ENOENT;
	if (len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, len + 1);
	return 0;
}

/* The file gets the mode of the descriptor without the umask; where its directory has a default ACL, acl(5), the umask
 * does not count. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int r;

	fchmod(fd, 0600);
	r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	umask(before);
	return r;
}

/* Does nobody listen there? 0: so it is; -EADDRINUSE: somebody does; -ENOENT: it has gone; else connect(2)'s: nobody
 * knows. A listener whose queue is full gives EAGAIN, one of another type EPROTOTYPE. */
static int look_dead(const struct sockaddr_un *address)
{
	CLEANUP(fd_done) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN ||
	    errno == EPROTOTYPE)
		return -EADDRINUSE;
	return errno == ECONNREFUSED ? 0 : -errno;
}

/* Remove what a guard that is gone has left. 0: nothing is there any more. */
static int remove_dead(const struct sockaddr_un *address)
{
	struct stat st;
	int r;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	r = look_dead(address);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return -EPERM;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int control_socket_open(const char *path, struct control_socket *ret)
{
	CLEANUP(lock_done) struct lock lock = { .fd = -1 };
	CLEANUP(fd_done) int fd = -1;
	struct sockaddr_un address;
	struct stat st;
	int r = control_socket_address(path, &address);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = lock_take(&lock, path);
	if (r == 0)
		r = bind_private(fd, &address);
	if (r == -EADDRINUSE && (r = remove_dead(&address)) == 0)
		r = bind_private(fd, &address);
	if (r < 0)
		return r;
	if (lstat(path, &st) < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		unlink(path);
		return r;
	}
	*ret = (struct control_socket){ .fd = TAKE_FD(fd), .dev = st.st_dev, .ino = st.st_ino };
	memcpy(ret->path, address.sun_path, sizeof(ret->path));
	return 0;
}

/* While it listens no other guard replaces it: the file goes first. */
void control_socket_done(struct control_socket *s)
{
	struct stat st;

	if (!s || s->fd < 0)
		return;
	if (lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
	s->fd = fd_close(s->fd);
}
