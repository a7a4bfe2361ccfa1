/* fuzz_frame.c: heart's frames, in pieces whose sizes the input chooses too; a whole one is written and read again. */
#include "applets/heart/frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_written(const struct frame *frame)
{
	struct frame_reader reader = { 0 };
	unsigned char bytes[FRAME_MAX];
	size_t len = frame_write(frame->op, frame->data, frame->len, bytes), used = 0;
	struct frame again;

	if (!frame_feed(&reader, bytes, len, &used, &again) || used != len || again.op != frame->op ||
	    again.len != frame->len || memcmp(again.data, frame->data, frame->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader = { 0 };
	size_t piece = size ? data[0] % 64 + 1 : 1;
	struct frame frame;

	for (size_t at = size ? 1 : 0; at < size;) {
		size_t n = size - at < piece ? size - at : piece, used = n + 1;
		bool whole = frame_feed(&reader, data + at, n, &used, &frame);

		if (used > n || used == 0 || (!whole && used != n) || (whole && frame.len > FRAME_DATA_MAX))
			abort();
		if (whole)
			check_written(&frame);
		at += used;
	}
	return 0;
}
