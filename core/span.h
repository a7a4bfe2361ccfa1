/* span.h: what is left to be read of a text that need not end with NUL. Pure.
 *
 * The take functions move the span behind what they took, and leave it alone where they fail. */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at, *end;
};

/* The LEN bytes at TEXT; TEXT may be NULL when LEN is 0. */
struct span span_of(const char *text, size_t len);

/* How many bytes are left. */
size_t span_len(const struct span *s);

/* Is what is left exactly TEXT? */
bool span_is(const struct span *s, const char *text);

/* Copy it as a string. -ENAMETOOLONG: RET is too small, and untouched. */
int span_copy(const struct span *s, char *ret, size_t size);

/* What stands before the next END; the span moves behind END. False: there is none. */
bool span_take_until(struct span *s, char end, struct span *ret);

/* Does it begin with PREFIX? */
bool span_take_prefix(struct span *s, const char *prefix);

/* Decimal digits, at least one, to a value of at most MAX. -EBADMSG: none, or too large. */
int span_take_number(struct span *s, uint64_t max, uint64_t *ret);

/* Hexadecimal digits of either case, at least one, without "0x". -EBADMSG: none, or more than 64 bits. */
int span_take_hex(struct span *s, uint64_t *ret);

/* Any number of blanks and tabs, also none. */
void span_skip_blanks(struct span *s);

#endif
