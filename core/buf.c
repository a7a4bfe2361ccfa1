#include "core/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"

enum {
	BUF_FIRST = 256,  /* the first allocation */
	BUF_CHUNK = 4096, /* what buf_read_fd() asks for at once */
};

int buf_reserve(struct buf *b, size_t n)
{
	size_t need, size;
	char *data;

	if (b->len > b->max || n > b->max - b->len)
		return -ENOBUFS;
	if (__builtin_add_overflow(b->len + n, 1, &need)) /* the NUL */
		return -ENOMEM;
	if (b->data && need <= b->size)
		return 0;

	/* Half as much again, so that appending byte by byte stays linear; never more than max and its NUL. */
	if (__builtin_add_overflow(b->size, b->size / 2, &size) || size < need)
		size = need;
	if (size < BUF_FIRST)
		size = BUF_FIRST;
	if (size - 1 > b->max)
		size = b->max + 1;
	data = realloc(b->data, size);
	if (!data)
		return -ENOMEM;
	data[b->len] = '\0';
	b->data = data;
	b->size = size;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
	int r = buf_reserve(b, n);

	if (r < 0)
		return r;
	if (n > 0)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int buf_adds(struct buf *b, const char *string)
{
	return buf_add(b, string, strlen(string));
}

int buf_vprintf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n, r;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return -EOVERFLOW;
	r = buf_reserve(b, (size_t)n);
	if (r < 0)
		return r;
	vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
	b->len += (size_t)n;
	return 0;
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = buf_vprintf(b, format, args);
	va_end(args);
	return r;
}

/* Length of the character at DATA if a terminal may see it: well formed, no control. */
static size_t printable(const char *data, size_t n)
{
	uint32_t code;
	size_t length = utf8_char(data, n, &code);

	return length && code >= 0x20 && (code < 0x7f || code > 0x9f) ? length : 0;
}

/* One character or byte of DATA; *TAKEN says how many bytes it was. */
static int add_escaped_one(struct buf *b, const char *data, size_t n, bool escape_backslash, size_t *taken)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)data[0];
	char escape[4] = { '\\', 'x', hex[byte >> 4], hex[byte & 15] };

	*taken = printable(data, n);
	if (*taken == 0) {
		*taken = 1;
		return buf_add(b, escape, sizeof(escape));
	}
	if (byte == '\\' && escape_backslash)
		return buf_add(b, "\\\\", 2);
	return buf_add(b, data, *taken);
}

static int add_escaped(struct buf *b, const char *data, size_t n, bool escape_backslash, size_t *done)
{
	size_t taken;
	int r;

	for (*done = 0; *done < n; *done += taken) {
		r = add_escaped_one(b, data + *done, n - *done, escape_backslash, &taken);
		if (r < 0)
			return r;
	}
	return 0;
}

size_t buf_add_escaped_part(struct buf *b, const char *data, size_t n, bool escape_backslash)
{
	size_t done;

	add_escaped(b, data, n, escape_backslash, &done);
	return done;
}

int buf_add_escaped(struct buf *b, const char *data, size_t n, bool escape_backslash)
{
	size_t before = b->len, done;
	int r = add_escaped(b, data, n, escape_backslash, &done);

	if (r < 0 && b->data) {
		b->len = before;
		b->data[before] = '\0';
	}
	return r;
}

/* One read(2) into what is left of the buffer: its result, or -errno. */
static ssize_t read_some(int fd, void *data, size_t n)
{
	ssize_t r;

	do
		r = read(fd, data, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/* Is there one byte more? A full buffer alone does not tell whether the end was reached. */
static int at_end(int fd)
{
	char byte;
	ssize_t n = read_some(fd, &byte, 1);

	return n < 0 ? (int)n : n > 0 ? -ENOBUFS : 0;
}

int buf_read_fd(struct buf *b, int fd)
{
	for (;;) {
		size_t room = b->max > b->len ? b->max - b->len : 0;
		ssize_t n;
		int r;

		if (room == 0)
			return at_end(fd);
		r = buf_reserve(b, room < BUF_CHUNK ? room : BUF_CHUNK);
		if (r < 0)
			return r;
		n = read_some(fd, b->data + b->len, b->size - 1 - b->len);
		if (n <= 0)
			return (int)n;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buf_done(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = BUF(b->max);
}
