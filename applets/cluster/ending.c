/* ending.c: see ending.h.
 *
 * One process at a time is watched, by its pidfd; when it has ended, the next one that lives, and only when none of
 * those lives any more, the whole scope is looked at again. The timer is for the time of SIGKILL, and to look where a
 * pidfd is not to be had. */
#include "applets/cluster/ending.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "core/pidref.h"

enum { NODES_MAX = 4096, ROUNDS_MAX = 16, LOOK_MAX_MS = 100, KILLED_MS = 10000 };

/* Any timer takes as much. */
#define GRACE_MAX_MS INT64_C(1000000000000)

struct list { size_t count; struct tree_node nodes[NODES_MAX]; };

struct wait {
	const struct ending *e;
	const struct tree_scope *scope;
	bool in_loop, told, done, reported;
	int result;
	int64_t kill_at, give_up_at; /* loop_now() */
	int64_t look_ms;             /* to the next look, where nothing else wakes us */
	struct pidref watched;       /* lists[now].nodes[at] */
	bool is_watched;             /* by the loop */
	size_t at;
	int now;                     /* which of the lists is that of the last look; the other one is that before it */
	struct list lists[2];
};

static void finish(struct wait *w, int result)
{
	w->done = true;
	w->result = result;
	if (w->in_loop)
		loop_stop(w->e->loop, 0);
}

static bool has(const struct list *list, const struct tree_node *node)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->nodes[i].pid == node->pid && list->nodes[i].start_ticks == node->start_ticks)
			return true;
	return false;
}

/* Who is there? Whoever was there before belongs to it, also when what it was below has ended. False: nobody, or it is
 * not known. */
static bool look(struct wait *w)
{
	const struct list *before = &w->lists[w->now];
	struct list *list = &w->lists[!w->now];
	struct tree_scope scope = *w->scope;
	int n;

	if (before->count > 0 && before->count < NODES_MAX) {
		scope.whole = before->nodes;
		scope.whole_count = before->count;
	}
	n = tree_list_scope(w->e->proc, &scope, list->nodes, NODES_MAX);
	if (n < 0) {
		if (loop_now() >= w->give_up_at)
			finish(w, n);
		return false;
	}
	list->count = (size_t)n;
	w->now = !w->now;
	w->at = 0;
	if (n == 0)
		finish(w, 0);
	return n > 0;
}

/* Is it a child of one that has been told, and has a handler for that? Then it may be what the handler has begun
 * ("rm my.pid"). Who has none forks no more. */
static bool is_of_handler(const struct procfs *proc, const struct list *before, const struct tree_node *node)
{
	struct procparse_stat stat, parent;

	if (before->count == 0 || procfs_stat_of(proc, node->pid, &stat) < 0 ||
	    procfs_stat_of(proc, stat.ppid, &parent) < 0)
		return false;
	return (parent.caught & (1 << (SIGTERM - 1))) &&
	       has(before, &(struct tree_node){ parent.pid, parent.start_ticks });
}

/* SIGTERM to everybody, also to who is forked meanwhile, but to each once: to many programs a second one says that they
 * are to give up what they have begun. For the same reason nobody is told who comes into being later. */
static void tell(struct wait *w)
{
	size_t told = 1, all = 0, denied = 0;

	for (int round = 0; round < ROUNDS_MAX && told > 0 && look(w); round++) {
		const struct list *list = &w->lists[w->now], *before = &w->lists[!w->now];

		told = 0;
		for (size_t i = 0; i < list->count; i++) {
			if (has(before, &list->nodes[i]) || is_of_handler(w->e->proc, before, &list->nodes[i]))
				continue;
			denied += tree_signal_node(w->e->proc, &list->nodes[i], SIGTERM) == -EPERM;
			tree_signal_node(w->e->proc, &list->nodes[i], SIGCONT);
			told++;
		}
		all += told;
		w->told = list->count < NODES_MAX; /* else there may be more of them */
	}
	if (!w->done && all > 0 && denied == all)
		finish(w, -EPERM);
}

/* Of who is there now, once. The time that it takes is not theirs. */
static void report(struct wait *w)
{
	const struct list *list = &w->lists[w->now];
	int64_t began = loop_now(), took;

	if (w->reported || !w->e->reporting)
		return;
	w->reported = true;
	reporting_take(w->e->reporting, w->e->proc, list->nodes, list->count, w->e->name);
	took = loop_now() - began;
	w->kill_at += took;
	w->give_up_at += took;
}

