#include "applets/heart/frame.h"

#include <string.h>

static size_t body_length(const struct frame_reader *reader)
{
	return (size_t)reader->header[0] << 8 | reader->header[1];
}

/* Take what of the N bytes still belongs to the frame's body. */
static size_t take_body(struct frame_reader *reader, const unsigned char *bytes, size_t n)
{
	size_t length = body_length(reader), missing = length - reader->have;

	if (n > missing)
		n = missing;
	if (length <= FRAME_BODY_MAX && n > 0)
		memcpy(reader->body + reader->have, bytes, n);
	reader->have += n;
	return n;
}

bool frame_feed(struct frame_reader *reader, const void *bytes, size_t len, size_t *ret_used, struct frame *ret)
{
	const unsigned char *at = bytes;
	size_t used = 0, length;

	while (used < len) {
		if (reader->have_header < FRAME_HEADER) {
			reader->header[reader->have_header++] = at[used++];
			if (reader->have_header < FRAME_HEADER)
				continue;
			reader->have = 0;
		}
		used += take_body(reader, at + used, len - used);
		length = body_length(reader);
		if (reader->have < length)
			continue;
		reader->have_header = 0;
		if (length == 0 || length > FRAME_BODY_MAX)
			continue;
		*ret = (struct frame){ reader->body[0], (const char *)reader->body + 1, length - 1 };
		*ret_used = used;
		return true;
	}
	*ret_used = used;
	return false;
}

bool frame_begun(const struct frame_reader *reader)
{
	return reader->have_header > 0;
}

size_t frame_write(unsigned char op, const void *data, size_t len, unsigned char ret[FRAME_MAX])
{
	size_t body;

	if (len > FRAME_DATA_MAX)
		len = FRAME_DATA_MAX;
	body = len + 1;
	ret[0] = (unsigned char)(body >> 8);
	ret[1] = (unsigned char)(body & 0xff);
	ret[2] = op;
	if (len > 0)
		memcpy(ret + 3, data, len);
	return FRAME_HEADER + body;
}
