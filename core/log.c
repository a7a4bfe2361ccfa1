#include "core/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"

/* PIPE_BUF: up to here a write to a pipe that several processes share is not torn (pipe(7)). */
enum { LINE_MAX_BYTES = 4096, STUCK_MS = 1000 };

static const char *prefix_of_all;

void log_prefix(const char *prefix)
{
	prefix_of_all = prefix;
}

/* A stderr that another process made non-blocking and nobody reads is waited for a while, then given up. */
static void write_stderr(const char *data, size_t n)
{
	struct pollfd wait = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (n > 0) {
		ssize_t written = write(STDERR_FILENO, data, n);

		if (written >= 0) {
			data += written;
			n -= (size_t)written;
		} else if (errno == EAGAIN) {
			if (poll(&wait, 1, STUCK_MS) == 0)
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
