/* ini_space.c: what is white space to Python, which zc.buildout is written in. */
#include <string.h>

#include "core/ini.h"
#include "core/ini_private.h"

size_t ini_space(const char *at, const char *end)
{
	static const char *const wide[] = {
		"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
		"\xe3\x80\x80",
	};
	size_t left = (size_t)(end - at);

	if (left == 0)
		return 0;
	if (*at == ' ' || (*at >= '\t' && *at <= '\r') || (*at >= 0x1c && *at <= 0x1f))
		return 1;
	if (left >= 3 && !memcmp(at, "\xe2\x80", 2) && (unsigned char)at[2] >= 0x80 && (unsigned char)at[2] <= 0x8a)
		return 3; /* U+2000 to U+200A */
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (left >= strlen(wide[i]) && !memcmp(at, wide[i], strlen(wide[i])))
			return strlen(wide[i]);
	return 0;
}

static size_t space_before(const char *begin, const char *at)
{
	for (size_t n = 1; n <= 3 && n <= (size_t)(at - begin); n++)
		if (ini_space(at - n, at) == n)
			return n;
	return 0;
}

void ini_strip_left(struct span *s)
{
	for (size_t n; (n = ini_space(s->at, s->end)) > 0;)
		s->at += n;
}

void ini_strip_right(struct span *s)
{
	for (size_t n; (n = space_before(s->at, s->end)) > 0;)
		s->end -= n;
}

struct span ini_strip(const char *text)
{
	struct span s = span_of(text, strlen(text));

	ini_strip_left(&s);
	ini_strip_right(&s);
	return s;
}
