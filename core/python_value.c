/* python_value.c: see python_private.h: what is shown of an object: its type, and what it holds if that is simple.
 *
 * type      value
 * NoneType  None
 * bool      True
 * int       4711; of one that does not fit: 130 bits
 * float     0.5
 * str       'text', of a long one 'its first 64 characters'...
 * bytes     b'bytes', the same
 * list of 3
 *
 * So are those of types derived from these, with their own type's name. */
#include "core/python_private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/utf8.h"

enum { CHARACTERS_MAX = 64, UTF8_MAX = 4, HEAD_SIZE = 1024 /* what python_text() reads at once */ };

/* How many items a list, tuple or dict has; -ENOENT: it is none of these. */
static int count_items(struct python *p, uint64_t address, int64_t *ret)
{
	const struct python_layout *l = &p->layout;
	uint32_t offset = python_is(p, address, PYTHON_IS_LIST)	 ? l->list.size :
			  python_is(p, address, PYTHON_IS_TUPLE) ? l->tuple.size :
			  python_is(p, address, PYTHON_IS_DICT)	 ? l->dict.used :
								   PYTHON_NONE;

	return offset == PYTHON_NONE ? -ENOENT : python_int64(p, address, offset, ret);
}

static int read_type(struct python *p, uint64_t address, char *ret, size_t size)
{
	uint64_t type;
	int r = python_type_of(p, address, &type);

	return r < 0 ? r : python_type_name(p, type, ret, size);
}

/* ---- touching ---- */

/* The beginning of a str; its characters are behind it, but of those that python_text_touch() knows better. */
static int touch_text(struct python *p, uint64_t address)
{
	int32_t state;
	int64_t length;
	uint64_t size;
	int r = python_int32(p, address, p->layout.unicode.state, &state);

	if (r == 0)
		r = python_int64(p, address, p->layout.unicode.length, &length);
	if (r < 0)
		return r;
	if (!((uint32_t)state >> p->layout.unicode.compact_shift & 1))
		return python_text_touch(p, address);
	size = (uint64_t)length < HEAD_SIZE ? (uint64_t)length * ((uint32_t)state >> p->layout.unicode.kind_shift & 7) :
					      HEAD_SIZE;
	return pages_touch(p->pages, address, p->layout.unicode.compact_size + (size < HEAD_SIZE ? size : HEAD_SIZE));
}

static int touch_bytes(struct python *p, uint64_t address)
{
	int64_t size;
	int r = python_int64(p, address, p->layout.bytes.size, &size);

	if (r < 0 || size <= 0)
		return r;
	return pages_touch(p->pages, address + p->layout.bytes.data,
			   size < CHARACTERS_MAX ? (size_t)size : CHARACTERS_MAX);
}

int python_value_touch(struct python *p, uint64_t address)
{
	char type[256];
	int64_t number;
	uint64_t bits;
	int r = read_type(p, address, type, sizeof(type));

	if (r < 0)
		return r;
	if (python_is(p, address, PYTHON_IS_INT))
		return python_integer(p, address, &number) == -ERANGE ? python_integer_bits(p, address, &bits) : 0;
	if (python_is(p, address, PYTHON_IS_STR))
		return touch_text(p, address);
	if (python_is(p, address, PYTHON_IS_BYTES))
		return touch_bytes(p, address);
	if (strcmp(type, "float") == 0)
		return python_int64(p, address, p->layout.real.value, &number);
	r = count_items(p, address, &number);
	return r == -ENOENT ? 0 : r;
}

/* ---- values ---- */

static int add_integer(struct python *p, uint64_t address, bool is_bool, struct buf *ret)
{
	int64_t number;
	uint64_t bits;
	int r = python_integer(p, address, &number);

	if (r == 0)
		return is_bool ? buf_adds(ret, number ? "True" : "False") : buf_printf(ret, "%" PRId64, number);
	if (r == -ERANGE)
		r = python_integer_bits(p, address, &bits);
	return r < 0 ? r : buf_printf(ret, "%" PRIu64 " bits", bits);
}

