#include "core/oomkill.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { PLACE_MAX = 16384, SETTLE_MS = 100, SETTLE_TIMES = 10 };

void oomkill_init(struct oomkill *killer, const struct procfs *proc)
{
	*killer = (struct oomkill){ .proc = proc, .counter = CGROUP_OOM_NONE, .place = BUF(PLACE_MAX) };
}

void oomkill_done(struct oomkill *killer)
{
	if (!killer)
		return;
	cgroup_oom_done(&killer->counter);
	buf_done(&killer->place);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Where a system has no counter the child's end is taken as it comes. */
static void open_counter(struct oomkill *killer, pid_t pid)
{
	struct cgroup_oom counter;

	if (cgroup_oom_open(killer->proc, pid, &counter) < 0)
		return;
	cgroup_oom_done(&killer->counter);
	killer->counter = counter;
	killer->baseline = 0;
	cgroup_oom_kills(&killer->counter, &killer->baseline);
	killer->settled = killer->baseline;
}

void oomkill_follow(struct oomkill *killer, pid_t pid)
{
	CLEANUP(buf_done) struct buf place = BUF(PLACE_MAX);
	CLEANUP(fd_done) int dir = -1;

	if (!killer->proc)
		return;
	dir = procfs_process(killer->proc, pid);
	if (dir < 0 || procfs_read(dir, "cgroup", &place) < 0 || same(&place, &killer->place))
		return;
	if (oomkill_struck(killer))
		return; /* the dying show up in the root of a v1 hierarchy, but what counts is where they were */
	buf_reset(&killer->place);
	buf_add(&killer->place, place.data, place.len);
	open_counter(killer, pid);
}

void oomkill_start(struct oomkill *killer)
{
	cgroup_oom_done(&killer->counter);
	buf_reset(&killer->place);
	oomkill_follow(killer, getpid());
}

bool oomkill_struck(struct oomkill *killer)
{
	return cgroup_oom_kills(&killer->counter, &killer->now) == 0 && killer->now > killer->baseline;
}

void oomkill_settle(struct oomkill *killer)
{
	const struct timespec moment = { .tv_nsec = SETTLE_MS * 1000000L };
	uint64_t now;

	for (int i = 0; i < SETTLE_TIMES; i++) {
		if (cgroup_oom_kills(&killer->counter, &now) < 0 || now == killer->settled)
			return;
		killer->settled = now;
		nanosleep(&moment, NULL);
	}
}
