#include "applets/gmr/processes.h"

#include <errno.h>

#include "applets/gmr/arguments.h"
#include "applets/gmr/sections.h"
#include "core/cleanup.h"
#include "core/procparse_task.h"
#include "core/report.h"
#include "core/users.h"

enum {
	COUNT_MAX = 4096,
	LEVELS_MAX = VALUE_DEPTH_MAX / 2 - 4, /* two levels of values each: the process, and the list that it is in */
	ARGUMENTS_MAX = 4096,
	CMDLINE_MAX = 1 << 16,
	COMMANDS_MAX = 2 << 20,               /* what all command lines may cost together */
	ARGUMENT_COST = 64,
	STATUS_MAX = 1 << 20,
	NAME_MAX_BYTES = 256,
};

struct walk {
	struct gmr_report *report;
	const struct target *target;
	struct users users;
	struct buf status, cmdline;   /* of the process that is looked at */
	size_t count, budget;
	size_t without_command;
	bool more_processes, more_levels;
};

/* What is known of one process. */
struct look {
	struct procparse_stat stat;
	const struct buf *status, *cmdline;
	bool cmdline_cut;
};

const char *processes_state(char state)
{
	static const struct { char state; const char *word; } words[] = {
		{ 'R', "running" }, { 'S', "sleeping" }, { 'D', "disk-sleep" }, { 'T', "stopped" },
		{ 't', "tracing-stop" }, { 'Z', "zombie" }, { 'X', "dead" }, { 'x', "dead" }, { 'K', "wake-kill" },
		{ 'W', "waking" }, { 'I', "idle" }, { 'P', "parked" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].state == state)
			return words[i].word;
	return "unknown";
}

/* Uid:	1000	1000	1000	1000          real, effective, saved, filesystem */
static void add_ids(struct walk *walk, struct value *process, const char *key, const struct buf *status,
		    const char *field)
{
	static const char *const names[] = { "real", "effective", "saved" };
	struct value *ids = value_add_map(&walk->report->tree, process, key);
	uint64_t id;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (procparse_field_item(status->data, status->len, field, i, &id) == 0)
			value_add_int(&walk->report->tree, ids, names[i], (int64_t)id);
		else
			value_add_null(&walk->report->tree, ids, names[i]);
	}
}

static void add_username(struct walk *walk, struct value *process, const struct buf *status)
{
	CLEANUP(buf_done) struct buf name = BUF(NAME_MAX_BYTES);
	uint64_t uid;

	if (procparse_field_item(status->data, status->len, "Uid", 0, &uid) == 0 &&
	    users_name(&walk->users, (uid_t)uid, &name) == 0)
		value_add_bytes(&walk->report->tree, process, "username", name.data, name.len);
	else
		value_add_null(&walk->report->tree, process, "username");
}

static size_t command_cost(const struct buf *cmdline)
{
	size_t cost = cmdline->len;

	for (size_t i = 0; i < cmdline->len; i++)
		cost += cmdline->data[i] == '\0' ? ARGUMENT_COST : 0;
	return cost;
}

/* A process with a huge command line must not take the place of the other sections. */
static void add_command(struct walk *walk, struct value *process, const struct look *look)
{
	struct value_tree *tree = &walk->report->tree;
	size_t cost = command_cost(look->cmdline);

	if (cost > walk->budget) {
		value_add_string(tree, value_add_list(tree, process, "command"), NULL, ARGUMENTS_MORE);
		walk->without_command++;
		return;
	}
	walk->budget -= cost;
	arguments_add(tree, process, "command", look->cmdline->data, look->cmdline->len, look->cmdline_cut,
		      ARGUMENTS_MAX);
}

/* Add it to IN, a list, or under KEY, and return the list of its children, which is empty. */
static struct value *add_process(struct walk *walk, struct value *in, const char *key, const struct look *look)
{
	struct value_tree *tree = &walk->report->tree;
	struct value *process = value_add_map(tree, in, key);

