#include "applets/cluster/process.h"

#include <errno.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { ANCESTORS_MAX = 4096 };

int process_stat(const struct procfs *proc, pid_t pid, struct procparse_stat *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);

	return dir < 0 ? dir : procfs_stat(dir, ret);
}

int process_identify(const struct procfs *proc, pid_t pid, struct process_id *ret)
{
	struct procparse_stat stat;
	int r = process_stat(proc, pid, &stat);

	if (r == -ENOENT || (r == 0 && procparse_stat_ended(&stat)))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret = (struct process_id){ pid, stat.start_ticks };
	return 0;
}

bool process_is_above_us(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;
	pid_t at = getpid();

	for (int i = 0; i < ANCESTORS_MAX && at > 1; i++) {
		if (at == pid)
			return true;
		if (process_stat(proc, at, &stat) < 0)
			return false;
		at = stat.ppid;
	}
	return false;
}
