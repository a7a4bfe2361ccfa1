/* runner_end.c: see runner_private.h: end a command that took too long.
 *
 * Its session is its own: who stayed in that belongs to it, also an orphan that came to us when the shell in between
 * ended. Who left the session is found below those. Who did both has made itself a daemon. */
#include <errno.h>
#include <signal.h>

#include "applets/cluster/ending.h"
#include "applets/cluster/runner_private.h"
#include "core/cleanup.h"

enum { NODES_MAX = 256, ROUNDS_MAX = 16 };

/* The number of a session may be used again when nobody is in it any more: only by others than what is below us. */
static int take(const struct procfs *proc, pid_t session, pid_t pid, struct tree_node *ret)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, pid, &stat);

	if (r == -ENOENT || r == -ESRCH || r == -EACCES || r == -EPERM)
		return 0;
	if (r < 0)
		return r;
	if (stat.session != session || procparse_stat_ended(&stat) || tree_verify(proc, pid) != 0)
		return 0;
	*ret = (struct tree_node){ pid, stat.start_ticks };
	return 1;
}

/* How many there are; those that there is no room for are found by the next round. */
static int gather(const struct procfs *proc, pid_t session, struct tree_node ret[NODES_MAX])
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	int count = 0, r = procfs_iterate(proc, &iter);
	pid_t pid;

	while (r >= 0 && count < NODES_MAX) {
		r = procfs_next(&iter, &pid);
		if (r <= 0)
			break;
		r = take(proc, session, pid, &ret[count]);
		count += r == 1;
	}
	return r < 0 ? r : count;
}

/* Where /proc says nothing: the process group, whose leader is not reaped yet. */
static void kill_blindly(const struct runner *r)
{
	if (!r->child.ended)
		kill(-r->child.pid, SIGKILL);
}

static void wait_for_end(struct runner *r)
{
	bool over = r->child.ended;

	r->over = &over;
	while (!over && loop_run(r->loop) >= 0)
		;
	r->over = NULL;
}

int runner_end(struct runner *r, bool failed)
{
	struct ending ending = { .loop = r->loop, .proc = r->proc, .grace_ms = r->config->stop_timeout_ms,
				 .reporting = r->reporting, .failed = failed };
	struct tree_node nodes[NODES_MAX];
	int count = 1, error = 0;

	for (int round = 0; round < ROUNDS_MAX && count > 0 && error == 0; round++) {
		struct tree_scope scope = { .whole = nodes };

		count = gather(r->proc, r->child.pid, nodes);
		scope.whole_count = count > 0 ? (size_t)count : 0;
		if (count > 0)
			error = ending_all(&ending, &scope);
		else if (count < 0)
			kill_blindly(r);
		ending.reporting = NULL; /* whoever came into being since then is a part of what was reported */
	}
	if (error == 0)
		wait_for_end(r);
	return error;
}
