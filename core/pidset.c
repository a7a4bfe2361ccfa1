#include "core/pidset.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int pidset_add(struct pidset *set, pid_t pid)
{
	if (set->count == set->size) {
		size_t size = set->size ? set->size * 2 : 32;
		pid_t *pids = size > SIZE_MAX / sizeof *pids ? NULL : realloc(set->pids, size * sizeof *pids);

		if (!pids)
			return -ENOMEM;
		set->pids = pids;
		set->size = size;
	}
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
