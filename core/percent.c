#include "core/percent.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* By hand: isalnum() depends on the locale. */
static bool is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static size_t encoded_length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += is_plain(*text) ? 1 : 3;
	return n;
}

int percent_encode(const char *text, char *ret, size_t ret_size)
{
	static const char hex[] = "0123456789ABCDEF";

	if (!*text)
		return -EINVAL;
	if (encoded_length(text) >= ret_size)
		return -ENAMETOOLONG;
	for (; *text; text++) {
		if (is_plain(*text)) {
			*ret++ = *text;
			continue;
		}
		*ret++ = '%';
		*ret++ = hex[(unsigned char)*text >> 4];
		*ret++ = hex[(unsigned char)*text & 15];
	}
	*ret = '\0';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that the code at TEXT begins with; -1: no such form, or a byte that encoding leaves as it is. */
static int decode_byte(const char *text)
{
	if (*text != '%')
		return is_plain(*text) ? *text : -1;
	int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);
	int byte = low < 0 ? -1 : high * 16 + low;

	return byte <= 0 || is_plain((char)byte) ? -1 : byte;
}

/* How many bytes CODE stands for; -EINVAL. */
static int decoded_length(const char *code, size_t *ret)
{
	size_t n = 0;

	for (; *code; code += *code == '%' ? 3 : 1, n++)
		if (decode_byte(code) < 0)
			return -EINVAL;
	*ret = n;
	return n ? 0 : -EINVAL;
}

int percent_decode(const char *code, char *ret, size_t ret_size)
{
	size_t n = 0;
	int r = decoded_length(code, &n);

	if (r < 0)
		return r;
	if (n >= ret_size)
		return -ENAMETOOLONG;
	for (; *code; code += *code == '%' ? 3 : 1)
		*ret++ = (char)decode_byte(code);
	*ret = '\0';
	return 0;
}
