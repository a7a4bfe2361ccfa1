/* status.c: `status`: what there is of the cluster, and an exit status that says so, as that of a service does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/cluster/cluster.h"
#include "applets/cluster/found.h"
#include "applets/cluster/status_view.h"
#include "core/cleanup.h"
#include "core/log.h"

/* 0 to 4 are those of the Linux Standard Base, 150 begins what it leaves to each service. */
enum { RUNNING = 0, DEAD = 1, NOT_RUNNING = 3, UNKNOWN = 4, PARTLY = 150 };

/* One look. */
struct look {
	const struct cluster *cluster;
	struct procfs proc;
	struct found found;
	struct status status;
	char why[PIDFILE_WHY_SIZE + FOUND_WHY_SIZE];
	int exit;
};

static void look_done(struct look *look)
{
	free(look->status.members);
	free(look->status.left);
	found_done(&look->found);
	procfs_done(&look->proc);
}

/* ---- What /proc says of the members ---- */

static uint64_t resident_of(const struct procfs *proc, pid_t pid)
{
	struct procparse_stat stat;

	return procfs_stat_of(proc, pid, &stat) == 0 ? stat.resident : 0;
}

/* Of it and all below it: what a shell has started is its memory, too. */
static int64_t memory_of(const struct procfs *proc, const struct procparse_stat *stat)
{
	CLEANUP(pidset_done) struct pidset below = { 0 };
	uint64_t pages = stat->resident;

	procfs_descendants(proc, stat->pid, &below);
	for (size_t i = 0; i < below.count; i++)
		pages += resident_of(proc, below.pids[i]);
	return (int64_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

/* It may have ended since it was found. */
static void look_at_member(const struct procfs *proc, struct status_member *of)
{
	const struct tree_node *process = &of->member->process;
	struct procparse_stat stat;

	of->memory = -1;
	if (of->member->ended || procfs_stat_of(proc, process->pid, &stat) < 0 ||
	    stat.start_ticks != process->start_ticks)
		return;
	of->state = stat.state;
	of->memory = memory_of(proc, &stat);
}

static int look_at_members(struct look *look)
{
	const struct roster *roster = &look->found.roster;
	struct status_member *all = calloc(roster->count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	look->status.members = all;
	look->status.count = roster->count;
	for (size_t i = 0; i < roster->count; i++) {
		all[i].member = &roster->members[i];
		look_at_member(&look->proc, &all[i]);
	}
	return 0;
}

static int look_at_left(struct look *look)
{
	const struct found *found = &look->found;
	struct status_left *all = calloc(found->left_count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	look->status.left = all;
	look->status.left_count = found->left_count;
	for (size_t i = 0; i < found->left_count; i++) {
		all[i].pid = found->left[i].pid;
		found_name(&look->proc, found, &found->left[i], all[i].name);
	}
	return 0;
}

/* ---- Judge ---- */

static int judge_alive(struct look *look)
{
	static const char *const words[] = { "starting", "running", "stopping" };
	const struct roster *roster = &look->found.roster;
	size_t living, all = roster_count(roster, &living);

	look->status.state = words[roster->state];
	look->status.pid = roster->daemon.pid;
	look->exit = living < all && roster->state != ROSTER_STOPPING ? PARTLY : RUNNING;
	/* It costs something, and who asks every few seconds wants the first line only. */
	return look->cluster->typed.verbose || look->cluster->typed.json ? look_at_members(look) : 0;
}

static int judge_found(struct look *look)
{
	switch (look->found.state) {
	case FOUND_NOTHING:
		look->status.state = "stopped";
		look->exit = NOT_RUNNING;
		return 0;
	case FOUND_ALIVE:
		return judge_alive(look);
	case FOUND_DEAD:
		look->status.state = "dead";
		look->status.why = look->found.why;
		look->exit = DEAD;
		return look_at_left(look);
	case FOUND_HELD:
		break;
	}
	look->status.why = "its lock is held: the cluster is just being started, or runs in another container";
	return 0;
}

static int judge(struct look *look)
{
	const struct config *config = &look->cluster->config;
	int r = procfs_open_own(&look->proc);

	look->status = (struct status){ .state = "unknown", .pid_file = config->pid_path };
	look->exit = UNKNOWN;
	if (r < 0) {
		look->status.why = "there is no /proc";
		return 0;
	}
	r = found_wait(&look->proc, config->pid_path, &look->found);
	if (r == -ENOMEM)
		return r;
	if (r == 0)
		return judge_found(look);
	look->status.why = pidfile_why(config->pid_path, r, look->why);
	return 0;
}

/* ---- Say ---- */

/* "Left: worker (pid 4720)". The name may be what a process calls itself. */
static int say_left(const struct status_left *left, struct buf *out)
{
	int r = buf_adds(out, "Left: ");

	if (r == 0)
		r = buf_add_escaped(out, left->name, strlen(left->name), false);
	return r < 0 ? r : buf_printf(out, " (pid %d)\n", (int)left->pid);
}

static int say_dead(const struct look *look, struct buf *out)
{
	const char *name = look->cluster->config.pid_file;
	int r = buf_adds(out, "Not running.\nPid file '");

	if (r == 0)
		r = buf_add_escaped(out, name, strlen(name), false);
	if (r == 0)
		r = buf_printf(out, "' is stale: %s\n", look->status.why);
	for (size_t i = 0; i < look->status.left_count && r == 0; i++)
		r = say_left(&look->status.left[i], out);
	return r;
}

static int say_alive(const struct look *look, struct buf *out)
{
	const struct roster *roster = &look->found.roster;
	size_t living, all = roster_count(roster, &living);
	int r = buf_adds(out, "Running.\n");

	if (r == 0 && roster->state != ROSTER_RUNNING)
		r = buf_adds(out, roster->state == ROSTER_STARTING ? "Starting.\n" : "Stopping.\n");
	if (r == 0 && look->exit == PARTLY)
		r = buf_printf(out, "%zu of %zu members.\n", living, all);
	if (r < 0 || !look->cluster->typed.verbose)
		return r;
	if (roster->bare)
		return buf_adds(out, "The pid file does not say which members there are.\n");
	return status_table(&look->status, time(NULL), out);
}

static int say(const struct look *look, struct buf *out)
{
	if (look->cluster->typed.json)
		return status_json(&look->status, time(NULL), out);
	switch (look->exit) {
	case RUNNING:
	case PARTLY:
		return say_alive(look, out);
	case DEAD:
		return say_dead(look, out);
	case NOT_RUNNING:
		return buf_adds(out, "Not running.\n");
	default:
		return 0;
	}
}

int status_main(struct cluster *c)
{
	CLEANUP(look_done) struct look look = { .cluster = c, .proc.fd = -1, .found.daemon = PIDREF_NONE };
	CLEANUP(buf_done) struct buf out = BUF(STATUS_TEXT_MAX);
	int r = judge(&look);

	if (r == 0)
		r = say(&look, &out);
	if (r < 0) {
		log_fail("cannot tell the status: %s", log_errno(r));
		return UNKNOWN;
	}
	if (look.exit == UNKNOWN)
		log_fail("cannot tell what pid file '%s' is about: %s", c->config.pid_file, look.status.why);
	if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	return look.exit;
}
