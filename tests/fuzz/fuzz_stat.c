/* /proc/PID/stat, and /proc/PID/task/TID/children. */
#include <stdlib.h>
#include <string.h>

#include "core/procparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is of the documented form. */
static void check_stat(const char *text, size_t len)
{
	struct procparse_stat stat;

	if (procparse_stat(text, len, &stat) < 0)
		return;
	if (stat.pid <= 0 || stat.ppid < 0 || stat.num_threads < 0 || !memchr(stat.comm, '\0', sizeof stat.comm))
		abort();
	if (!memmem(text, len, stat.comm, strlen(stat.comm)))
		abort();
	(void)procparse_stat_ended(&stat);
}

static void check_children(const char *text, size_t len)
{
	size_t at = 0, before = 0;
	pid_t pid = 0;
	int r;

	while ((r = procparse_children(text, len, &at, &pid)) > 0) {
		if (pid <= 0 || at <= before || at > len)
			abort();
		before = at;
	}
	if (r == 0 ? at != len : at != before)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_stat((const char *)data, size);
	check_children((const char *)data, size);
	return 0;
}
