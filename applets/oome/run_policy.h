/* run_policy.h: what `oome run` does next. Pure: a table of states and events, and what an end means. */
#ifndef OOME_RUN_POLICY_H
#define OOME_RUN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum run_state {
	RUN_PAUSING,     /* no child: about to start one, or waiting to try again */
	RUN_RUNNING,     /* guarded */
	RUN_ENDING,      /* its end was asked for: when the child ends, so do we */
	RUN_TERMINATING, /* what is left of it has got SIGTERM; a start follows */
	RUN_KILLING,     /* the same, SIGKILL */
	RUN_CLOSING,     /* as RUN_TERMINATING, but our end was asked for meanwhile: no start follows */
	RUN_CUTTING,     /* the same, SIGKILL */
	RUN_STATES
};

enum run_event {
	RUN_STARTED,
	RUN_NOT_STARTED,    /* fork(2) failed, for now */
	RUN_REPORTED,       /* the living child reported to be out of memory, and may be restarted */
	RUN_DIED_OF_MEMORY, /* the child ended: of memory, and may be restarted */
	RUN_DIED,           /* the child ended otherwise */
	RUN_GRACE_OVER,     /* what got SIGTERM had its time */
	RUN_TREE_GONE,      /* no process is left */
	RUN_TERM,           /* we got SIGTERM or SIGINT */
	RUN_HANGUP,         /* we got SIGHUP or SIGQUIT, which need not mean an end */
	RUN_OTHER_SIGNAL,   /* USR1, USR2, WINCH */
	RUN_EVENTS
};

enum run_action {
	RUN_NOTHING,
	RUN_START,
	RUN_PAUSE,     /* limit_pause(), then start */
	RUN_FORWARD,   /* the signal goes to the child */
	RUN_TERMINATE, /* SIGTERM to all that is left */
	RUN_KILL,      /* SIGKILL to all that is left, until there is nothing */
	RUN_EXIT,      /* with the child's status */
	RUN_EXIT_SIGNAL /* with 128 + the signal */
};

struct run_step {
	enum run_action action;
	enum run_state next;
};

/* What to do when EVENT happens in STATE, and the state that follows. What STATE does not care for is RUN_NOTHING, and
 * the state stays. */
struct run_step run_decide(enum run_state state, enum run_event event);

/* Did the child that ended with waitpid(2)'s STATUS die of memory? REPORTED: its oome file is there. OOM_KILLED: the
 * kernel's counter of OOM kills grew; that means the child only if it died of SIGKILL, or exited 137 as a shell does
 * whose command died so. */
bool run_died_of_memory(int status, bool reported, bool oom_killed);

/* How long until the next look at the child, which was started AGE_MS ago: often at first (a wrapper soon becomes
 * something else), then every INTERVAL_MS; at least 20 ms. */
int64_t run_next_look(int64_t age_ms, int64_t interval_ms);

#endif
