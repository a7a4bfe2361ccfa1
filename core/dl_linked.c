/* dl_linked.c: libraries that are part of a static binary. */
#include "core/dl.h"

#include <string.h>

int dl_load(const struct dl_library *library, const char **ret_why)
{
	(void)ret_why;
	for (size_t i = 0; i < library->count; i++) {
		const struct dl_symbol *symbol = &library->symbols[i];

		memcpy(symbol->slot, &symbol->linked, sizeof(symbol->linked));
	}
	return 0;
}
