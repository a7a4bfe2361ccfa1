/* fuzz_python_lines.c: line tables. Input: how it is coded (a byte, modulo 3), the first line (4 bytes, the least
 * first), the table. */
#include "core/python_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 5, KINDS = 3, LASTI_MAX = 4096 };

static void check(int line)
{
	if (line < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum python_lines_kind kind;
	uint32_t first;
	unsigned char *table;

	if (size < HEAD)
		return 0;
	kind = (enum python_lines_kind)(data[0] % KINDS);
	first = data[1] | (uint32_t)data[2] << 8 | (uint32_t)data[3] << 16 | (uint32_t)data[4] << 24;
	table = malloc(size > HEAD ? size - HEAD : 1); /* of its own size: who reads beyond is seen */
	if (!table)
		return 0;
	memcpy(table, data + HEAD, size - HEAD);
	for (int64_t lasti = -1; lasti < LASTI_MAX && lasti < (int64_t)size * 16; lasti = lasti * 3 / 2 + 2)
		check(python_lines(kind, table, size - HEAD, (int)first, lasti));
	check(python_lines(kind, table, size - HEAD, (int)first, INT64_MAX));
	check(python_lines(kind, table, size - HEAD, (int)first, INT64_MIN));
	free(table);
	return 0;
}
