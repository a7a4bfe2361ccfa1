/* tree_scope.c: see tree.h: processes that belong together, wherever they are. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/tree_private.h"

/* On the stack of one call: 64 KiB. */
enum { SCOPE_MAX = 4096 };

enum { LINKS_MAX = 4096, CLIMBS_MAX = 16 };

/* We ourselves are collected like everybody, so that what is below us is found, and left out in the end. */
struct walk {
	struct tree_gather gather;
	const struct tree_scope *scope;
	pid_t clear; /* neither it nor anybody above it belongs to the scope or is spared; 0: not known of anybody */
};

static bool is_one(const struct tree_node *nodes, size_t count, const struct tree_node *node)
{
	for (size_t i = 0; i < count; i++)
		if (nodes[i].pid == node->pid && nodes[i].start_ticks == node->start_ticks)
			return true;
	return false;
}

static bool has_pid(const struct tree_gather *gather, pid_t pid)
{
	for (size_t i = 0; i < gather->count; i++)
		if (gather->nodes[i].pid == pid)
			return true;
	return false;
}

static bool is_spared(const struct tree_scope *scope, const struct tree_node *node)
{
	return is_one(scope->spared, scope->spared_count, node);
}

/* Everybody once, however it is found. */
static bool wanted(const struct tree_gather *gather, const struct tree_node *node)
{
	return !is_spared(gather->context, node) && !has_pid(gather, node->pid);
}

static struct tree_node node_of(const struct procparse_stat *stat)
{
	return (struct tree_node){ stat->pid, stat->start_ticks };
}

/* Has NODE the mark? Stat and environment are read as of one process. */
static bool is_marked(struct walk *w, const struct tree_node *node)
{
	CLEANUP(fd_done) int dir = procfs_process(w->gather.proc, node->pid);
	struct procparse_stat stat;
	int r = dir < 0 ? dir : procfs_stat(dir, &stat);

	if (r == 0)
		r = stat.start_ticks == node->start_ticks ? procfs_environ_has(dir, w->scope->mark) : -ESRCH;
	tree_note_error(&w->gather, r);
	return r == 1;
}

/* An init is nobody's member, whatever its environment says. */
static bool belongs(struct walk *w, const struct tree_node *node)
{
	if (node->pid == 1)
		return false;
	return is_one(w->scope->whole, w->scope->whole_count, node) || (w->scope->mark && is_marked(w, node));
}

/* One attempt of climb(), from AT upwards. -EAGAIN: somebody has ended meanwhile. */
static int climb_once(struct walk *w, struct procparse_stat at, struct tree_node *ret)
{
	struct tree_node top = node_of(&at);
	pid_t above = at.ppid;

	for (int links = 0; at.ppid > 0 && at.ppid != w->clear && links < LINKS_MAX; links++) {
		const struct procparse_stat child = at;
		int r = tree_read_parent(w->gather.proc, &at);
		struct tree_node node = node_of(&at);

		if (r == -ESRCH || r == -EACCES || r == -EPERM) /* hidepid=, proc(5) */
			break;
		if (r < 0)
			return r;
		if (is_spared(w->scope, &node))
			return -ECANCELED;
		if (has_pid(&w->gather, node.pid))
			break;
		if (is_one(w->scope->below, w->scope->below_count, &node)) {
			top = node_of(&child);
			above = child.ppid;
		}
		if (belongs(w, &node)) {
			top = node;
			above = at.ppid;
		}
	}
	w->clear = above;
	*ret = top;
	return 0;
}

/* The topmost of NODE and those above it who belongs to the scope: to begin there puts parents before their children.
 * -ESRCH: NODE has ended; -ECANCELED: somebody above it is spared. */
static int climb(struct walk *w, const struct tree_node *node, struct tree_node *ret)
{
	struct procparse_stat stat;
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < CLIMBS_MAX; i++) {
		r = procfs_stat_of(w->gather.proc, node->pid, &stat);
		if (r == 0 && (stat.start_ticks != node->start_ticks || procparse_stat_ended(&stat)))
			r = -ESRCH;
		if (r == 0)
			r = climb_once(w, stat, ret);
	}
	if (r == -EAGAIN) { /* whoever is above it does not live long enough to be read */
		*ret = *node;
		r = 0;
	}
	tree_note_error(&w->gather, r == -ECANCELED ? 0 : r);
	return r;
}

