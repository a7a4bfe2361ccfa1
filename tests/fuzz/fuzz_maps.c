/* /proc/PID/maps, task/TID/syscall, lines with keys, and auxv. */
#include <stdlib.h>
#include <string.h>

#include "core/procparse_task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_maps(const char *text, size_t len)
{
	struct procparse_map map;
	size_t at = 0, before = 0;
	int r;

	while ((r = procparse_map(text, len, &at, &map)) > 0) {
		if (at <= before || at > len || map.start >= map.end || strlen(map.perms) != 4)
			abort();
		if (map.path.at > map.path.end || map.path.at < text || map.path.end > text + len)
			abort();
		if (memchr(map.path.at, '\n', span_len(&map.path)))
			abort();
		before = at;
	}
	if (r == 0 ? at != len : at != before)
		abort();
}

static void check_fields(const char *text, size_t len)
{
	struct span value;
	uint64_t number;

	if (procparse_field(text, len, "Uid", &value) == 0 && (value.at < text || value.end > text + len))
		abort();
	if (procparse_field_item(text, len, "Uid", 3, &number) == 0 && procparse_field(text, len, "Uid", &value) < 0)
		abort();
	(void)procparse_field_hex(text, len, "Uid", &number);
	(void)procparse_field_number(text, len, "Uid", &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct procparse_syscall call;
	uint64_t value;

	check_maps(text, size);
	check_fields(text, size);
	if (procparse_syscall(text, size, &call) == 0 && call.number < PROCPARSE_CALL_UNKNOWN)
		abort();
	(void)procparse_auxv(data, size, 9, &value);
	return 0;
}
