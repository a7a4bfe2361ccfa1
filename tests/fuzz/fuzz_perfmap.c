/* A just-in-time compiler's map of its code. */
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/perfmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perfmap *map;

	if (perfmap_parse((const char *)data, size, &map) < 0)
		return 0;
	for (uint64_t address = 0; address < 0x400; address += 3) {
		const char *name = perfmap_name(map, address);

		if (name && (strchr(name, '\n') || strlen(name) > size))
			abort();
	}
	(void)perfmap_name(map, UINT64_MAX);
	perfmap_free(map);
	return 0;
}
