/* /proc/PID/status. */
#include <stdlib.h>
#include <string.h>

#include "core/procparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted names both counters, each with a digit at least. */
static void check_switches(const char *text, size_t len)
{
	uint64_t switches = 0;

	if (procparse_switches(text, len, &switches) < 0)
		return;
	if (!memmem(text, len, "nonvoluntary_ctxt_switches:", 27) || len < 2 * 24 + 5)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct procparse_status status;

	check_switches((const char *)data, size);
	if (procparse_status((const char *)data, size, &status) < 0)
		return 0;
	if (status.group_count > PROCPARSE_GROUPS_MAX)
		abort();
	if (status.groups_cut && status.group_count != PROCPARSE_GROUPS_MAX)
		abort();
	/* An id that means "no change" must not come through. */
	if (status.uid == (uid_t)-1 || status.fsuid == (uid_t)-1)
		abort();
	if (status.gid == (gid_t)-1 || status.fsgid == (gid_t)-1)
		abort();
	for (size_t i = 0; i < status.group_count; i++)
		if (status.groups[i] == (gid_t)-1)
			abort();
	return 0;
}