	walk->count++;
	value_add_int(tree, process, "pid", look->stat.pid);
	value_add_int(tree, process, "parent_pid", look->stat.ppid);
	add_ids(walk, process, "uids", look->status, "Uid");
	add_ids(walk, process, "gids", look->status, "Gid");
	add_username(walk, process, look->status);
	add_command(walk, process, look);
	value_add_string(tree, process, "state", processes_state(look->stat.state));
	return value_add_list(tree, process, "children");
}

/* Read the child PID of PARENT. -errno: there is no such process (any more), as always while one looks. */
static int read_child(struct walk *walk, pid_t pid, pid_t parent, struct look *ret)
{
	CLEANUP(fd_done) int dir = procfs_process(walk->target->proc, pid);
	struct look look = { .status = &walk->status, .cmdline = &walk->cmdline };
	int r = dir < 0 ? dir : procfs_stat(dir, &look.stat);

	if (r < 0)
		return r;
	/* Its pid has gone to another, or it to another parent. */
	if (look.stat.ppid != parent || look.stat.pid != pid)
		return -ESRCH;
	r = procfs_read(dir, "status", &walk->status);
	if (r < 0)
		return r;
	buf_reset(&walk->cmdline);
	r = procfs_read(dir, "cmdline", &walk->cmdline);
	look.cmdline_cut = r == -ENOBUFS;
	*ret = look;
	return 0;
}

static int add_pid(pid_t child, void *set)
{
	struct pidset *pids = set;

	if (pids->count >= COUNT_MAX)
		return -E2BIG;
	return pidset_has(pids, child) ? 0 : pidset_add(pids, child);
}

/* As deep as LEVELS_MAX. */
static void add_children(struct walk *walk, struct value *list, pid_t parent, int level)
{
	CLEANUP(pidset_done) struct pidset pids = { 0 };

	if (procfs_each_child(walk->target->proc, parent, add_pid, &pids) == -E2BIG)
		walk->more_processes = true;
	if (pids.count > 0 && level >= LEVELS_MAX) {
		walk->more_levels = true;
		return;
	}
	for (size_t i = 0; i < pids.count; i++) {
		struct look look;

		if (walk->count >= COUNT_MAX) {
			walk->more_processes = true;
			return;
		}
		if (pids.pids[i] == walk->target->reporter)
			continue;
		if (read_child(walk, pids.pids[i], parent, &look) == 0)
			add_children(walk, add_process(walk, list, NULL, &look), pids.pids[i], level + 1);
	}
}

static void add_notes(struct walk *walk)
{
	struct gmr_report *report = walk->report;

	if (walk->more_processes)
		section_note(report, REPORT_PROCESSES, "there are more than %d processes: the rest is left out",
			     COUNT_MAX);
	if (walk->more_levels)
		section_note(report, REPORT_PROCESSES, "what is more than %d levels below is left out", LEVELS_MAX);
	if (walk->without_command > 0)
		section_note(report, REPORT_PROCESSES, "command lines left out, together too long: %zu",
			     walk->without_command);
	if (walk->more_processes || walk->more_levels || walk->without_command > 0)
		report->incomplete = true;
}

void section_processes(struct gmr_report *report, const struct target *target)
{
	struct walk walk = {
		.report = report, .target = target, .budget = COMMANDS_MAX,
		.status = BUF(STATUS_MAX), .cmdline = BUF(CMDLINE_MAX),
	};
	struct look look = {
		.stat = target->stat, .status = &target->status, .cmdline = &target->cmdline,
		.cmdline_cut = target->cmdline.max > 0 && target->cmdline.len == target->cmdline.max,
	};
	struct value *children;

	users_read(USERS_FILE, &walk.users); /* without it users are numbers */
	children = add_process(&walk, &report->tree.root, REPORT_PROCESSES, &look);
	add_children(&walk, children, target->ref.pid, 0);
	add_notes(&walk);
	users_done(&walk.users);
	buf_done(&walk.status);
	buf_done(&walk.cmdline);
}
