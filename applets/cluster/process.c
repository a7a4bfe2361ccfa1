#include "applets/cluster/process.h"

#include <errno.h>

#include "core/cleanup.h"

int process_identify(const struct procfs *proc, pid_t pid, struct process_id *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	struct procparse_stat stat;
	int r = dir < 0 ? dir : procfs_stat(dir, &stat);

	if (r == -ENOENT || (r == 0 && procparse_stat_ended(&stat)))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret = (struct process_id){ pid, stat.start_ticks };
	return 0;
}
