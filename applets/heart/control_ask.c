/* control_ask.c: see control_ask.h.
 *
 * The socket blocks, but with a time-out (SO_SNDTIMEO and SO_RCVTIMEO, socket(7)): where the queue of a guard that is
 * stopped is full, poll(2) could not wait for connect(2). */
#include "applets/heart/control_ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "applets/heart/control.h"
#include "applets/heart/control_socket.h"
#include "core/cleanup.h"
#include "core/loop.h"

enum { AGAIN_MS = 10 };

/* What blocks on FD from here on ends at UNTIL with EAGAIN. -ETIMEDOUT: that is over. */
static int end_at(int fd, int64_t until)
{
	int64_t left = until - loop_now();
	const struct timeval time = { .tv_sec = (time_t)(left / 1000), .tv_usec = (suseconds_t)(left % 1000 * 1000) };

	if (left <= 0)
		return -ETIMEDOUT;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) < 0)
		return -errno;
	return 0;
}

/* -errno of what has just failed; -EINTR: do it again. */
static int failure(void)
{
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

static int connect_until(int fd, const struct sockaddr_un *address, int64_t until)
{
	int r;

	do {
		r = end_at(fd, until);
		if (r == 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
			r = failure();
	} while (r == -EINTR);
	return r;
}

/* That it was dropped is no failure yet: the answer to who is not allowed to ask comes before the packet. */
static int send_until(int fd, const char *packet, size_t len, int64_t until)
{
	int r;

	do {
		r = end_at(fd, until);
		if (r == 0 && send(fd, packet, len, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
			r = failure();
	} while (r == -EINTR);
	return r;
}

/* One more try behind ECONNRESET: that error comes first, and an answer may stand behind it. */
static int receive_until(int fd, struct buf *ret, int64_t until)
{
	bool reset = false;
	ssize_t n = 0;
	int r = buf_reserve(ret, CONTROL_ANSWER_MAX);

	if (r < 0)
		return r;
	do {
		r = end_at(fd, until);
		if (r == 0 && (n = recv(fd, ret->data + ret->len, CONTROL_ANSWER_MAX, MSG_TRUNC)) < 0)
			r = failure();
		if (r == -ECONNRESET && !reset) {
			reset = true;
			r = -EINTR;
		}
	} while (r == -EINTR);
	if (r < 0)
		return r;
	if (n == 0)
		return -ECONNRESET;
	if (n > CONTROL_ANSWER_MAX)
		return -EBADMSG;
	ret->len += (size_t)n;
	ret->data[ret->len] = '\0';
	return 0;
}

/* -ECONNRESET: dropped. */
static int ask_once(const struct sockaddr_un *address, const char *packet, size_t len, int64_t until, struct buf *ret)
{
	CLEANUP(fd_done) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = connect_until(fd, address, until);
	if (r == 0)
		r = send_until(fd, packet, len, until);
	if (r == 0)
		r = receive_until(fd, ret, until);
	return r;
}

int control_ask(const char *path, const struct control_request *request, int64_t timeout_ms, struct buf *ret)
{
	const struct timespec pause = { .tv_nsec = AGAIN_MS * 1000000L };
	int64_t until = loop_now() + timeout_ms;
	char packet[CONTROL_PACKET_MAX];
	size_t len = control_request_write(request, packet);
	struct sockaddr_un address;
	int r = control_socket_address(path, &address);

	while (r == 0 && (r = ask_once(&address, packet, len, until, ret)) == -ECONNRESET) {
		nanosleep(&pause, NULL);
		r = 0;
	}
	return r;
}
