#include "core/pidref.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"

/* The same numbers on every architecture that has them in this range; libc headers older than the calls lack them. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { PIDREF_LOOK_MAX_MS = 50 };

/* A pidfd, -1 where there are none to be had, or -errno. */
static int open_pidfd(pid_t pid, int *ret)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0) { /* close-on-exec is set: pidfd_open(2) */
		*ret = fd;
		return 0;
	}
	/* Filters answer EPERM, a number that the call itself never gives. */
	if (errno == ENOSYS || errno == EPERM) {
		*ret = -1;
		return 0;
	}
	/* EINVAL, lately ENOENT: a thread that is not the first of its process. */
	return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
}

/* A pidfd is readable once the last thread of its process has ended. Interrupted, it counts as alive where time is
 * left. */
static int poll_pidfd(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR && timeout_ms == 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n > 0 ? -ESRCH : 0;
}

/* PID is what it was, since nobody but we could reap it: has it ended? */
static int verify_child(pid_t pid)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		if (errno != EINTR)
			return -ESRCH; /* ECHILD: reaped, or never ours */
	return info.si_pid == pid ? -ESRCH : 0;
}

/* The start time of PID, if it is alive. */
static int read_start(const struct procfs *proc, pid_t pid, uint64_t *ret)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(proc, pid, &stat);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (stat.pid != pid || procparse_stat_ended(&stat))
		return -ESRCH;
	*ret = stat.start_ticks;
	return 0;
}

int pidref_open(const struct procfs *proc, pid_t pid, struct pidref *ret)
{
	struct pidref ref = { .pid = pid, .fd = -1 };
	int r;

	if (pid <= 0)
		return -ESRCH;
	r = open_pidfd(pid, &ref.fd);
	if (r == 0 && proc)
		r = read_start(proc, pid, &ref.start_ticks);
	/* Still alive after its start time was read: so that was its own, the pid was not free in between. */
	if (r == 0 && (ref.fd >= 0 || !proc))
		r = pidref_verify(proc, &ref);
	if (r < 0) {
		pidref_done(&ref);
		return r;
	}
	*ret = ref;
	return 0;
}

int pidref_verify(const struct procfs *proc, const struct pidref *ref)
{
	uint64_t start;
	int r;

	if (ref->pid <= 0)
		return -ESRCH;
	if (ref->fd >= 0)
		return poll_pidfd(ref->fd, 0);
	if (!proc || ref->start_ticks == 0)
		return verify_child(ref->pid);
	r = read_start(proc, ref->pid, &start);
	if (r < 0)
		return r;
	return start == ref->start_ticks ? 0 : -ESRCH;
}

int pidref_signal(const struct procfs *proc, const struct pidref *ref, int signal)
{
	/* First of all, because a zombie takes every signal without an error. */
	int r = pidref_verify(proc, ref);

	if (r < 0)
		return r;
	if (ref->fd >= 0) {
		if (syscall(SYS_pidfd_send_signal, ref->fd, signal, NULL, 0) == 0)
			return 0;
		if (errno != ENOSYS && errno != EPERM) /* EPERM: a filter's perhaps; kill(2) knows */
			return -errno;
	}
	return kill(ref->pid, signal) < 0 ? -errno : 0;
}

/* Wait at most MS for news of REF. 0: none; -ESRCH: it ended. */
static int wait_some(const struct procfs *proc, const struct pidref *ref, int ms)
{
	if (ref->fd >= 0)
		return poll_pidfd(ref->fd, ms);
	poll(NULL, 0, ms >= 0 && ms < PIDREF_LOOK_MAX_MS ? ms : PIDREF_LOOK_MAX_MS);
	return pidref_verify(proc, ref);
}

int pidref_wait(const struct procfs *proc, const struct pidref *ref, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;
	int left = timeout_ms;
	int r = pidref_verify(proc, ref);

	while (r == 0 && left != 0) {
		r = wait_some(proc, ref, left);
		if (timeout_ms >= 0) {
			int64_t rest = deadline - clock_ms();

			left = rest > 0 ? (int)rest : 0;
		}
	}
	if (r == 0)
		return -ETIMEDOUT;
	return r == -ESRCH ? 0 : r;
}

bool pidref_equal(const struct pidref *a, const struct pidref *b)
{
	return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

void pidref_done(struct pidref *ref)
{
	if (!ref)
		return;
	fd_done(&ref->fd);
	*ref = PIDREF_NONE;
}
