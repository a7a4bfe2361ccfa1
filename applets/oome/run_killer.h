/* run_killer.h: did the kernel's OOM killer strike where the child lives? */
#ifndef OOME_RUN_KILLER_H
#define OOME_RUN_KILLER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/cgroup.h"

struct run_killer {
	const struct procfs *proc; /* NULL: no /proc, nothing is known */
	struct cgroup_oom counter;
	uint64_t baseline;         /* when the child was started, or came into this cgroup */
	uint64_t now;              /* at the last run_killer_struck() */
	struct buf place;          /* /proc/PID/cgroup as it was when the counter was opened */
};

/* Nothing is known yet. PROC (NULL: there is none) must outlive KILLER. Allocates and opens nothing. */
void run_killer_init(struct run_killer *killer, const struct procfs *proc);

/* Close the counter. After run_killer_init(). Takes NULL. */
void run_killer_done(struct run_killer *killer);

/* A child is about to be started: it begins in our cgroup. Where no counter can be had, nothing will have struck. */
void run_killer_start(struct run_killer *killer);

/* Follow the child PID to the cgroup where it is now. */
void run_killer_follow(struct run_killer *killer, pid_t pid);

/* Has the counter grown? Allocates nothing. */
bool run_killer_struck(struct run_killer *killer);

#endif
