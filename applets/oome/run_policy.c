#include "applets/oome/run_policy.h"

#include <signal.h>
#include <sys/wait.h>

enum { LOOK_FIRST_MS = 20 };

/* What is not in the table cannot happen, or means nothing: RUN_NOTHING, and the same state. */
static const struct entry { bool set; struct run_step step; } table[RUN_STATES][RUN_EVENTS] = {
	[RUN_PAUSING] = {
		[RUN_STARTED] = { true, { RUN_NOTHING, RUN_RUNNING } },
		[RUN_NOT_STARTED] = { true, { RUN_PAUSE, RUN_PAUSING } },
		[RUN_TERM] = { true, { RUN_EXIT_SIGNAL, RUN_PAUSING } },
		[RUN_HANGUP] = { true, { RUN_EXIT_SIGNAL, RUN_PAUSING } },
	},
	[RUN_RUNNING] = {
		[RUN_REPORTED] = { true, { RUN_TERMINATE, RUN_TERMINATING } },
		[RUN_DIED_OF_MEMORY] = { true, { RUN_TERMINATE, RUN_TERMINATING } },
		[RUN_DIED] = { true, { RUN_EXIT, RUN_RUNNING } },
		[RUN_TERM] = { true, { RUN_FORWARD, RUN_ENDING } },
		[RUN_HANGUP] = { true, { RUN_FORWARD, RUN_RUNNING } },
		[RUN_OTHER_SIGNAL] = { true, { RUN_FORWARD, RUN_RUNNING } },
	},
	[RUN_ENDING] = {
		[RUN_DIED_OF_MEMORY] = { true, { RUN_EXIT, RUN_ENDING } },
		[RUN_DIED] = { true, { RUN_EXIT, RUN_ENDING } },
		[RUN_TERM] = { true, { RUN_FORWARD, RUN_ENDING } },
		[RUN_HANGUP] = { true, { RUN_FORWARD, RUN_ENDING } },
		[RUN_OTHER_SIGNAL] = { true, { RUN_FORWARD, RUN_ENDING } },
	},
	[RUN_TERMINATING] = {
		[RUN_GRACE_OVER] = { true, { RUN_KILL, RUN_KILLING } },
		[RUN_TREE_GONE] = { true, { RUN_START, RUN_PAUSING } },
		[RUN_TERM] = { true, { RUN_NOTHING, RUN_CLOSING } },
	},
	[RUN_KILLING] = {
		[RUN_TREE_GONE] = { true, { RUN_START, RUN_PAUSING } },
		[RUN_TERM] = { true, { RUN_NOTHING, RUN_CUTTING } },
	},
	[RUN_CLOSING] = {
		[RUN_GRACE_OVER] = { true, { RUN_KILL, RUN_CUTTING } },
		[RUN_TREE_GONE] = { true, { RUN_EXIT, RUN_CLOSING } },
		[RUN_TERM] = { true, { RUN_KILL, RUN_CUTTING } }, /* who asks twice is in a hurry */
	},
	[RUN_CUTTING] = {
		[RUN_TREE_GONE] = { true, { RUN_EXIT, RUN_CUTTING } },
	},
};

struct run_step run_decide(enum run_state state, enum run_event event)
{
	const struct entry *entry = &table[state][event];

	return entry->set ? entry->step : (struct run_step){ RUN_NOTHING, state };
}

bool run_died_of_memory(int status, bool reported, bool oom_killed)
{
	bool killed = (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
		      (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);

	return reported || (killed && oom_killed);
}

int64_t run_next_look(int64_t age_ms, int64_t interval_ms)
{
	int64_t wait = age_ms < interval_ms ? age_ms : interval_ms;

	return wait < LOOK_FIRST_MS ? LOOK_FIRST_MS : wait;
}
