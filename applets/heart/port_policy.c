#include "applets/heart/port_policy.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_ABOVE = 10, TIMEOUT_MAX = 65535 };

/* Where the facts decide which step it is. */
enum course {
	IGNORE,
	FINISH,     /* all done */
	DUMP,       /* wait for the dump, if at all */
	PART,       /* the node has closed: it may end by itself */
	PUT_DOWN,   /* the node must end */
	PUT_DOWN_LATE,
	GO_ON,      /* the node is no more: the command */
	GO_ON_BESIDE,
};

static const enum course courses[PORT_STATES][PORT_EVENTS] = {
	[PORT_WAITING] = {
		[PORT_OVERDUE] = PUT_DOWN,
		[PORT_CLOSED] = PART,
		[PORT_FAILED] = PUT_DOWN,
		[PORT_SHUT_DOWN] = FINISH,
		[PORT_CRASHED] = DUMP,
		[PORT_GONE] = PART,
	},
	[PORT_DUMPING] = {
		[PORT_CLOSED] = PUT_DOWN,
		[PORT_FAILED] = PUT_DOWN,
		[PORT_GONE] = PUT_DOWN,
		[PORT_TIME_OVER] = PUT_DOWN,
	},
	[PORT_PARTING] = {
		[PORT_GONE] = GO_ON,
		[PORT_TIME_OVER] = PUT_DOWN_LATE,
	},
	[PORT_LEAVING] = {
		[PORT_GONE] = GO_ON,
		[PORT_TIME_OVER] = PART, /* the SIGTERM is forgotten by now */
	},
	[PORT_KILLING] = {
		[PORT_GONE] = GO_ON,
		[PORT_TIME_OVER] = GO_ON_BESIDE,
	},
	[PORT_COMMAND] = {
		[PORT_DONE] = FINISH,
		[PORT_TIME_OVER] = GO_ON, /* it could not be started, and is tried again */
	},
};

static struct port_step go_on(const struct port_facts *facts, enum port_action run)
{
	if (facts->term)
		return (struct port_step){ PORT_END_TERM, PORT_ENDED };
	return (struct port_step){ run, PORT_COMMAND };
}

static struct port_step put_down(const struct port_facts *facts, enum port_action kill)
{
	if (!facts->command)
		return (struct port_step){ PORT_END_NO_CMD, PORT_ENDED };
	if (!facts->may_kill || !facts->node)
		return go_on(facts, PORT_RUN);
	return (struct port_step){ kill, PORT_KILLING };
}

static struct port_step part(const struct port_facts *facts)
{
	if (facts->command && facts->node && facts->term)
		return (struct port_step){ PORT_AWAIT_LEAVE, PORT_LEAVING };
	if (!facts->command || !facts->node || !facts->may_kill)
		return put_down(facts, PORT_KILL);
	return (struct port_step){ PORT_AWAIT_END, PORT_PARTING };
}

static struct port_step dump(const struct port_facts *facts)
{
	if (facts->dump_seconds == 0)
		return put_down(facts, PORT_KILL);
	return (struct port_step){ PORT_AWAIT_DUMP, PORT_DUMPING };
}

struct port_step port_decide(enum port_state state, enum port_event event, const struct port_facts *facts)
{
	switch (courses[state][event]) {
	case IGNORE:
		break;
	case FINISH:
		return (struct port_step){ PORT_END, PORT_ENDED };
	case DUMP:
		return dump(facts);
	case PART:
		return part(facts);
	case PUT_DOWN:
		return put_down(facts, PORT_KILL);
	case PUT_DOWN_LATE:
		return put_down(facts, PORT_KILL_LATE);
	case GO_ON:
		return go_on(facts, PORT_RUN);
	case GO_ON_BESIDE:
		return go_on(facts, PORT_RUN_BESIDE);
	}
	return (struct port_step){ PORT_NOTHING, state };
}

int port_kill_signal(const char *text)
{
	return text && !strcmp(text, "SIGABRT") ? SIGABRT : SIGKILL;
}

int port_timeout(const char *text)
{
	char *end;
	long n;

	if (text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	return !errno && !*end && n > TIMEOUT_ABOVE && n <= TIMEOUT_MAX ? (int)n : 0;
}

int port_dump_seconds(const char *text)
{
	long n = text ? strtol(text, NULL, 10) : 0;

	return n < INT_MIN ? INT_MIN : n > INT_MAX ? INT_MAX : (int)n;
}
