#include "applets/cluster/process.h"

#include <errno.h>
#include <unistd.h>

#include "core/find.h"

enum { ANCESTORS_MAX = 4096 };

int process_identify(const struct procfs *proc, pid_t pid, struct tree_node *ret)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, pid, &stat);

	if (r == -ENOENT || (r == 0 && procparse_stat_ended(&stat)))
		return -ESRCH;
	if (r < 0)
		return r;
	*ret = (struct tree_node){ pid, stat.start_ticks };
	return 0;
}

bool process_is_above_us(const struct procfs *proc, pid_t pid)
{
	pid_t at = getpid();

	for (int i = 0; i < ANCESTORS_MAX && at > 1; i++) {
		if (at == pid)
			return true;
		if (find_parent(proc, at, &at) < 0)
			return false;
	}
	return false;
}
