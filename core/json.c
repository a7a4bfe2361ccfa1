#include "core/json.h"

#include <stdint.h>

#include "core/utf8.h"

/* How many of the bytes are ASCII that stands for itself: nearly all of nearly every text. */
static size_t plain(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

/* The character, or the byte, at TEXT; *RET_USED says how many bytes it was. */
static int add_character(struct buf *ret, const char *text, size_t len, size_t *ret_used)
{
	uint32_t code;
	size_t n = utf8_char(text, len, &code);

	*ret_used = n ? n : 1;
	if (n == 0)
		return buf_adds(ret, "\xef\xbf\xbd");
	if (code == '\n')
		return buf_adds(ret, "\\n");
	if (code == '\t')
		return buf_adds(ret, "\\t");
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return buf_printf(ret, "\\u%04x", (unsigned)code);
	if (code == '"' || code == '\\')
		return buf_printf(ret, "\\%c", (char)code);
	return buf_add(ret, text, n);
}

int json_add_string(struct buf *ret, const char *text, size_t len)
{
	size_t before = ret->len, used;
	int r = buf_adds(ret, "\"");

	for (size_t at = 0; r == 0 && at < len; at += used) {
		used = plain(text + at, len - at);
		r = used > 0 ? buf_add(ret, text + at, used) : add_character(ret, text + at, len - at, &used);
	}
	if (r == 0)
		r = buf_adds(ret, "\"");
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}
