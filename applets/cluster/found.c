/* found.c: see found.h. */
#include "applets/cluster/found.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/cluster/commands.h"
#include "core/cleanup.h"

enum { READS_MAX = 8, CLOCK_TOLERANCE_MS = 2000 };
enum { HELD_WAIT_MS = 900, HELD_STEP_MS = 20 }; /* who asks whether it is well wants to know within a second */

/* What is right of a pid file: only where both are, its pids are ours. */
struct origin { bool boot, namespace; };

enum { GONE, ANOTHER, SAME };

/* What has become of PROCESS, or -errno. Where it is hidden from us (hidepid=, proc(5)): -EPERM. */
static int look_at(const struct procfs *proc, const struct tree_node *process)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, process->pid, &stat);

	if (r == -ENOENT || r == -ESRCH)
		return process->pid > 0 && kill(process->pid, 0) < 0 && errno == EPERM ? -EPERM : GONE;
	if (r < 0)
		return r;
	if (procparse_stat_ended(&stat))
		return GONE;
	return stat.start_ticks == process->start_ticks ? SAME : ANOTHER;
}

static int judge_origin(const struct procfs *proc, const struct roster *roster, struct origin *ret)
{
	char boot[PROCFS_BOOT_ID_SIZE];
	ino_t namespace = 0;
	int r = procfs_boot_id(proc, boot);

	if (r == 0)
		r = procfs_pid_namespace(proc, &namespace);
	if (r < 0)
		return r;
	ret->boot = strcmp(roster->boot, boot) == 0;
	ret->namespace = ret->boot && roster->namespace == namespace;
	return 0;
}

/* What has become of the daemon; RET_REF refers to it where it is the same. */
static int judge_daemon(const struct procfs *proc, const struct tree_node *daemon, struct pidref *ret_ref)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int became = look_at(proc, daemon), r;

	if (became != SAME)
		return became;
	r = pidref_open(proc, daemon->pid, &ref);
	if (r < 0)
		return r == -ESRCH ? GONE : r;
	if (ref.start_ticks != daemon->start_ticks)
		return ANOTHER;
	*ret_ref = ref;
	ref = PIDREF_NONE;
	return SAME;
}

/* Of a file of the original: its daemon is a process that is no younger than the file. */
static int judge_bare(const struct procfs *proc, struct found *found, const struct pidfile_stat *file)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	struct timespec now;
	int64_t file_age_ms;
	int r = pidref_open(proc, found->roster.daemon.pid, &ref);

	if (r < 0)
		return r == -ESRCH ? look_at(proc, &found->roster.daemon) : r;
	clock_gettime(CLOCK_REALTIME, &now);
	file_age_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - file->mtime_ms;
	if (ref.pid == getpid() || procfs_age_ms(ref.start_ticks) + CLOCK_TOLERANCE_MS < file_age_ms)
		return ANOTHER;
	found->roster.daemon.start_ticks = ref.start_ticks;
	found->daemon = ref;
	ref = PIDREF_NONE;
	return SAME;
}

static void say(struct found *found, const char *why)
{
	snprintf(found->why, sizeof(found->why), "%s", why);
}

/* Sets state and why; RET is all false. */
static int judge(const struct procfs *proc, struct found *found, const struct pidfile_stat *file, struct origin *ret)
{
	int became = GONE, r = 0;

	found->state = FOUND_DEAD;
	if (!found->roster.bare)
		r = judge_origin(proc, &found->roster, ret);
	if (r < 0)
		return r;
	if (!found->roster.bare && !ret->boot)
		say(found, "it is of another boot");
	else if (!found->roster.bare && !ret->namespace)
		say(found, "it is of another container");
	else if (found->roster.bare)
		became = judge_bare(proc, found, file);
	else
		became = judge_daemon(proc, &found->roster.daemon, &found->daemon);
	if (became < 0)
		return became;
	if (became == SAME)
		found->state = FOUND_ALIVE;
	else if (!found->why[0])
		snprintf(found->why, sizeof(found->why), "pid %d %s", (int)found->roster.daemon.pid,
			 became == GONE ? "has ended" : "is another process now");
	return 0;
}

/* The file may be a moment old, or the last one of a daemon that is gone. */
static void note_ends(const struct procfs *proc, struct found *found, const struct origin *origin)
{
	for (size_t i = 0; i < found->roster.count; i++) {
		struct member *member = &found->roster.members[i];
		int became = origin->namespace && !member->ended ? look_at(proc, &member->process) : GONE;

		if (member->ended || became < 0 || became == SAME)
			continue;
		member->ended = true;
		member->status = MEMBER_STATUS_UNKNOWN;
		member->ended_s = (int64_t)time(NULL);
	}
}

