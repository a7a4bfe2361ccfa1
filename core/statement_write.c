/* statement_write.c: see statement.h: the side that writes. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/statement_private.h"

enum { FIRST = 512, NS_PER_MS = 1000000 };

int statement_remaining_ms(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_ns();

	if (left <= 0)
		return 0;
	left = left / NS_PER_MS + 1;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* POLLERR: there is no reader any more, which write(2) then says. */
static int await_room(int fd, int64_t deadline_ns)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	int n;

	do
		n = poll(&poller, 1, statement_remaining_ms(deadline_ns));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

/* A pipe that has room takes PIPE_BUF bytes at once, pipe(7): so one that blocks does not block either. */
static int write_bytes(int fd, const char *bytes, size_t length, int64_t deadline_ns)
{
	while (length > 0) {
		int r = await_room(fd, deadline_ns);
		ssize_t n;

		if (r < 0)
			return r;
		n = write(fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* Most records go at once with their head. */
int statement_write(int fd, enum statement_kind kind, const void *bytes, size_t length, int64_t deadline_ns)
{
	struct statement_record head = { .kind = (uint32_t)kind, .length = (uint32_t)length };
	size_t begin = length < FIRST ? length : FIRST;
	char first[sizeof(head) + FIRST];
	int r;

	if (length > STATEMENT_SECTION_MAX)
		return -EMSGSIZE;
	memcpy(first, &head, sizeof(head));
	if (begin > 0)
		memcpy(first + sizeof(head), bytes, begin);
	r = write_bytes(fd, first, sizeof(head) + begin, deadline_ns);
	if (r == 0 && length > begin)
		r = write_bytes(fd, (const char *)bytes + begin, length - begin, deadline_ns);
	return r;
}
