#include "core/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/buf.h"

/* PIPE_BUF: up to here a write to a pipe that several processes share is not torn (pipe(7)). */
enum { LINE_MAX_BYTES = 4096, STUCK_MS = 1000 };

static const char *prefix_of_all;
static bool never_blocks;
static bool is_stuck; /* nobody has read the last line: the next one waits no longer */

void log_prefix(const char *prefix)
{
	prefix_of_all = prefix;
}

void log_never_block(void)
{
	never_blocks = true;
}

static bool has_room(void)
{
	struct pollfd wait = { .fd = STDERR_FILENO, .events = POLLOUT };
	int r;

	while ((r = poll(&wait, 1, never_blocks && is_stuck ? 0 : STUCK_MS)) < 0 && errno == EINTR)
		;
	is_stuck = r == 0;
	return r != 0;
}

/* The room in a pipe may be another's before it is ours, pwritev2(2): RWF_NOWAIT, of pipes since Linux 6.4. A file
 * would answer EAGAIN where it need not. */
static ssize_t write_now(const char *data, size_t n)
{
	enum { NOWAIT = 8 };
	struct iovec block = { .iov_base = (void *)(uintptr_t)data, .iov_len = n };
	struct stat is;
	ssize_t written;

	if (!never_blocks || fstat(STDERR_FILENO, &is) < 0 || !S_ISFIFO(is.st_mode))
		return write(STDERR_FILENO, data, n);
	written = syscall(SYS_pwritev2, STDERR_FILENO, &block, 1, -1L, -1L, NOWAIT);
	if (written >= 0 || errno == EAGAIN || errno == EINTR)
		return written;
	return write(STDERR_FILENO, data, n);
}

/* A stderr that another process made non-blocking and nobody reads is waited for a while, then given up; one that
 * blocks, too, for who must not. */
static void write_stderr(const char *data, size_t n)
{
	if (never_blocks && !has_room())
		return;
	while (n > 0) {
		ssize_t written = write_now(data, n);

		if (written >= 0) {
			data += written;
			n -= (size_t)written;
			if (n > 0 && never_blocks && !has_room())
				return;
		} else if (errno == EAGAIN) {
			if (!has_room())
				return;
		} else if (errno != EINTR) {
			return;
		}
	}
}

/* Everything is on the stack: when memory is gone, this is how people learn of it. */
static void log_text(const char *prefix, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES + 1], line[LINE_MAX_BYTES + 1];
	struct buf out = { .data = line, .size = sizeof(line), .max = LINE_MAX_BYTES - strlen("...\n") };
	int length = vsnprintf(text, sizeof(text), format, args);
	size_t n = length < 0 ? 0 : strnlen(text, sizeof(text) - 1);
	bool cut = length >= (int)sizeof(text);

	line[0] = '\0';
	if (prefix) {
		buf_add_escaped_part(&out, prefix, strlen(prefix), false);
		buf_adds(&out, ": ");
	}
	cut |= buf_add_escaped_part(&out, text, n, false) < n;
	out.max = LINE_MAX_BYTES;
	buf_adds(&out, cut ? "...\n" : "\n");
	write_stderr(out.data, out.len);
}

void log_line(const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	log_text(NULL, format, args);
	va_end(args);
	errno = saved;
}

void log_fail(const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	log_text(prefix_of_all, format, args);
	va_end(args);
	errno = saved;
}

void log_bytes(const char *data, size_t len)
{
	int saved = errno;

	write_stderr(data, len);
	errno = saved;
}

const char *log_errno(int error)
{
	int saved = errno;
	const char *text = strerror(error == INT_MIN ? INT_MAX : error < 0 ? -error : error);

	errno = saved;
	return text ? text : "unknown error";
}
