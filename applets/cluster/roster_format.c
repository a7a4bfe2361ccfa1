/* roster_format.c: write the text of a pid file; roster.h shows one. It is written anew for every member that starts:
 * without printf(3), which costs ten times as much. */
#include "applets/cluster/roster.h"
#include "applets/cluster/roster_private.h"

const char *const roster_states[ROSTER_STATES] = { "starting", "running", "stopping" };
const char *const roster_kinds[ROSTER_KINDS] = { "background", "daemon", "command", "orphan" };

static int add_number(struct buf *b, const char *before, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	int r = buf_adds(b, before);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return r < 0 ? r : buf_add(b, digits + at, sizeof(digits) - at);
}

/* A time of before the epoch is none that the parser takes. */
static int add_time(struct buf *b, int64_t seconds)
{
	return add_number(b, " ", seconds < 0 ? 0 : (uint64_t)seconds);
}

static int add_line(struct buf *b, const char *key, const char *value)
{
	int r = buf_adds(b, key);

	if (r == 0)
		r = buf_adds(b, value);
	return r < 0 ? r : buf_add(b, "\n", 1);
}

/* "PID START" */
static int add_process(struct buf *b, const char *before, const struct tree_node *process)
{
	int r = add_number(b, before, (uint64_t)process->pid);

	return r < 0 ? r : add_number(b, " ", process->start_ticks);
}

static int add_end(struct buf *b, const struct member *member)
{
	int r = member->status < 0 ? buf_adds(b, " -") : add_number(b, " ", (uint64_t)member->status);

	return r < 0 ? r : add_time(b, member->ended_s);
}

static int add_member(struct buf *b, const struct member *member)
{
	int r = buf_adds(b, member->ended ? "ended=" : "member=");

	if (r == 0)
		r = buf_adds(b, member->name);
	if (r == 0)
		r = buf_adds(b, " ");
	if (r == 0)
		r = buf_adds(b, roster_kinds[member->kind]);
	if (r == 0)
		r = add_process(b, " ", &member->process);
	if (r == 0)
		r = add_time(b, member->since_s);
	if (r == 0)
		r = add_number(b, " ", member->line);
	if (r == 0 && member->ended)
		r = add_end(b, member);
	return r < 0 ? r : buf_adds(b, "\n");
}

bool roster_is_in_first_line(const struct member *member)
{
	return !member->ended && member_counts(member);
}

static int add_first_line(struct buf *b, const struct roster *roster)
{
	int r = add_number(b, "", (uint64_t)roster->daemon.pid);

	for (size_t i = 0; i < roster->count && r == 0; i++)
		if (roster_is_in_first_line(&roster->members[i]))
			r = add_number(b, ":", (uint64_t)roster->members[i].process.pid);
	return r < 0 ? r : buf_adds(b, "\n");
}

static int add_head(struct buf *b, const struct roster *roster)
{
	int r = add_line(b, "state=", roster_states[roster->state]);

	if (r == 0)
		r = add_line(b, "id=", roster->id);
	if (r == 0)
		r = add_line(b, "boot=", roster->boot);
	if (r == 0)
		r = add_number(b, "namespace=", roster->namespace);
	if (r == 0)
		r = add_number(b, "\nstart=", roster->daemon.start_ticks);
	if (r == 0 && roster->logger.pid > 0)
		r = add_process(b, "\nlogger=", &roster->logger);
	return r < 0 ? r : buf_adds(b, "\n");
}

int roster_format(const struct roster *roster, struct buf *ret)
{
	int r = add_first_line(ret, roster);

	if (r < 0 || roster->bare)
		return r;
	r = add_head(ret, roster);
	for (size_t i = 0; i < roster->count && r == 0; i++)
		r = add_member(ret, &roster->members[i]);
	return r;
}
