/* fuzz_event.c: supervisord's events, in pieces whose sizes the input chooses too. */
#include "applets/oome/event.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_reader reader = { 0 };
	size_t piece = size ? data[0] % 64 + 1 : 1;

	for (size_t at = size ? 1 : 0; at < size;) {
		size_t n = size - at < piece ? size - at : piece, used = n + 1;
		enum event_result result = event_feed(&reader, (const char *)data + at, n, &used);

		if (used > n || reader.have > EVENT_HEADER_MAX || (result == EVENT_MORE && used != n))
			abort();
		at += used;
	}
	return 0;
}
