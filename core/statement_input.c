/* statement_input.c: see statement_private.h: records, as they come. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/statement_private.h"

/* What comes next, up to SIZE bytes. -EPIPE: nothing more does. */
static ssize_t read_some(const struct statement_input *in, char *ret, size_t size)
{
	struct pollfd poller = { .fd = in->fd, .events = POLLIN };

	for (;;) {
		int n = poll(&poller, 1, statement_remaining_ms(in->deadline_ns));
		ssize_t got;

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		got = read(in->fd, ret, size);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (got >= 0)
			return got ? got : -EPIPE;
	}
}

/* Make N bytes be there from AT on, which fit. */
static int need(struct statement_input *in, size_t n)
{
	memmove(in->bytes, in->bytes + in->at, in->len - in->at);
	in->len -= in->at;
	in->at = 0;
	while (in->len < n) {
		ssize_t got = read_some(in, in->bytes + in->len, sizeof(in->bytes) - in->len);

		if (got < 0)
			return (int)got;
		in->len += (size_t)got;
		in->total += (size_t)got;
		if (in->total > STATEMENT_TOTAL_MAX)
			return -EBADMSG;
	}
	return 0;
}

int statement_next(struct statement_input *in, struct statement_record *ret_head, const char **ret_bytes)
{
	int r = in->len - in->at < sizeof(*ret_head) ? need(in, sizeof(*ret_head)) : 0;

	if (r < 0)
		return r;
	memcpy(ret_head, in->bytes + in->at, sizeof(*ret_head));
	if (ret_head->length > STATEMENT_SECTION_MAX)
		return -EBADMSG;
	if (in->len - in->at - sizeof(*ret_head) < ret_head->length)
		r = need(in, sizeof(*ret_head) + ret_head->length);
	if (r < 0)
		return r;
	*ret_bytes = in->bytes + in->at + sizeof(*ret_head);
	in->at += sizeof(*ret_head) + ret_head->length;
	return 0;
}
