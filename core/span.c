#include "core/span.h"

#include <errno.h>
#include <string.h>

struct span span_of(const char *text, size_t len)
{
	return (struct span){ .at = text, .end = len ? text + len : text };
}

size_t span_len(const struct span *s)
{
	return (size_t)(s->end - s->at);
}

bool span_is(const struct span *s, const char *text)
{
	size_t len = strlen(text);

	return span_len(s) == len && (len == 0 || memcmp(s->at, text, len) == 0);
}

int span_copy(const struct span *s, char *ret, size_t size)
{
	size_t len = span_len(s);

	if (len >= size)
		return -ENAMETOOLONG;
	if (len > 0)
		memcpy(ret, s->at, len);
	ret[len] = '\0';
	return 0;
}

bool span_take_until(struct span *s, char end, struct span *ret)
{
	const char *stop = s->at == s->end ? NULL : memchr(s->at, end, span_len(s));

	if (!stop)
		return false;
	*ret = (struct span){ .at = s->at, .end = stop };
	s->at = stop + 1;
	return true;
}

bool span_take_prefix(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (len == 0) /* AT may be NULL: to add even nothing to that is undefined */
		return true;
	if (span_len(s) < len || memcmp(s->at, prefix, len) != 0)
		return false;
	s->at += len;
	return true;
}

int span_take_number(struct span *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	const char *at = s->at;

	for (; at < s->end && *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (digit > max || value > (max - digit) / 10)
			return -EBADMSG;
		value = value * 10 + digit;
	}
	if (at == s->at)
		return -EBADMSG;
	s->at = at;
	*ret = value;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int span_take_hex(struct span *s, uint64_t *ret)
{
	const char *at = s->at;
	uint64_t value = 0;
	int digit;

	for (; at < s->end && (digit = hex_digit(*at)) >= 0; at++) {
		if (value >> 60)
			return -EBADMSG;
		value = value << 4 | (unsigned)digit;
	}
	if (at == s->at)
		return -EBADMSG;
	s->at = at;
	*ret = value;
	return 0;
}

void span_skip_blanks(struct span *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}
