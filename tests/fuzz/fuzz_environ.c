/* /proc/PID/environ: a name up to the first newline, then the block that it is looked up in. */
#include <stdlib.h>
#include <string.h>

#include "core/procparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *block, size_t len, const char *name)
{
	size_t value_len = 0, name_len = strlen(name);
	const char *value = procparse_environ(block, len, name, &value_len);
	const char *entry;

	if (!value)
		return;
	if (value < block || value > block + len || value_len > (size_t)(block + len - value))
		abort();
	if (value_len > 0 && memchr(value, '\0', value_len))
		abort();
	if ((size_t)(value - block) < name_len + 1)
		abort();
	entry = value - name_len - 1;
	if (memcmp(entry, name, name_len) != 0 || value[-1] != '=' || (entry > block && entry[-1] != '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *newline = size ? memchr(data, '\n', size) : NULL;
	char name[256] = "OOME_FILE";
	size_t len = newline ? (size_t)(newline - (const char *)data) : 0;

	check((const char *)data, size, name);
	if (!newline || len >= sizeof name)
		return 0;
	memcpy(name, data, len);
	name[len] = '\0';
	check(newline + 1, size - len - 1, name);
	return 0;
}
