/* port_policy.h: what the port program does next. Pure: a table of states and events, and what is known besides.
 *
 * A node's end, however it shows, leads to the same few steps: perhaps time for it to end by itself, perhaps a
 * signal, then the command, as OTP's heart(3) has them. */
#ifndef HEART_PORT_POLICY_H
#define HEART_PORT_POLICY_H

#include <stdbool.h>

enum port_state {
	PORT_WAITING, /* for heartbeats */
	PORT_DUMPING, /* the node crashes and writes its dump */
	PORT_PARTING, /* the node has closed, and may end by itself for a while */
	PORT_LEAVING, /* the same after a SIGTERM, which others got as well: when it ends, no command is run */
	PORT_KILLING, /* it was sent its signal */
	PORT_COMMAND, /* the command runs */
	PORT_ENDED,
	PORT_STATES
};

enum port_event {
	PORT_OVERDUE,   /* no heartbeat within the time-out */
	PORT_CLOSED,    /* the end of the standard input, or the node died */
	PORT_FAILED,    /* the standard input cannot be read */
	PORT_SHUT_DOWN, /* the node says that it ends as it should */
	PORT_CRASHED,   /* the node says that it crashes */
	PORT_GONE,      /* the node is dead, also seen while its end is awaited */
	PORT_TIME_OVER, /* of the state */
	PORT_DONE,      /* the command has ended, or could not be started */
	PORT_EVENTS
};

enum port_action {
	PORT_NOTHING,
	PORT_END,          /* nothing to be done any more */
	PORT_END_NO_CMD,   /* say that there is no command */
	PORT_END_TERM,     /* say that it is the end that SIGTERM asked for */
	PORT_AWAIT_DUMP,   /* up to dump_seconds; negative: without limit */
	PORT_AWAIT_END,    /* up to PORT_GRACE_MS */
	PORT_AWAIT_LEAVE,  /* up to PORT_TERM_MS after the SIGTERM */
	PORT_KILL,         /* the signal, then up to PORT_KILL_MS */
	PORT_KILL_LATE,    /* the same, after a grace that did not do */
	PORT_RUN,          /* the command */
	PORT_RUN_BESIDE,   /* the same, though the node is still there */
};

enum { PORT_GRACE_MS = 5000, PORT_KILL_MS = 5000, PORT_TERM_MS = 60000 };

struct port_facts {
	bool command;     /* there is one, be it empty */
	bool node;        /* the node is known, by -pid, and may still live */
	bool may_kill;    /* HEART_NO_KILL is not TRUE */
	bool term;        /* a SIGTERM came within PORT_TERM_MS */
	int dump_seconds; /* ERL_CRASH_DUMP_SECONDS; 0: do not wait for a dump */
};

struct port_step { enum port_action action; enum port_state next; };

/* What is not in the table means nothing: PORT_NOTHING, and the same state. */
struct port_step port_decide(enum port_state state, enum port_event event, const struct port_facts *facts);

/* HEART_KILL_SIGNAL, may be NULL: its number. Only SIGABRT is another than SIGKILL. */
int port_kill_signal(const char *text);

/* -ht: 10 < n <= 65535 seconds; 0: it is not that. */
int port_timeout(const char *text);

/* ERL_CRASH_DUMP_SECONDS, as atoi(3), within an int. NULL: 0. */
int port_dump_seconds(const char *text);

#endif
