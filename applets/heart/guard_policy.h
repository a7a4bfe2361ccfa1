/* guard_policy.h: what `heart run` does next. Pure: a table of states and events, and what is known besides. */
#ifndef HEART_GUARD_POLICY_H
#define HEART_GUARD_POLICY_H

#include <stdbool.h>

enum guard_state {
	GUARD_PAUSING,     /* no program: about to start one */
	GUARD_RUNNING,     /* guarded */
	GUARD_ENDING,      /* its end is wanted (STOPPING=1, SHUT_DOWN, a signal passed on): when it ends, so do we */
	GUARD_DUMPING,     /* failed: it was sent the kill signal, or crashes, and may write its dump */
	GUARD_TERMINATING, /* failed, the program is gone: what is left of its tree got SIGTERM */
	GUARD_KILLING,     /* failed: SIGKILL to all that is left */
	GUARD_COMMAND,     /* the command runs */
	GUARD_CLEARING,    /* it ended well: what is left of its tree got SIGTERM */
	GUARD_CUTTING,     /* the same, SIGKILL */
	GUARD_STATES
};

enum guard_event {
	GUARD_STARTED,
	GUARD_NOT_STARTED,  /* for now */
	GUARD_OVERDUE,      /* no heartbeat in time, or the program asked to be taken for that */
	GUARD_CRASHING,     /* PREPARING_CRASH */
	GUARD_ENDED_WELL,   /* exit 0 */
	GUARD_ENDED_BADLY,  /* any other end */
	GUARD_STOPPING,     /* it says that it ends as it should */
	GUARD_GRACE_OVER,
	GUARD_TREE_GONE,
	GUARD_STUBBORN,     /* what was killed does not go: held in the kernel */
	GUARD_COMMAND_DONE,
	GUARD_TERM,         /* we got SIGTERM or SIGINT */
	GUARD_OTHER_SIGNAL, /* HUP, QUIT, USR1, USR2, WINCH */
	GUARD_EVENTS
};

#endif
