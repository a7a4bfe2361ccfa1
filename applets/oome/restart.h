/* restart.h: what to do next in a restart. Pure: the program's state decides, not the fault (stopProcess says
 * NOT_RUNNING while it is STOPPING, startProcess ALREADY_STARTED while it is in BACKOFF). */
#ifndef OOME_RESTART_H
#define OOME_RESTART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/oome/supervisor.h"

struct restart {
	pid_t old_pid;      /* the process that reported */
	bool stop_sent;     /* we asked for its stop: found stopped otherwise, somebody else stopped it */
	bool gone;          /* the old process has been seen to be gone */
	bool start_sent;    /* a start request was accepted, and has not failed yet */
	bool ever_started;  /* a start request was accepted at some time since then */
	int failed_starts;  /* in a row */
};

enum restart_step {
	RESTART_STOP,    /* ask to stop */
	RESTART_WAIT,    /* look again soon */
	RESTART_START,   /* ask to start */
	RESTART_FAILED,  /* a start that was accepted came to nothing: say so, limit_pause(), look again */
	RESTART_DONE,    /* it runs again */
	RESTART_GIVE_UP, /* somebody else stopped it */
};

/* Look at STATE and PID (0: none) as supervisord reports them; notes in R what it means. */
enum restart_step restart_decide(struct restart *r, enum supervisor_state state, pid_t pid);

/* supervisord accepted the start request, or refused it. */
void restart_note_start(struct restart *r, bool accepted);

/* How long until the next look while waiting: 20 ms, growing to 1 s. LOOKS: so far. */
int64_t restart_look_again(int looks);

#endif
