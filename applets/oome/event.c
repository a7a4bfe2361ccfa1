#include "applets/oome/event.h"

#include <string.h>

/* The value of KEY in a header line of "key:value" words. NULL: not there. */
static const char *header_value(const char *line, size_t len, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);
	const char *end = line + len;

	for (const char *word = line; word < end;) {
		const char *stop = memchr(word, ' ', (size_t)(end - word));
		if (!stop)
			stop = end;
		if ((size_t)(stop - word) > key_len && !memcmp(word, key, key_len) && word[key_len] == ':') {
			*ret_len = (size_t)(stop - word) - key_len - 1;
			return word + key_len + 1;
		}
		word = stop + 1;
	}
	return NULL;
}

static bool header_number(const char *digits, size_t len, size_t *ret)
{
	size_t value = 0;

	if (!len || len > 18)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		value = value * 10 + (size_t)(digits[i] - '0');
	}
	*ret = value;
	return true;
}

static bool header_parse(struct event_reader *reader)
{
	size_t name_len, digits_len, payload;
	const char *name = header_value(reader->header, reader->have, "eventname", &name_len);
	const char *digits = header_value(reader->header, reader->have, "len", &digits_len);

	if (!name || !digits || !header_number(digits, digits_len, &payload))
		return false;
	reader->skip = payload;
	reader->tick = name_len > 5 && !memcmp(name, "TICK_", 5);
	return true;
}

static enum event_result whole(struct event_reader *reader)
{
	reader->in_payload = false;
	return reader->tick ? EVENT_TICK : EVENT_OTHER;
}

/* The header line ends at NEWLINE, or goes on behind DATA when that is NULL. Returns false when it cannot be one. */
static bool header_feed(struct event_reader *reader, const char *data, size_t len, const char *newline)
{
	size_t n = newline ? (size_t)(newline - data) : len;

	if (n > sizeof reader->header - reader->have)
		return false;
	memcpy(reader->header + reader->have, data, n);
	reader->have += n;
	return true;
}

enum event_result event_feed(struct event_reader *reader, const char *data, size_t len, size_t *ret_used)
{
	size_t used = 0;

	if (!reader->in_payload) {
		const char *newline = memchr(data, '\n', len);
		bool fits = header_feed(reader, data, len, newline);

		used = newline ? (size_t)(newline - data) + 1 : len;
		*ret_used = used;
		if (fits && !newline)
			return EVENT_MORE;
		bool good = fits && header_parse(reader);
		reader->have = 0;
		if (!good)
			return EVENT_BAD;
		reader->in_payload = true;
	}

	size_t n = len - used < reader->skip ? len - used : reader->skip;
	reader->skip -= n;
	*ret_used = used + n;
	return reader->skip ? EVENT_MORE : whole(reader);
}
