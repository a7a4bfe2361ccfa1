/* guard_policy.h: what `heart run` does next. Pure: a table of states and events, and what is known besides.
 *
 * A failure, however it shows, goes the same way: perhaps a signal and time for a dump, the end of the whole tree, then
 * what --on-failure says. Who asks for our end meanwhile (SIGTERM, SIGINT) gets it once the tree is gone: nothing is
 * started any more. */
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
	GUARD_CLEARING,    /* its end was wanted: what is left of its tree got SIGTERM */
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
	GUARD_HANGUP,       /* we got SIGHUP or SIGQUIT, which need not mean an end */
	GUARD_OTHER_SIGNAL, /* USR1, USR2, WINCH */
	GUARD_EVENTS
};

enum guard_action {
	GUARD_NOTHING,
	GUARD_RESTART,         /* --restart-delay, then start */
	GUARD_TRY_AGAIN,       /* limit_pause(), then start */
	GUARD_FORWARD,         /* the signal goes to the program */
	GUARD_FORWARD_COMMAND, /* to the command */
	GUARD_SIGNAL,          /* the kill signal to the program, GUARD_GRACE_OVER when it had time for its dump */
	GUARD_AWAIT_DUMP,      /* the same without a signal */
	GUARD_TERMINATE,       /* SIGTERM to all that is left; GUARD_GRACE_OVER, GUARD_TREE_GONE */
	GUARD_KILL,            /* SIGKILL to all that is left; GUARD_TREE_GONE, GUARD_STUBBORN */
	GUARD_RUN_COMMAND,
	GUARD_RUN_BESIDE,      /* the same, though the program is still there */
	GUARD_SAY_OVERDUE,     /* it may not be killed, so it cannot be restarted */
	GUARD_SAY_STUBBORN,    /* that what was killed is waited for */
	GUARD_EXIT,            /* with the program's status */
	GUARD_EXIT_SIGNAL,     /* 128 + the signal that we got */
	GUARD_EXIT_COMMAND,    /* with the command's status */
	GUARD_EXIT_FAILED,     /* 1: --on-failure exit */
	GUARD_EXIT_BESIDE,     /* the same, though the program is still there */
	GUARD_EXIT_LIMIT,      /* 1: restarted too often */
	GUARD_EXIT_NO_COMMAND, /* 1: --on-failure command, but there is none */
	GUARD_ACTIONS
};

enum guard_follow { GUARD_FOLLOW_RESTART, GUARD_FOLLOW_COMMAND, GUARD_FOLLOW_EXIT };

struct guard_facts {
	enum guard_follow follow; /* guard_follow_of() */
	bool command;             /* one is in force, be it empty */
	bool may_kill;            /* no --no-kill */
	bool kill_at_once;        /* --kill-signal is KILL */
	bool may_restart;         /* --max-restarts allows it */
};

struct guard_step { enum guard_action action; enum guard_state next; };

/* What is not in the table cannot happen, or means nothing: GUARD_NOTHING, and the same state. */
struct guard_step guard_decide(enum guard_state state, enum guard_event event, const struct guard_facts *facts);

/* --on-failure ("restart", "command", "exit"; NULL: not given), and whether a command is in force. */
enum guard_follow guard_follow_of(const char *on_failure, bool command);

#endif