/* The shortest text that gives the same number again, and looks like no integer. */
static int add_float(struct python *p, uint64_t address, struct buf *ret)
{
	char text[64];
	int64_t bits;
	double number;
	int r = python_int64(p, address, p->layout.real.value, &bits);

	if (r < 0)
		return r;
	memcpy(&number, &bits, sizeof(number));
	if (!isfinite(number))
		return buf_adds(ret, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	return buf_printf(ret, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

/* Quoted as Python does it. What RET has no room for is left out. */
static int add_quoted(const char *prefix, const char *text, size_t len, bool is_cut, struct buf *ret)
{
	const char *quote = memchr(text, '\'', len) && !memchr(text, '"', len) ? "\"" : "'";
	int r = buf_printf(ret, "%s%s", prefix, quote);
	size_t from = 0;

	for (size_t i = 0; r == 0 && i <= len; i++) {
		if (i < len && text[i] != *quote)
			continue;
		(void)buf_add_escaped_part(ret, text + from, i - from, true);
		if (i < len)
			r = buf_printf(ret, "\\%s", quote);
		from = i + 1;
	}
	return r < 0 ? r : buf_printf(ret, "%s%s", quote, is_cut ? "..." : "");
}

/* Bytes of the first CHARACTERS_MAX characters. */
static size_t find_cut(const char *text, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < CHARACTERS_MAX && at < len; i++) {
		uint32_t code;
		size_t n = utf8_char(text + at, len - at, &code);

		at += n ? n : 1;
	}
	return at;
}

/* There is room for more characters than are shown, so that it is seen whether there are more. */
static int add_text(struct python *p, uint64_t address, struct buf *ret)
{
	CLEANUP(buf_done) struct buf text = BUF((CHARACTERS_MAX + 1) * UTF8_MAX + sizeof("..."));
	size_t cut;
	int r = python_text(p, address, &text);

	if (r < 0)
		return r;
	if (!text.data)
		return buf_adds(ret, "''");
	cut = find_cut(text.data, text.len);
	return add_quoted("", text.data, cut, cut < text.len, ret);
}

static int add_bytes(struct python *p, uint64_t address, struct buf *ret)
{
	char data[CHARACTERS_MAX];
	int64_t size;
	size_t len;
	int r = python_int64(p, address, p->layout.bytes.size, &size);

	if (r == 0 && size < 0)
		r = -EBADMSG;
	if (r < 0)
		return r;
	len = size < CHARACTERS_MAX ? (size_t)size : CHARACTERS_MAX;
	r = pages_read(p->pages, address + p->layout.bytes.data, data, len);
	return r < 0 ? r : add_quoted("b", data, len, size > CHARACTERS_MAX, ret);
}

static int add_value(struct python *p, uint64_t address, const char *type, struct buf *ret)
{
	if (strcmp(type, "NoneType") == 0)
		return buf_adds(ret, "None");
	if (strcmp(type, "float") == 0)
		return add_float(p, address, ret);
	if (python_is(p, address, PYTHON_IS_INT))
		return add_integer(p, address, strcmp(type, "bool") == 0, ret);
	if (python_is(p, address, PYTHON_IS_STR))
		return add_text(p, address, ret);
	return python_is(p, address, PYTHON_IS_BYTES) ? add_bytes(p, address, ret) : 0;
}

int python_value(struct python *p, uint64_t address, struct buf *ret_type, struct buf *ret_value)
{
	char type[256];
	int64_t count;
	int r = read_type(p, address, type, sizeof(type));

	if (r == 0)
		r = buf_adds(ret_type, type);
	if (r == 0 && count_items(p, address, &count) == 0)
		r = buf_printf(ret_type, " of %" PRId64, count);
	if (r == 0)
		r = add_value(p, address, type, ret_value);
	return r;
}
