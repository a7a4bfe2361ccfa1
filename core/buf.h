/* buf.h: a byte buffer that grows up to a cap.
 *
 * Everything that comes from another process, a file or the network is read into one of these, so nothing foreign can
 * make procguard grow without bound. data is NUL-terminated behind len whenever it is not NULL. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size; /* allocated bytes */
	size_t max;  /* len never exceeds it */
};

/* An empty buffer that holds at most MAX bytes; allocates nothing yet. */
#define BUF(max_bytes) ((struct buf){ .max = (max_bytes) })

/* Make room for N more bytes behind len. -ENOBUFS: that would exceed max; -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);

/* Append N bytes, a string, formatted text. Errors as buf_reserve(); on failure the content is as before. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_adds(struct buf *b, const char *string);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Append N foreign bytes for a person to read: control characters (C1 too) and bytes that are not UTF-8 become
 * \xNN, a backslash becomes \\ only where ESCAPE_BACKSLASH is set (so that the text can be read back). */
int buf_add_escaped(struct buf *b, const char *data, size_t n, bool escape_backslash);

/* The same, but what does not fit is left out. Returns how many of the N bytes were taken; no character is torn. */
size_t buf_add_escaped_part(struct buf *b, const char *data, size_t n, bool escape_backslash);

/* Append what FD gives until its end or until max is reached. Blocks as read(2) does.
 * 0: the end was reached; -ENOBUFS: there was more than fits (what fits is kept); else read(2)'s -errno. */
int buf_read_fd(struct buf *b, int fd);

/* Forget the content, keep the memory. */
void buf_reset(struct buf *b);

/* Free the memory; the buffer is empty and may be used again. Takes NULL. */
void buf_done(struct buf *b);

#endif
