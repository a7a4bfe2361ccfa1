/* capture_watch.c: see capture_stop_private.h: see to it that who stops threads lets them go.
 *
 * A child that is stopped itself, or does not get on, is killed, which lets all threads go. So is one that holds them
 * for longer than they are to be held, and waits: to read memory may take as long as the process likes that has it
 * (capture_present.c), and what is in memory when that is asked may be gone when it is read. On a busy machine it may
 * also have to wait for a processor: that is no reason. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "core/capture_stop_private.h"
#include "core/cleanup.h"
#include "core/clock.h"

enum {
	WATCH_MS = 10,
	WATCH_LATE_MS = 5,      /* between two looks at one that holds threads for too long */
	WATCH_STALL_NS = 500000000,
	NS_PER_MS = 1000000,
};

struct watch {
	const struct capture *c;
	const struct capture_stopping *s;
	int dir;                /* of the child, or -errno */
	bool waited;            /* when it was looked at last */
	uint64_t switches;      /* and how often it had been switched away from */
};

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int open_child(pid_t pid)
{
	CLEANUP(procfs_done) struct procfs proc = { -1 };
	int r = procfs_open_own(&proc);

	return r < 0 ? r : procfs_process(&proc, pid);
}

static bool is_stuck(const struct watch *w, int64_t now)
{
	int64_t last = __atomic_load_n(&w->s->beat_ns, __ATOMIC_RELAXED);

	return now - last > WATCH_STALL_NS + 2 * w->c->private->options.max_stop_ns ||
	       now > w->c->private->options.deadline_ns + WATCH_STALL_NS;
}

/* Has it waited, other than for a processor, ever since the last look? */
static bool has_waited(struct watch *w)
{
	struct procparse_stat stat;
	uint64_t switches = 0;
	bool waits = w->dir >= 0 && procfs_stat(w->dir, &stat) == 0 && strchr("SD", stat.state) &&
		     procfs_switches(w->dir, &switches) == 0;
	bool still = waits && w->waited && switches == w->switches;

	w->waited = waits;
	w->switches = switches;
	return still;
}

/* Does it keep threads too long? RET_MS: when to look again. */
static bool holds_on(struct watch *w, int64_t now, int *ret_ms)
{
	int64_t left = __atomic_load_n(&w->s->hold_until_ns, __ATOMIC_RELAXED);

	left = left ? left - now : INT64_MAX;
	if (left > 0) {
		w->waited = false;
		*ret_ms = left < WATCH_MS * NS_PER_MS ? (int)(left / NS_PER_MS) + 1 : WATCH_MS;
		return false;
	}
	*ret_ms = WATCH_LATE_MS;
	return has_waited(w);
}

void capture_watch(const struct capture *c, const struct capture_stopping *s, pid_t pid, int pipe)
{
	CLEANUP(fd_done) int dir = open_child(pid);
	struct watch w = { .c = c, .s = s, .dir = dir };
	struct pollfd poller = { .fd = pipe, .events = POLLIN };
	int status, wait_ms = WATCH_MS;
	pid_t r;

	while (poll(&poller, 1, wait_ms) <= 0) {
		int64_t now = clock_ns();

		r = waitpid(pid, &status, WNOHANG | WUNTRACED);
		if (r < 0 && errno != EINTR)
			return;
		if (r == pid && !WIFSTOPPED(status))
			return;
		if (r == pid || is_stuck(&w, now) || holds_on(&w, now, &wait_ms))
			break;
	}
	end(pid);
}
