/* oomkill.h: did the kernel's OOM killer strike where the child lives? */
#ifndef CORE_OOMKILL_H
#define CORE_OOMKILL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/cgroup.h"

struct oomkill {
	const struct procfs *proc; /* NULL: no /proc, nothing is known */
	struct cgroup_oom counter;
	uint64_t baseline;         /* when the child was started, or came into this cgroup */
	uint64_t now;              /* at the last oomkill_struck() */
	uint64_t settled;          /* the strikes that oomkill_settle() has waited for */
	struct buf place;          /* /proc/PID/cgroup as it was when the counter was opened */
};

/* Nothing is known yet. PROC (NULL: there is none) must outlive KILLER. Allocates and opens nothing. */
void oomkill_init(struct oomkill *killer, const struct procfs *proc);

/* Close the counter. After oomkill_init(). Takes NULL. */
void oomkill_done(struct oomkill *killer);

/* A child is about to be started: it begins in our cgroup. Where no counter can be had, nothing will have struck. */
void oomkill_start(struct oomkill *killer);

/* Follow the child PID to the cgroup where it is now. */
void oomkill_follow(struct oomkill *killer, pid_t pid);

/* Has the counter grown? Allocates nothing. */
bool oomkill_struck(struct oomkill *killer);

/* Before anything that takes memory, when the child may just have been killed. For some milliseconds a victim is no
 * candidate any more, while its pages still count: whoever shares the cgroup and asks the kernel for a page then, by no
 * more than read(2) in /proc, is killed next. Where there were strikes since the last call this blocks until there is
 * none for 100 ms, at most a second. Allocates nothing. */
void oomkill_settle(struct oomkill *killer);

#endif
