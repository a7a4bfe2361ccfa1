/* pidset.h: a set of process ids, in the order found. */
#ifndef CORE_PIDSET_H
#define CORE_PIDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pidset {
	pid_t *pids;
	size_t count, size;
};

int pidset_add(struct pidset *set, pid_t pid); /* at its end; 0, or -ENOMEM and the set is as before */
bool pidset_has(const struct pidset *set, pid_t pid);
void pidset_reset(struct pidset *set); /* empty, keeps the memory */
void pidset_done(struct pidset *set);  /* frees it; takes NULL, and the set may be used again */

#endif
