/* confine_channel.c: see confine.h: messages, each behind its length in four bytes of our byte order. */
#include "core/confine.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/clock.h"

/* Until CHANNEL is ready for EVENTS. */
static int await(int channel, short events, int64_t until_ns)
{
	struct pollfd wait = { .fd = channel, .events = events };
	int64_t left_ns = 0, ms;
	int n;

	do {
		if (until_ns >= 0)
			left_ns = until_ns - clock_ns();
		ms = left_ns <= 0 ? 0 : (left_ns - 1) / 1000000 + 1;
		n = poll(&wait, 1, until_ns < 0 ? -1 : ms > INT_MAX ? INT_MAX : (int)ms);
	} while ((n < 0 && errno == EINTR) || (n == 0 && left_ns > 0));
	if (n < 0)
		return -errno;
	return n > 0 ? 0 : -ETIMEDOUT;
}

/* All of LEN bytes. */
static int send_all(int channel, int64_t until_ns, const char *data, size_t len, int flags)
{
	int r;

	while (len > 0) {
		ssize_t n = send(channel, data, len, MSG_NOSIGNAL | MSG_DONTWAIT | flags);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == ECONNRESET)
			return -EPIPE;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
		r = errno == EAGAIN ? await(channel, POLLOUT, until_ns) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int confine_send(int channel, int64_t until_ns, const void *data, size_t len)
{
	uint32_t head = (uint32_t)len;
	char header[sizeof head];
	int r;

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	memcpy(header, &head, sizeof head);
	r = send_all(channel, until_ns, header, sizeof header, len > 0 ? MSG_MORE : 0);
	return r < 0 ? r : send_all(channel, until_ns, data, len, 0);
}

/* LEN bytes, or as many as come before the other side ends: returns how many. */
static ssize_t receive_all(int channel, int64_t until_ns, char *data, size_t len)
{
	size_t have = 0;
	int r;

	while (have < len) {
		ssize_t n = recv(channel, data + have, len - have, MSG_DONTWAIT);

		if (n > 0) {
			have += (size_t)n;
			continue;
		}
		if (n == 0 || errno == ECONNRESET)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
		r = errno == EAGAIN ? await(channel, POLLIN, until_ns) : 0;
		if (r < 0)
			return r;
	}
	return (ssize_t)have;
}

/* The memory comes as the bytes come: a length alone makes us reserve no more than this. */
enum { PIECE = 1 << 20 };

static int receive_body(int channel, int64_t until_ns, size_t len, struct buf *ret)
{
	while (ret->len < len) {
		size_t piece = len - ret->len < PIECE ? len - ret->len : PIECE;
		int r = buf_reserve(ret, piece);
		ssize_t n = r < 0 ? r : receive_all(channel, until_ns, ret->data + ret->len, piece);

		if (n < 0)
			return (int)n;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if ((size_t)n < piece)
			return -EBADMSG;
	}
	return 1;
}

int confine_receive(int channel, int64_t until_ns, struct buf *ret)
{
	uint32_t head;
	char header[sizeof head];
	ssize_t n = receive_all(channel, until_ns, header, sizeof header);

	buf_reset(ret);
	if (n <= 0)
		return (int)n;
	if ((size_t)n < sizeof header)
		return -EBADMSG;
	memcpy(&head, header, sizeof head);
	return head > ret->max ? -ENOBUFS : receive_body(channel, until_ns, head, ret);
}
