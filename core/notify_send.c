/* notify_send.c: see notify.h: a client of sd_notify(3). */
#include "core/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/loop.h"

static int make_address(const char *text, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(ret->sun_path))
		return -EINVAL;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, text, len);
	if (text[0] == '@')
		ret->sun_path[0] = '\0';
	/* An abstract name is no string: it ends where the address does. */
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (text[0] == '/'));
	return 0;
}

static int connect_to(const char *address, int timeout_ms)
{
	const struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 + 1 };
	CLEANUP(fd_done) int fd = -1;
	struct sockaddr_un to;
	socklen_t len;
	int r = make_address(address, &to, &len);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&to, len) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* With DESCRIPTOR, -1: none. */
static int send_text(int fd, const char *text, int descriptor)
{
	union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr part; } control = { .bytes = { 0 } };
	struct iovec bytes = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	ssize_t n;

	if (descriptor >= 0) {
		control.part = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(&control.part), &descriptor, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* The pipe whose other end was sent: nobody has that any more. */
static int await_hangup(int fd, int timeout_ms)
{
	int64_t until = loop_now() + timeout_ms;
	struct pollfd poll_fd = { .fd = fd };
	int r;

	do {
		int64_t left = until - loop_now();

		r = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r == 0 ? -ETIMEDOUT : 0;
}

static int send_barrier(int fd, int timeout_ms)
{
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = send_text(fd, "BARRIER=1", ends[1]);
	close(ends[1]);
	if (r == 0)
		r = await_hangup(ends[0], timeout_ms);
	close(ends[0]);
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

int notify_send(const char *address, const char *text, bool barrier, int timeout_ms)
{
	CLEANUP(fd_done) int fd = connect_to(address, timeout_ms);
	int r = fd;

	if (r >= 0)
		r = send_text(fd, text, -1);
	if (r == 0 && barrier)
		r = send_barrier(fd, timeout_ms);
	return r;
}