/* What a daemon that is gone has left: by the file, where its pids are ours, and by the environment. */
static int find_left(const struct procfs *proc, struct found *found, const struct origin *origin)
{
	const struct roster *roster = &found->roster;
	const struct tree_node logger = { roster->logger.pid, roster->logger.start_ticks };
	CLEANUP(free_done) struct tree_node *whole = calloc(roster->count + 1, sizeof(*whole));
	CLEANUP(free_done) struct tree_node *left = calloc(FOUND_LEFT_MAX, sizeof(*left));
	char mark[COMMANDS_MARK_SIZE];
	struct tree_scope scope = { .whole = whole, .mark = mark, .spared = &logger, .spared_count = 1 };
	int r;

	if (!origin->boot)
		return 0;
	if (!whole || !left)
		return -ENOMEM;
	commands_mark(roster->id, mark);
	for (size_t i = 0; i < roster->count; i++)
		if (!roster->members[i].ended)
			whole[scope.whole_count++] = (struct tree_node){ roster->members[i].process.pid,
									 roster->members[i].process.start_ticks };
	if (!origin->namespace)
		scope.spared_count = 0;
	r = tree_list_scope(proc, &scope, left, FOUND_LEFT_MAX);
	if (r < 0)
		return r;
	found->left = TAKE_PTR(left);
	found->left_count = (size_t)r;
	return 0;
}

/* Is it still the file that was judged, and not another daemon's? */
static bool is_still(const char *pid_path, const struct found *found, const struct pidfile_stat *file)
{
	CLEANUP(roster_done) struct roster roster = { 0 };
	struct pidfile_stat stat;

	return pidfile_read(pid_path, &roster, &stat) == 0 && stat.mtime_ms == file->mtime_ms &&
	       roster.daemon.pid == found->roster.daemon.pid && !strcmp(roster.id, found->roster.id);
}

/* 1: the daemon's lock is held; 0 or -errno. A lock that is not for us to use is its own matter. */
static int is_held(const char *pid_path, bool locked)
{
	int r = locked ? 0 : lock_is_held(pid_path, LOCK_DAEMON);

	return r == -EPERM || r == -EACCES || r == -ELOOP ? 0 : r;
}

/* -EAGAIN: what was read has been replaced or removed while it was judged. */
static int load_file(const struct procfs *proc, const char *pid_path, bool locked, struct found *found)
{
	struct pidfile_stat file;
	struct origin origin = { 0 };
	int held = 0, r = pidfile_read(pid_path, &found->roster, &file);

	if (r < 0)
		return r;
	r = judge(proc, found, &file, &origin);
	if (r < 0)
		return r == -ENOENT ? -ENOSYS : r;
	if (found->state == FOUND_DEAD)
		held = is_held(pid_path, locked);
	if (held < 0)
		return held;
	if (found->state == FOUND_DEAD && !is_still(pid_path, found, &file))
		return -EAGAIN;
	if (!held || origin.namespace)
		note_ends(proc, found, &origin);
	if (held)
		found->state = FOUND_HELD;
	return found->state == FOUND_DEAD ? find_left(proc, found, &origin) : 0;
}

static int load(const struct procfs *proc, const char *pid_path, bool locked, struct found *ret)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };
	int r = load_file(proc, pid_path, locked, &found);

	if (r == -ENOENT) {
		r = is_held(pid_path, locked);
		found.state = r > 0 ? FOUND_HELD : FOUND_NOTHING;
	}
	if (r < 0)
		return r;
	*ret = found;
	found = (struct found){ .daemon = PIDREF_NONE };
	return 0;
}

int found_load(const struct procfs *proc, const char *pid_path, bool locked, struct found *ret)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < READS_MAX; i++)
		r = load(proc, pid_path, locked, ret);
	return r;
}

int found_wait(const struct procfs *proc, const char *pid_path, struct found *ret)
{
	CLEANUP(found_done) struct found found = { .daemon = PIDREF_NONE };
	int r = found_load(proc, pid_path, false, &found);

	for (int waited = 0; r == 0 && found.state == FOUND_HELD && waited < HELD_WAIT_MS; waited += HELD_STEP_MS) {
		poll(NULL, 0, HELD_STEP_MS);
		found_done(&found);
		r = found_load(proc, pid_path, false, &found);
	}
	if (r < 0)
		return r;
	*ret = found;
	found = (struct found){ .daemon = PIDREF_NONE };
	return 0;
}

static const char *member_name(const struct roster *roster, const struct tree_node *node)
{
	for (size_t i = 0; i < roster->count; i++)
		if (roster->members[i].process.pid == node->pid &&
		    roster->members[i].process.start_ticks == node->start_ticks)
			return roster->members[i].name;
	return NULL;
}

void found_name(const struct procfs *proc, const struct found *found, const struct tree_node *node,
		char ret[ROSTER_NAME_SIZE])
{
	const char *name = member_name(&found->roster, node);
	struct procparse_stat stat;

	if (!name && procfs_stat_of(proc, node->pid, &stat) == 0 && stat.start_ticks == node->start_ticks)
		name = stat.comm;
	snprintf(ret, ROSTER_NAME_SIZE, "%s", name ? name : "?");
}

void found_done(struct found *found)
{
	if (!found)
		return;
	roster_done(&found->roster);
	pidref_done(&found->daemon);
	free(found->left);
	*found = (struct found){ .daemon = PIDREF_NONE };
}
