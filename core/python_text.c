/* python_text.c: see python_private.h: strings.
 *
 * A str holds its characters in one, two or four bytes each, whatever its widest needs (PEP 393). Where they are:
 *
 *	compact, ASCII only    right behind PyASCIIObject
 *	compact                right behind PyCompactUnicodeObject
 *	not compact            where the pointer behind PyCompactUnicodeObject leads: types derived from str
 *	not "ready", to 3.11   where wstr leads: wchar_t, four bytes each; its kind is 0 */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

struct text {
	uint64_t at, length; /* in characters */
	unsigned size;       /* of a character: 1, 2, 4 */
};

enum { KIND_MASK = 7, CHUNK = 1024 /* bytes; on the stack */ };

static const char more[] = "...";

/* Of a kind of 0. */
static int find_wide(struct python *p, uint64_t address, struct text *ret)
{
	int64_t length;
	uint64_t at;
	int r = python_pointer(p, address, p->layout.unicode.wstr, &at);

	if (r == 0)
		r = python_int64(p, address, p->layout.unicode.wstr_length, &length);
	if (r < 0)
		return r;
	if (!at || length < 0)
		return -EBADMSG;
	*ret = (struct text){ at, (uint64_t)length, 4 };
	return 0;
}

static int find_data(struct python *p, uint64_t address, uint32_t state, uint64_t *ret)
{
	bool is_compact = state >> p->layout.unicode.compact_shift & 1;
	bool is_ascii = state >> p->layout.unicode.ascii_shift & 1;
	int r = 0;

	if (is_compact)
		*ret = address + (is_ascii ? p->layout.unicode.ascii_size : p->layout.unicode.compact_size);
	else
		r = python_pointer(p, address, p->layout.unicode.compact_size, ret);
	return r < 0 ? r : *ret ? 0 : -EBADMSG;
}

static int find_text(struct python *p, uint64_t address, struct text *ret)
{
	int64_t length;
	int32_t state;
	struct text text;
	int r = python_is(p, address, PYTHON_IS_STR) ? 0 : -EBADMSG;

	if (r == 0)
		r = python_int64(p, address, p->layout.unicode.length, &length);
	if (r == 0)
		r = python_int32(p, address, p->layout.unicode.state, &state);
	if (r < 0)
		return r;
	text.size = (uint32_t)state >> p->layout.unicode.kind_shift & KIND_MASK;
	if (text.size == 0)
		return find_wide(p, address, ret);
	if ((text.size != 1 && text.size != 2 && text.size != 4) || length < 0)
		return -EBADMSG;
	text.length = (uint64_t)length;
	r = find_data(p, address, (uint32_t)state, &text.at);
	if (r == 0)
		*ret = text;
	return r;
}

static uint32_t character(const unsigned char *data, unsigned size)
{
	uint16_t two;
	uint32_t four;

	switch (size) {
	case 1:
		return *data;
	case 2:
		memcpy(&two, data, sizeof two);
		return two;
	default:
		memcpy(&four, data, sizeof four);
		return four;
	}
}

/* The bytes of CODE in RET; returns how many. U+DC80 to U+DCFF stand for bytes that were no UTF-8 (PEP 383). */
static size_t encode(uint32_t code, char ret[4])
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	if (code >= 0xdc80 && code <= 0xdcff) {
		ret[0] = (char)(code - 0xdc00);
		return 1;
	}
	if (code > 0x10ffff)
		return encode(0xfffd, ret);
	for (size_t i = n; i-- > 1; code >>= 6)
		ret[i] = (char)(0x80 | (code & 0x3f));
	ret[0] = (char)(first[n] | code);
	return n;
}

/* Append COUNT characters of DATA. 1: RET has no room for more of them and MORE behind. */
static int add_characters(struct buf *ret, const unsigned char *data, size_t count, unsigned size)
{
	for (size_t i = 0; i < count; i++) {
		char bytes[4];
		size_t n = encode(character(data + i * size, size), bytes);
		int r;

		if (ret->len + n + strlen(more) > ret->max)
			return 1;
		r = buf_add(ret, bytes, n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_text(struct python *p, const struct text *text, struct buf *ret)
{
	uint64_t length = text->length < PYTHON_TEXT_MAX ? text->length : PYTHON_TEXT_MAX;
	unsigned char chunk[CHUNK];
	int r = 0;

	for (uint64_t i = 0, count; r == 0 && i < length; i += count) {
		count = length - i < CHUNK / text->size ? length - i : CHUNK / text->size;
		r = pages_read(p->pages, text->at + i * text->size, chunk, count * text->size);
		if (r == 0)
			r = add_characters(ret, chunk, count, text->size);
	}
	if (r == 1 || (r == 0 && length < text->length))
		r = buf_adds(ret, more);
	return r;
}

int python_text(struct python *p, uint64_t address, struct buf *ret)
{
	size_t before = ret->len;
	struct text text;
	int r = find_text(p, address, &text);

	if (r == 0)
		r = add_text(p, &text, ret);
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}

int python_text_touch(struct python *p, uint64_t address)
{
	struct text text;
	int r = find_text(p, address, &text);

	if (r < 0)
		return r;
	if (text.length > PYTHON_TEXT_MAX)
		text.length = PYTHON_TEXT_MAX;
	return pages_touch(p->pages, text.at, text.length * text.size);
}

bool python_text_is(struct python *p, uint64_t address, const char *ascii)
{
	struct text text;
	unsigned char chunk[CHUNK];
	size_t len = strlen(ascii);

	if (find_text(p, address, &text) < 0 || text.length != len || len > CHUNK / text.size)
		return false;
	if (len && pages_read(p->pages, text.at, chunk, len * text.size) < 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (character(chunk + i * text.size, text.size) != (unsigned char)ascii[i])
			return false;
	return true;
}
