/* schedulers.h: do all threads of a program get on? OTP's check_schedulers, from outside.
 *
 * A thread hangs when it was found uninterruptible (D in proc(5)'s stat; waiting for a vfork(2) child is no hang) or
 * stopped (T) in two looks, and has not been switched to meanwhile (voluntary_ctxt_switches and
 * nonvoluntary_ctxt_switches of its status). */
#ifndef HEART_SCHEDULERS_H
#define HEART_SCHEDULERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/procfs.h"

enum { SCHEDULERS_MAX = 256 }; /* hanging threads that are remembered; more of them are a hang anyhow */

/* A thread that did not run at a look. */
struct schedulers_thread { pid_t tid; char state; uint64_t switches, start_ticks; };

struct schedulers {
	pid_t pid;                 /* of the last look; 0: none yet */
	int64_t looked_ms;         /* loop_now() */
	size_t count;
	struct schedulers_thread threads[SCHEDULERS_MAX];
};

/* Look at the threads of PID, NOW. Returns true when all of them get on, as far as can be told (the first look, and one
 * sooner than 100 ms behind another, which is not taken at all); false: one hangs, RET_HUNG. A process that cannot be
 * read gets on. Allocates nothing. */
bool schedulers_get_on(struct schedulers *s, const struct procfs *proc, pid_t pid, int64_t now,
		       struct schedulers_thread *ret_hung);

#endif
