/* tree_gather.c: see tree_private.h. */
#include "core/tree_private.h"

#include <errno.h>

#include "core/cleanup.h"
#include "core/pidref.h"

/* A parent that was read is CHILD's own if CHILD names it still: one that ends has no children any more. For the same
 * reason one that is not there, though CHILD names it still, is hidden. */
int tree_read_parent(const struct procfs *proc, struct procparse_stat *child)
{
	struct procparse_stat parent, again;
	int r, child_r;

	if (child->ppid <= 0)
		return -ESRCH;
	r = procfs_stat_of(proc, child->ppid, &parent);
	child_r = procfs_stat_of(proc, child->pid, &again);
	if (child_r == -ENOENT || child_r == -ESRCH)
		return -EAGAIN;
	if (child_r < 0)
		return child_r;
	if (again.ppid != child->ppid || again.start_ticks != child->start_ticks)
		return -EAGAIN;
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	*child = parent;
	return 0;
}

bool tree_node_is_same(const struct procfs *proc, const struct tree_node *node)
{
	struct procparse_stat stat;

	return procfs_stat_of(proc, node->pid, &stat) == 0 && stat.start_ticks == node->start_ticks;
}

void tree_note_error(struct tree_gather *gather, int r)
{
	bool is_none = r >= 0 || r == -ESRCH || r == -ENOENT || r == -EACCES || r == -EPERM;

	if (!is_none && gather->error == 0)
		gather->error = r;
}

/* Take CHILD if it says itself that gather.parent is its parent: the list of children may be old. */
static int take_child(pid_t child, void *context)
{
	struct tree_gather *gather = context;
	struct procparse_stat stat;
	struct tree_node node;
	int r = procfs_stat_of(gather->proc, child, &stat);

	tree_note_error(gather, r);
	if (r < 0 || stat.ppid != gather->parent || procparse_stat_ended(&stat))
		return 0;
	node = (struct tree_node){ child, stat.start_ticks };
	if (gather->wanted && !gather->wanted(gather, &node))
		return 0;
	if (gather->count == gather->max) {
		tree_note_error(gather, -ENOBUFS);
		return 1;
	}
	gather->nodes[gather->count++] = node;
	return 0;
}

int tree_take_children(struct tree_gather *gather, pid_t parent)
{
	int r;

	gather->parent = parent;
	r = procfs_each_child(gather->proc, parent, take_child, gather);
	return r < 0 ? r : 0;
}

void tree_take_below(struct tree_gather *gather, size_t at)
{
	for (; at < gather->count; at++) {
		size_t before = gather->count;

		tree_note_error(gather, tree_take_children(gather, gather->nodes[at].pid));
		/* Ended while we looked: what it had moves up, or it is another's with the same pid. */
		if (gather->count > before && !tree_node_is_same(gather->proc, &gather->nodes[at]))
			gather->count = before;
	}
}

int tree_signal_node(const struct procfs *proc, const struct tree_node *node, int signal)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int r = pidref_open(proc, node->pid, &ref);

	if (r == -ESRCH)
		return r;
	/* No descriptor or no memory for a pidfd: then by pid and start time alone. */
	if (r < 0)
		ref = (struct pidref){ .pid = node->pid, .fd = -1, .start_ticks = node->start_ticks };
	if (ref.start_ticks != node->start_ticks)
		return -ESRCH;
	return pidref_signal(proc, &ref, signal);
}
