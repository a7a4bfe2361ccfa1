/* /proc/PID/status. */
#include <stdlib.h>

#include "core/procparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct procparse_status status;

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