static void take_whole(struct walk *w, const struct tree_node *node)
{
	struct tree_gather *gather = &w->gather;

	if (!wanted(gather, node))
		return;
	if (gather->count == gather->max) {
		tree_note_error(gather, -ENOBUFS);
		return;
	}
	gather->nodes[gather->count++] = *node;
	tree_take_below(gather, gather->count - 1);
}

static void add_whole(struct walk *w, const struct tree_node *node)
{
	struct tree_node top;

	if (node->pid <= 1 || !wanted(&w->gather, node) || climb(w, node, &top) < 0)
		return;
	take_whole(w, &top);
	take_whole(w, node); /* not found there: somebody in between has just ended */
}

static void add_below(struct walk *w, const struct tree_node *node)
{
	struct tree_gather *gather = &w->gather;
	struct tree_node top;
	size_t before = gather->count;

	if (!wanted(gather, node) || climb(w, node, &top) < 0)
		return;
	tree_note_error(gather, tree_take_children(gather, node->pid));
	if (gather->count > before && !tree_node_is_same(gather->proc, node))
		gather->count = before;
	tree_take_below(gather, before);
}

static void add_if_marked(struct walk *w, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(w->gather.proc, pid);
	struct procparse_stat stat;
	int r = dir < 0 ? dir : procfs_environ_has(dir, w->scope->mark);

	if (r == 1 && (r = procfs_stat(dir, &stat)) == 0) {
		struct tree_node node = node_of(&stat);

		add_whole(w, &node);
	}
	tree_note_error(&w->gather, r);
}

static void add_marked(struct walk *w)
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	int r = procfs_iterate(w->gather.proc, &iter);
	pid_t pid;

	while (r >= 0 && (r = procfs_next(&iter, &pid)) > 0)
		if (!has_pid(&w->gather, pid))
			add_if_marked(w, pid);
	tree_note_error(&w->gather, r);
}

static void leave_out_us(struct tree_gather *gather)
{
	for (size_t i = 0; i < gather->count; i++)
		if (gather->nodes[i].pid == getpid()) {
			gather->count--;
			memmove(gather->nodes + i, gather->nodes + i + 1, (gather->count - i) * sizeof *gather->nodes);
			return;
		}
}

/* Put SCOPE into NODES. Returns how many there are, also where somebody may be missing: RET_ERROR. */
static size_t collect(const struct procfs *proc, const struct tree_scope *scope, struct tree_node *nodes, size_t max,
		      int *ret_error)
{
	struct walk w = {
		.gather = { .proc = proc, .nodes = nodes, .max = max, .wanted = wanted, .context = scope },
		.scope = scope,
	};

	for (size_t i = 0; i < scope->whole_count; i++)
		add_whole(&w, &scope->whole[i]);
	if (scope->mark)
		add_marked(&w);
	for (size_t i = 0; i < scope->below_count; i++)
		add_below(&w, &scope->below[i]);
	leave_out_us(&w.gather);
	*ret_error = w.gather.error == -ENOBUFS ? 0 : w.gather.error;
	return w.gather.count;
}

int tree_signal_scope(const struct procfs *proc, const struct tree_scope *scope, int signal)
{
	struct tree_node nodes[SCOPE_MAX];
	int error = 0, here = 0, denied = 0;
	size_t count;

	if (!procfs_shows_us(proc)) /* its pids are others than those that we can signal */
		return -ENOENT;
	count = collect(proc, scope, nodes, SCOPE_MAX, &error);
	for (size_t i = 0; i < count; i++) {
		int r = signal ? tree_signal_node(proc, &nodes[i], signal) : 0;

		here += r != -ESRCH;
		denied += r == -EPERM;
	}
	if (error < 0)
		return error;
	return here > 0 && here == denied ? -EPERM : here;
}

int tree_list_scope(const struct procfs *proc, const struct tree_scope *scope, struct tree_node *ret, size_t max)
{
	int error = 0;
	size_t count;

	if (!procfs_shows_us(proc))
		return -ENOENT;
	count = collect(proc, scope, ret, max < INT_MAX ? max : INT_MAX, &error);
	return error < 0 ? error : (int)count;
}
