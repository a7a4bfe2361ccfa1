#include "core/grow.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_FIRST = 8 };

int grow(void *items, size_t *size, size_t count, size_t item_size)
{
	size_t new_size = *size ? *size : TABLE_FIRST;
	void *table;

	if (count <= *size)
		return 0;
	while (new_size < count) {
		if (new_size > SIZE_MAX / 2 / item_size)
			return -ENOMEM;
		new_size *= 2;
	}
	memcpy(&table, items, sizeof(table)); /* not through a void **: that would alias another type */
	// cppcheck-suppress memleakOnRealloc ; ITEMS still has it
	table = realloc(table, new_size * item_size);
	if (!table)
		return -ENOMEM;
	memcpy(items, &table, sizeof(table));
	*size = new_size;
	return 0;
}
