/* text.c: see table.h: texts that are cut, and copied under the eyes of others. */
#include <string.h>

#include "core/inside/table.h"
#include "core/utf8.h"

enum { CHARACTER_MAX = 4 };

size_t inside_cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	/* The character that the bound would split, if there is one, begins at most three bytes before it. */
	for (size_t back = 1; back < CHARACTER_MAX && back <= max; back++) {
		const char *from = text + max - back;
		uint32_t code;

		if (utf8_char(from, strnlen(from, CHARACTER_MAX), &code) > back)
			return max - back;
	}
	return max;
}

/* Release and acquire keep these in order with the sequence number, which a fence would, too; but ThreadSanitizer knows
 * no fences. */
void inside_store(void *to, const void *from, size_t len)
{
	const char *byte = from;
	char *at = to;

	for (size_t i = 0; i < len; i++)
		__atomic_store_n(at + i, byte ? byte[i] : '\0', __ATOMIC_RELEASE);
}

void inside_load(void *to, const void *from, size_t len)
{
	const char *byte = from;
	char *at = to;

	for (size_t i = 0; i < len; i++)
		at[i] = __atomic_load_n(byte + i, __ATOMIC_ACQUIRE);
}

bool inside_same(const void *stored, const void *bytes, size_t len)
{
	const char *at = stored, *byte = bytes;

	for (size_t i = 0; i < len; i++)
		if (__atomic_load_n(at + i, __ATOMIC_ACQUIRE) != byte[i])
			return false;
	return true;
}
