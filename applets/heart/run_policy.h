/* run_policy.h: what `heart run` does next. Pure: a table of states and events, and what is known besides. */
#ifndef HEART_RUN_POLICY_H
#define HEART_RUN_POLICY_H

#include <stdbool.h>

enum run_state {
	RUN_PAUSING,     /* no program: about to start one */
	RUN_RUNNING,     /* guarded */
	RUN_ENDING,      /* its end is wanted (STOPPING=1, SHUT_DOWN, a signal passed on): when it ends, so do we */
	RUN_DUMPING,     /* failed: it was sent the kill signal, or crashes, and may write its dump */
	RUN_TERMINATING, /* failed, the program is gone: what is left of its tree got SIGTERM */
	RUN_KILLING,     /* failed: SIGKILL to all that is left */
	RUN_COMMAND,     /* the command runs */
	RUN_CLEARING,    /* it ended well: what is left of its tree got SIGTERM */
	RUN_CUTTING,     /* the same, SIGKILL */
	RUN_STATES
};

enum run_event {
	RUN_STARTED,
	RUN_NOT_STARTED,  /* for now */
	RUN_OVERDUE,      /* no heartbeat in time, or the program asked to be taken for that */
	RUN_CRASHING,     /* PREPARING_CRASH */
	RUN_ENDED_WELL,   /* exit 0 */
	RUN_ENDED_BADLY,  /* any other end */
	RUN_STOPPING,     /* it says that it ends as it should */
	RUN_GRACE_OVER,
	RUN_TREE_GONE,
	RUN_STUBBORN,     /* what was killed does not go: held in the kernel */
	RUN_COMMAND_DONE,
	RUN_TERM,         /* we got SIGTERM or SIGINT */
	RUN_OTHER_SIGNAL, /* HUP, QUIT, USR1, USR2, WINCH */
	RUN_EVENTS
};

#endif
