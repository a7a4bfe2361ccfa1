/* schedulers.h: do all threads of a program get on? OTP's check_schedulers, from outside.
 *
 * A thread hangs when it was found uninterruptible (D in proc(5)'s stat) or stopped (T) in two looks, and has not been
 * switched to meanwhile (voluntary_ctxt_switches and nonvoluntary_ctxt_switches of its status). Waiting for a vfork(2)
 * child is D too, and no hang; nor is a stop by a debugger (t). */
#ifndef HEART_SCHEDULERS_H
#define HEART_SCHEDULERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/procfs.h"

enum {
	SCHEDULERS_MAX = 256,     /* threads that are remembered between two looks; the others pass */
	SCHEDULERS_APART_MS = 100 /* between two looks */
};

/* A thread that did not run at a look. */
struct schedulers_thread { pid_t tid; char state; uint64_t switches, start_ticks; };

struct schedulers {
	pid_t pid;                     /* of the last look; 0: none yet */
	int64_t looked_ms;             /* loop_now() */
	bool hangs;                    /* what came of it */
	struct schedulers_thread hung;
	size_t count;
	struct schedulers_thread threads[SCHEDULERS_MAX];
};

/* Look at the threads of PID, NOW. Returns true when all of them get on, as far as can be told (a first look cannot);
 * false: one hangs, RET_HUNG. Sooner than SCHEDULERS_APART_MS behind another look none is taken: it is as it was found
 * then. A process that cannot be read gets on (PROC may be NULL: there is no /proc). Allocates nothing. */
bool schedulers_get_on(struct schedulers *s, const struct procfs *proc, pid_t pid, int64_t now,
		       struct schedulers_thread *ret_hung);

#endif
