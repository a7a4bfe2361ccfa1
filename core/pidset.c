#include "core/pidset.h"

#include <errno.h>
#include <stdlib.h>

#include "core/grow.h"

int pidset_add(struct pidset *set, pid_t pid)
{
	if (GROW(set->pids, set->size, set->count + 1) < 0)
		return -ENOMEM;
	set->pids[set->count++] = pid;
	return 0;
}

bool pidset_has(const struct pidset *set, pid_t pid)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->pids[i] == pid)
			return true;
	return false;
}

void pidset_reset(struct pidset *set)
{
	set->count = 0;
}

void pidset_done(struct pidset *set)
{
	if (!set)
		return;
	free(set->pids);
	*set = (struct pidset){ 0 };
}
