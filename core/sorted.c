#include "core/sorted.h"

#include <string.h>

size_t sorted_up_to(const void *items, size_t count, size_t size, uint64_t value)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t at;

		memcpy(&at, (const char *)items + middle * size, sizeof(at));
		if (at <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