/* Before anybody is told: whoever is seen here has still to be. */
static void report_failed(struct wait *w)
{
	if (look(w))
		report(w);
	w->lists[0].count = w->lists[1].count = 0;
}

/* SIGKILL to everybody, again and again: who is held in the kernel may fork once more. */
static void kill_all(struct wait *w)
{
	const struct list *list;
	size_t left = 0, denied = 0;

	w->kill_at = loop_now() + LOOK_MAX_MS;
	if (!look(w))
		return;
	if (w->e->grace_ms > 0)
		report(w);
	list = &w->lists[w->now];
	for (size_t i = 0; i < list->count; i++) {
		int r = tree_signal_node(w->e->proc, &list->nodes[i], SIGKILL);

		left += r != -ESRCH;
		denied += r == -EPERM;
	}
	if (left > 0 && left == denied)
		finish(w, -EPERM);
	else if (loop_now() >= w->give_up_at)
		finish(w, -ETIMEDOUT);
}

static void unwatch(struct wait *w)
{
	if (w->is_watched)
		loop_remove_pidref(w->e->loop, &w->watched);
	w->is_watched = false;
	pidref_done(&w->watched);
}

static void on_end(struct loop *loop, const struct pidref *ref, void *context);

/* Watch the next one that lives. False: there is none of those that were seen. */
static bool watch(struct wait *w)
{
	const struct list *list = &w->lists[w->now];

	unwatch(w);
	for (; w->at < list->count; w->at++) {
		const struct tree_node *node = &list->nodes[w->at];
		int r = pidref_open(w->e->proc, node->pid, &w->watched);

		if (r < 0 && r != -ESRCH) /* no descriptor for it: the timer looks */
			return true;
		if (r == 0 && w->watched.start_ticks == node->start_ticks) {
			w->is_watched = loop_add_pidref(w->e->loop, w->e->proc, &w->watched, on_end, w) == 0;
			return true;
		}
		pidref_done(&w->watched);
	}
	return false;
}

static void on_time(struct loop *loop, void *context);

/* Also when it is done: who runs the loop within our own, meanwhile, was stopped in our place. */
static void set_timer(struct wait *w)
{
	int64_t next = w->kill_at - loop_now();

	if (w->done)
		next = LOOK_MAX_MS;
	else if (!(w->is_watched && w->watched.fd >= 0) && next > w->look_ms)
		next = w->look_ms;
	loop_set_timer(w->e->loop, next, on_time, w);
}

/* Go on: watch who is left of those that were seen, or look anew. */
static void step(struct wait *w)
{
	if (!w->done && loop_now() >= w->kill_at)
		kill_all(w);
	if (!w->done && !watch(w)) {
		if (w->told)
			look(w);
		else
			tell(w);
		if (!w->done)
			watch(w);
	}
	set_timer(w);
}

static void on_end(struct loop *loop, const struct pidref *ref, void *context)
{
	struct wait *w = context;

	(void)loop, (void)ref;
	w->is_watched = false;
	step(w);
}

static void on_time(struct loop *loop, void *context)
{
	struct wait *w = context;

	w->look_ms = w->look_ms * 2 < LOOK_MAX_MS ? w->look_ms * 2 : LOOK_MAX_MS;
	if (w->done)
		loop_stop(loop, 0);
	step(w);
}

int ending_all(struct ending *e, const struct tree_scope *scope)
{
	int64_t grace = e->grace_ms < GRACE_MAX_MS ? e->grace_ms : GRACE_MAX_MS, now = loop_now();
	struct wait w;
	int r;

	w.e = e;
	w.scope = scope;
	w.in_loop = w.told = w.done = w.reported = w.is_watched = false;
	w.kill_at = now + grace;
	w.give_up_at = w.kill_at + KILLED_MS;
	w.look_ms = 1;
	w.watched = PIDREF_NONE;
	w.at = 0;
	w.now = 0;
	w.lists[0].count = w.lists[1].count = 0;
	r = loop_set_timer(e->loop, grace, on_time, &w);
	if (r < 0)
		return r;
	if (e->failed && e->reporting)
		report_failed(&w);
	step(&w);
	w.in_loop = true;
	while (!w.done)
		if (loop_run(e->loop) < 0) /* poll(2) fails */
			step(&w);
	unwatch(&w);
	loop_clear_timer(e->loop, on_time, &w);
	return w.result;
}
