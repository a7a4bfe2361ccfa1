#include "core/json_flat.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/span.h"

/* A string that is read: where its bytes go, as many as there is room for. */
struct sink {
	char *data;
	size_t size, len; /* LEN counts on beyond SIZE */
};

static void put(struct sink *sink, uint32_t byte)
{
	if (sink->len < sink->size)
		sink->data[sink->len] = (char)byte;
	sink->len++;
}

static void put_code(struct sink *sink, uint32_t code)
{
	if (code < 0x80) {
		put(sink, code);
		return;
	}
	if (code < 0x800) {
		put(sink, 0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			put(sink, 0xe0 | code >> 12);
		} else {
			put(sink, 0xf0 | code >> 18);
			put(sink, 0x80 | (code >> 12 & 0x3f));
		}
		put(sink, 0x80 | (code >> 6 & 0x3f));
	}
	put(sink, 0x80 | (code & 0x3f));
}

static void skip_space(struct span *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
		s->at++;
}

static bool take(struct span *s, char c)
{
	skip_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Four hexadecimal digits. */
static bool take_unit(struct span *s, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t value = 0;

	if (span_len(s) < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *s->at++;
		const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

		if (!digit)
			return false;
		value = value << 4 | (uint32_t)(digit - digits);
	}
	*ret = value;
	return true;
}

/* Behind "\u": a character, or the two halves of one. A half alone is U+FFFD. */
static bool take_code(struct span *s, struct sink *sink)
{
	uint32_t high, low;
	struct span rest;

	if (!take_unit(s, &high))
		return false;
	rest = *s;
	if (high >= 0xd800 && high < 0xdc00 && span_take_prefix(&rest, "\\u") && take_unit(&rest, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		*s = rest;
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	put_code(sink, high >= 0xd800 && high < 0xe000 ? 0xfffd : high);
	return true;
}

static bool take_escape(struct span *s, struct sink *sink)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char c;

	if (s->at == s->end)
		return false;
	c = *s->at++;
	if (c == 'u')
		return take_code(s, sink);
	at = c ? strchr(from, c) : NULL;
	if (at)
		put(sink, (unsigned char)to[at - from]);
	return at != NULL;
}

static bool take_string(struct span *s, struct sink *sink)
{
	if (!take(s, '"'))
		return false;
	while (s->at < s->end) {
		char c = *s->at++;

		if (c == '"')
			return true;
		if ((unsigned char)c < 0x20)
			return false;
		if (c != '\\')
			put(sink, (unsigned char)c);
		else if (!take_escape(s, sink))
			return false;
	}
	return false;
}

/* To the end of a value that is no string: the ',' or '}' behind it, on its own level. */
static bool skip_value(struct span *s)
{
	struct sink nowhere = { .size = 0 };
	size_t depth = 0;

	while (s->at < s->end) {
		char c = *s->at;

		if (depth == 0 && (c == ',' || c == '}'))
			return true;
		if (c == '"') {
			if (!take_string(s, &nowhere))
				return false;
			continue;
		}
		if ((c == '}' || c == ']') && depth-- == 0)
			return false;
		depth += c == '{' || c == '[';
		s->at++;
	}
	return false;
}

/* "KEY": VALUE. 1: it was the string that is looked for; 0: not; else not JSON. */
static int take_member(struct span *s, const char *key, struct sink *ret)
{
	char name[64] = "";
	struct sink its = { .data = name, .size = sizeof name }, nowhere = { .size = 0 };
	bool is_it;

	if (!take_string(s, &its) || !take(s, ':'))
		return -EBADMSG;
	is_it = its.len == strlen(key) && its.len <= sizeof name && memcmp(name, key, its.len) == 0;
	skip_space(s);
	if (s->at == s->end || *s->at != '"')
		return skip_value(s) ? 0 : -EBADMSG;
	if (!take_string(s, is_it ? ret : &nowhere))
		return -EBADMSG;
	return is_it;
}

int json_flat_string(const char *text, size_t len, const char *key, char *ret, size_t size)
{
	struct span s = span_of(text, len);
	char value[1024];
	struct sink sink = { .data = value, .size = sizeof value };
	int r;

	if (!take(&s, '{'))
		return -EBADMSG;
	if (take(&s, '}'))
		return -ENOENT;
	do {
		r = take_member(&s, key, &sink);
		if (r < 0)
			return r;
	} while (r == 0 && take(&s, ','));
	if (r == 0)
		return take(&s, '}') ? -ENOENT : -EBADMSG;
	if (sink.len >= size || sink.len > sizeof value)
		return -ENAMETOOLONG;
	if (memchr(value, '\0', sink.len))
		return -EBADMSG;
	memcpy(ret, value, sink.len);
	ret[sink.len] = '\0';
	return 0;
}
