#include "applets/heart/guard_policy.h"

#include <string.h>

/* Where the facts decide which step it is. */
enum course {
	STEP,      /* as the table says */
	PUT_DOWN,  /* the program must end, if it may be killed */
	CUT_SHORT, /* the time for its dump is over */
	FOLLOW,    /* the tree is gone: what --on-failure says */
	HELD,      /* the tree does not go */
};

#define ENTRY(action_, next_) { .set = true, .step = { GUARD_##action_, GUARD_##next_ } }
#define COURSE(course_) { .set = true, .course = (course_) }

static const struct entry {
	bool set;
	enum course course;
	struct guard_step step;
} table[GUARD_STATES][GUARD_EVENTS] = {
	[GUARD_PAUSING] = {
		[GUARD_STARTED] = ENTRY(NOTHING, RUNNING),
		[GUARD_NOT_STARTED] = ENTRY(TRY_AGAIN, PAUSING),
		[GUARD_TERM] = ENTRY(EXIT_SIGNAL, PAUSING),
		[GUARD_HANGUP] = ENTRY(EXIT_SIGNAL, PAUSING),
	},
	[GUARD_RUNNING] = {
		[GUARD_OVERDUE] = COURSE(PUT_DOWN),
		[GUARD_CRASHING] = ENTRY(AWAIT_DUMP, DUMPING),
		[GUARD_ENDED_WELL] = ENTRY(TERMINATE, CLEARING),
		[GUARD_ENDED_BADLY] = ENTRY(TERMINATE, TERMINATING),
		[GUARD_STOPPING] = ENTRY(NOTHING, ENDING),
		[GUARD_TERM] = ENTRY(FORWARD, ENDING),
		[GUARD_HANGUP] = ENTRY(FORWARD, RUNNING),
		[GUARD_OTHER_SIGNAL] = ENTRY(FORWARD, RUNNING),
	},
	[GUARD_ENDING] = {
		[GUARD_OVERDUE] = ENTRY(KILL, CUTTING), /* WATCHDOG=trigger: it knows that it will not get there */
		[GUARD_ENDED_WELL] = ENTRY(TERMINATE, CLEARING),
		[GUARD_ENDED_BADLY] = ENTRY(TERMINATE, CLEARING),
		[GUARD_TERM] = ENTRY(FORWARD, ENDING),
		[GUARD_HANGUP] = ENTRY(FORWARD, ENDING),
		[GUARD_OTHER_SIGNAL] = ENTRY(FORWARD, ENDING),
	},
	[GUARD_DUMPING] = {
		[GUARD_ENDED_WELL] = ENTRY(TERMINATE, TERMINATING),
		[GUARD_ENDED_BADLY] = ENTRY(TERMINATE, TERMINATING),
		[GUARD_GRACE_OVER] = COURSE(CUT_SHORT),
		[GUARD_TERM] = ENTRY(TERMINATE, CLEARING),
	},
	[GUARD_TERMINATING] = {
		[GUARD_GRACE_OVER] = ENTRY(KILL, KILLING),
		[GUARD_TREE_GONE] = COURSE(FOLLOW),
		[GUARD_TERM] = ENTRY(NOTHING, CLEARING),
	},
	[GUARD_KILLING] = {
		[GUARD_TREE_GONE] = COURSE(FOLLOW),
		[GUARD_STUBBORN] = COURSE(HELD),
		[GUARD_TERM] = ENTRY(NOTHING, CUTTING),
	},
	[GUARD_COMMAND] = {
		[GUARD_COMMAND_DONE] = ENTRY(EXIT_COMMAND, COMMAND),
		[GUARD_TERM] = ENTRY(FORWARD_COMMAND, COMMAND),
	},
	[GUARD_CLEARING] = {
		[GUARD_GRACE_OVER] = ENTRY(KILL, CUTTING),
		[GUARD_TREE_GONE] = ENTRY(EXIT, CLEARING),
		[GUARD_TERM] = ENTRY(KILL, CUTTING), /* who asks twice is in a hurry */
	},
	[GUARD_CUTTING] = {
		[GUARD_STUBBORN] = ENTRY(SAY_STUBBORN, CUTTING),
		[GUARD_TREE_GONE] = ENTRY(EXIT, CUTTING),
	},
};

static struct guard_step put_down(const struct guard_facts *facts, bool at_once)
{
	if (facts->may_kill && at_once)
		return (struct guard_step){ GUARD_KILL, GUARD_KILLING };
	if (facts->may_kill)
		return (struct guard_step){ GUARD_SIGNAL, GUARD_DUMPING };
	switch (facts->follow) {
	case GUARD_FOLLOW_COMMAND:
		if (facts->command)
			return (struct guard_step){ GUARD_RUN_BESIDE, GUARD_COMMAND };
		break;
	case GUARD_FOLLOW_EXIT:
		return (struct guard_step){ GUARD_EXIT_BESIDE, GUARD_RUNNING };
	case GUARD_FOLLOW_RESTART:
		break;
	}
	return (struct guard_step){ GUARD_SAY_OVERDUE, GUARD_RUNNING };
}

/* What crashes and may not be killed has failed, whatever it does from now on. */
static struct guard_step cut_short(const struct guard_facts *facts)
{
	struct guard_step step = put_down(facts, true);

	if (step.action == GUARD_SAY_OVERDUE)
		step.next = GUARD_DUMPING;
	return step;
}

static struct guard_step follow(const struct guard_facts *facts)
{
	switch (facts->follow) {
	case GUARD_FOLLOW_COMMAND:
		if (facts->command)
			return (struct guard_step){ GUARD_RUN_COMMAND, GUARD_COMMAND };
		return (struct guard_step){ GUARD_EXIT_NO_COMMAND, GUARD_PAUSING };
	case GUARD_FOLLOW_EXIT:
		return (struct guard_step){ GUARD_EXIT_FAILED, GUARD_PAUSING };
	case GUARD_FOLLOW_RESTART:
		break;
	}
	return (struct guard_step){ facts->may_restart ? GUARD_RESTART : GUARD_EXIT_LIMIT, GUARD_PAUSING };
}

/* Two programs on the same files would be worse than none: a restart waits. */
static struct guard_step held(const struct guard_facts *facts)
{
	if (facts->follow == GUARD_FOLLOW_RESTART)
		return (struct guard_step){ GUARD_SAY_STUBBORN, GUARD_KILLING };
	if (facts->follow == GUARD_FOLLOW_COMMAND && facts->command)
		return (struct guard_step){ GUARD_RUN_BESIDE, GUARD_COMMAND };
	return (struct guard_step){ GUARD_EXIT_BESIDE, GUARD_KILLING };
}

struct guard_step guard_decide(enum guard_state state, enum guard_event event, const struct guard_facts *facts)
{
	const struct entry *entry = &table[state][event];

	if (!entry->set)
		return (struct guard_step){ GUARD_NOTHING, state };
	switch (entry->course) {
	case PUT_DOWN:
		return put_down(facts, facts->kill_at_once);
	case CUT_SHORT:
		return cut_short(facts);
	case FOLLOW:
		return follow(facts);
	case HELD:
		return held(facts);
	case STEP:
		break;
	}
	return entry->step;
}

enum guard_follow guard_follow_of(const char *on_failure, bool command)
{
	if (!on_failure)
		return command ? GUARD_FOLLOW_COMMAND : GUARD_FOLLOW_RESTART;
	if (!strcmp(on_failure, "command"))
		return GUARD_FOLLOW_COMMAND;
	return !strcmp(on_failure, "exit") ? GUARD_FOLLOW_EXIT : GUARD_FOLLOW_RESTART;
}
