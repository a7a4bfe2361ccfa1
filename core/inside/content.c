/* content.c: see gmr.h: what generators write. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/inside/inside.h"

/* May a generator write KIND? */
static int begin(struct gmr_section *section, int kind)
{
	if (!section || (section->kind != INSIDE_NOTHING && (int)section->kind != kind))
		return -EINVAL;
	return section->cut ? -ENOBUFS : 0;
}

/* Nothing comes behind what was dropped: a text with a hole in it would mislead. */
static int too_much(struct gmr_section *section)
{
	section->cut = true;
	return -ENOBUFS;
}

/* Format behind the first AT bytes; RET_LENGTH without the NUL. */
static int print_at(struct gmr_section *section, size_t at, const char *format, va_list arguments, size_t *ret_length)
{
	size_t room = sizeof(section->bytes) - at;
	int saved = errno, n;

	errno = 0;
	n = vsnprintf(section->bytes + at, room, format, arguments);
	if (n < 0) /* EILSEQ; EOVERFLOW: more than INT_MAX bytes; ENOMEM */
		n = errno == EOVERFLOW ? too_much(section) : errno == ENOMEM ? -ENOMEM : -EILSEQ;
	errno = saved;
	if (n < 0)
		return n;
	if ((size_t)n >= room)
		return too_much(section);
	*ret_length = (size_t)n;
	return 0;
}

int gmr_print(struct gmr_section *section, const char *format, ...)
{
	va_list arguments;
	size_t length;
	int r = format ? begin(section, INSIDE_TEXT) : -EINVAL;

	if (r < 0)
		return r;
	va_start(arguments, format);
	r = print_at(section, section->length, format, arguments, &length);
	va_end(arguments);
	if (r == 0 || r == -ENOBUFS)
		section->kind = INSIDE_TEXT;
	if (r == 0)
		section->length += length;
	return r;
}

int gmr_put(struct gmr_section *section, const char *key, const char *format, ...)
{
	va_list arguments;
	size_t at, length;
	int r = key && *key && format ? begin(section, INSIDE_KEYS) : -EINVAL;

	if (r < 0)
		return r;
	section->kind = INSIDE_KEYS;
	at = section->length + strlen(key) + 1;
	if (at >= sizeof(section->bytes))
		return too_much(section);
	va_start(arguments, format);
	r = print_at(section, at, format, arguments, &length);
	va_end(arguments);
	if (r < 0)
		return r;
	memcpy(section->bytes + section->length, key, strlen(key) + 1);
	section->length = at + length + 1;
	return 0;
}
