/* logread.c: see logread.h. */
#include "applets/cluster/logread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/span.h"

int logread_open(const char *path)
{
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -EINVAL;
}

void logread_begin(struct logread *r, int fd)
{
	r->fd = fd;
	r->at = 0;
	r->begin = r->end = 0;
	r->head_len = 0;
	r->inside = r->ended = false;
}

/* The file may be shorter than what was read of it. When it begins as it did, a write that the disk had no room for was
 * undone; else the file was emptied, and is read from its beginning. */
static int follow_cut(struct logread *r)
{
	char head[sizeof(r->head)];
	struct stat st;
	ssize_t n;

	if (fstat(r->fd, &st) < 0)
		return -errno;
	if (st.st_size >= r->at)
		return 0;
	n = pread(r->fd, head, r->head_len, 0);
	r->at = n > 0 && !memcmp(head, r->head, (size_t)n) ? st.st_size : 0;
	r->end = r->begin;
	return 0;
}

/* 1: there is more in the block. */
static int fill(struct logread *r)
{
	ssize_t n;

	memmove(r->block, r->block + r->begin, r->end - r->begin);
	r->end -= r->begin;
	r->begin = 0;
	do
		n = pread(r->fd, r->block + r->end, sizeof(r->block) - r->end, r->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : follow_cut(r);
	if (r->at == 0) {
		r->head_len = (size_t)n < sizeof(r->head) ? (size_t)n : sizeof(r->head);
		memcpy(r->head, r->block + r->end, r->head_len);
	}
	r->at += n;
	r->end += (size_t)n;
	return 1;
}

/* Hand out LEN bytes; ENDS: with the newline behind them, or the one that is missing at the end. */
static int hand_out(struct logread *r, size_t len, bool ends, struct logread_line *ret)
{
	*ret = (struct logread_line){ r->block + r->begin, len, !r->inside, ends };
	r->inside = !ends;
	r->begin += len;
	if (ends && r->begin < r->end)
		r->begin++;
	return 1;
}

int logread_next(struct logread *r, struct logread_line *ret)
{
	size_t searched = 0;

	if (r->ended) { /* a line that was not whole may be another one now */
		r->at -= (off_t)(r->end - r->begin);
		r->end = r->begin;
		r->ended = false;
	}
	while (r->fd >= 0) {
		const char *text = r->block + r->begin;
		size_t len = r->end - r->begin;
		const char *newline = len > searched ? memchr(text + searched, '\n', len - searched) : NULL;
		int more;

		if (newline)
			return hand_out(r, (size_t)(newline - text), true, ret);
		if (len == sizeof(r->block))
			return hand_out(r, len, false, ret);
		more = fill(r);
		if (more <= 0) {
			r->ended = true;
			return more;
		}
		searched = len;
	}
	return 0;
}

int logread_rest(struct logread *r, struct logread_line *ret)
{
	if (r->begin == r->end && !r->inside)
		return 0;
	return hand_out(r, r->end - r->begin, true, ret);
}

bool logread_is_of(const struct logread_line *line, const char *name)
{
	struct span rest = span_of(line->text, line->len), stamp;

	return span_take_until(&rest, ' ', &stamp) && span_take_prefix(&rest, name) && span_take_prefix(&rest, ":");
}
