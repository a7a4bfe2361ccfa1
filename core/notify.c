/* notify.c: see notify.h: the receiving end. */
#include "core/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/notify_private.h"
#include "core/rundir.h"

enum {
	DROPPED_A_CALL = 1024, /* more than wait in a socket (net.unix.max_dgram_qlen: 10, systemd's 512) */
	PATH_SIZE = sizeof(((struct sockaddr_un *)0)->sun_path),
};

static const char variable[] = "NOTIFY_SOCKET=";

/* ---- open ---- */

/* Before the kernel has gathered enough, at boot, getrandom(2) would wait. */
static int random_bytes(unsigned char *ret, size_t size)
{
	CLEANUP(fd_done) int fd = -1;

	if (getrandom(ret, size, GRND_NONBLOCK) == (ssize_t)size)
		return 0;
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return read(fd, ret, size) == (ssize_t)size ? 0 : -EIO;
}

struct names {
	char dir[sizeof(NOTIFY_DIR_PREFIX) + 2 * NOTIFY_DIR_BYTES];
	char socket[sizeof("/") + 2 * NOTIFY_SOCKET_BYTES];
};

static void write_hex(const unsigned char *bytes, size_t count, char *ret)
{
	for (size_t i = 0; i < count; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static int make_names(struct names *ret)
{
	unsigned char bytes[NOTIFY_DIR_BYTES + NOTIFY_SOCKET_BYTES];
	int r = random_bytes(bytes, sizeof(bytes));

	if (r < 0)
		return r;
	strcpy(ret->dir, NOTIFY_DIR_PREFIX);
	write_hex(bytes, NOTIFY_DIR_BYTES, ret->dir + strlen(ret->dir));
	ret->socket[0] = '/';
	write_hex(bytes + NOTIFY_DIR_BYTES, NOTIFY_SOCKET_BYTES, ret->socket + 1);
	return 0;
}

static int new_socket(void)
{
	CLEANUP(fd_done) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* The modes are set without the umask, and the directory is opened last. The name that bind(2) gets is the one that
 * /proc/net/unix shows; PATH is shown nowhere. */
static int bind_file(int fd, const struct sockaddr_un *address, const char *dir, const char *path)
{
	int r;

	if (chmod(dir, 0700) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	if (chmod(address->sun_path, 0777) == 0 && rename(address->sun_path, path) == 0 && chmod(dir, 0711) == 0)
		return 0;
	r = -errno;
	unlink(address->sun_path);
	unlink(path);
	return r;
}

static bool join(char ret[PATH_SIZE], const char *base, const char *dir, const char *name)
{
	int n = snprintf(ret, PATH_SIZE, "%s/%s%s", base, dir, name);

	return n > 0 && n < PATH_SIZE;
}

struct opening { const struct names *names; struct notify *notify; };

/* A socket can be bound once: each place gets a new one. */
static int open_below(const char *base, void *context)
{
	const struct opening *opening = context;
	const struct names *names = opening->names;
	struct notify *ret = opening->notify;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char dir[PATH_SIZE], path[PATH_SIZE];
	CLEANUP(fd_done) int fd = -1;
	int r;

	if (!join(address.sun_path, base, names->dir, "/notify") || !join(dir, base, names->dir, "") ||
	    !join(path, base, names->dir, names->socket))
		return -ENAMETOOLONG;
	fd = new_socket();
	if (fd < 0)
		return fd;
	if (mkdir(dir, 0700) < 0)
		return -errno;
	r = bind_file(fd, &address, dir, path);
	if (r < 0) {
		rmdir(dir);
		return r;
	}
	memcpy(ret->dir, dir, sizeof(ret->dir));
	snprintf(ret->env, sizeof(ret->env), "%s%s", variable, path);
	ret->fd = TAKE_FD(fd);
	notify_sweep(base);
	return 0;
}

static int open_abstract(const struct names *names, struct notify *ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_done) int fd = new_socket();
	size_t len = strlen(names->dir);

	if (fd < 0)
		return fd;
	memcpy(address.sun_path + 1, names->dir, len);
	len += offsetof(struct sockaddr_un, sun_path) + 1; /* there is no NUL at its end */
	if (bind(fd, (const struct sockaddr *)&address, (socklen_t)len) < 0)
		return -errno;
	snprintf(ret->env, sizeof(ret->env), "%s@%s", variable, names->dir);
	ret->fd = TAKE_FD(fd);
	return 0;
}

int notify_open(struct notify *ret)
{
	struct notify notify = NOTIFY_NONE;
	struct names names;
	struct opening opening = { &names, &notify };
	int r = make_names(&names);

	if (r < 0)
		return r;
	r = rundir_try(open_below, &opening);
	if (r < 0)
		r = open_abstract(&names, &notify);
	if (r == 0)
		*ret = notify;
	return r;
}

void notify_done(struct notify *notify)
{
	if (!notify)
		return;
	notify->fd = fd_close(notify->fd);
	if (notify->dir[0]) {
		unlink(notify->env + strlen(variable));
		rmdir(notify->dir);
	}
	notify->dir[0] = '\0';
}

/* ---- receive ---- */

/* There is room for the credentials only, which come first: the kernel closes descriptors that do not fit, without
 * what close(2) may wait for (a file system that does not answer), and our limit of open files does not matter. */
union control {
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr aligned;
};

static bool take_sender(struct msghdr *message, struct notify_sender *ret)
{
	const struct cmsghdr *part = CMSG_FIRSTHDR(message);
	struct ucred sender;

	if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS ||
	    part->cmsg_len != CMSG_LEN(sizeof(sender)))
		return false;
	memcpy(&sender, CMSG_DATA(part), sizeof(sender));
	*ret = (struct notify_sender){ .pid = sender.pid, .uid = sender.uid };
	return true;
}

/* One datagram. 1; 0: it is dropped; -errno of recvmsg(2). */
static int receive_one(struct notify *notify, struct notify_message *ret, struct notify_sender *ret_sender)
{
	union control control;
	struct iovec text = { .iov_base = notify->text, .iov_len = sizeof(notify->text) };
	struct msghdr message = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(notify->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int count;

	if (n < 0)
		return -errno;
	if (!take_sender(&message, ret_sender) || (message.msg_flags & MSG_TRUNC))
		return 0;
	count = notify_message_parse(notify->text, (size_t)n, ret);
	return count == 0 || (count == 1 && ret->barrier) ? 0 : 1;
}

int notify_receive(struct notify *notify, struct notify_message *ret, struct notify_sender *ret_sender)
{
	struct notify_message message;
	struct notify_sender sender;
	int r = 0;

	for (int i = 0; i < DROPPED_A_CALL && (r == 0 || r == -EINTR); i++)
		r = receive_one(notify, &message, &sender);
	if (r <= 0)
		return 0;
	*ret = message;
	*ret_sender = sender;
	return 1;
}
