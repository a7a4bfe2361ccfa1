#include "core/confine_private.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/procfs.h"
#include "core/sig.h"
#include "core/span.h"

/* The child tells whether it has given up everything before it reads anything. Its new user may stop it meanwhile. */
enum { START_SECONDS = 30 };

void confine_ids(uid_t uid, gid_t gid, struct confine *ret)
{
	/* -1 is "leave it as it is" for setresuid(2). */
	ret->uid = uid == 0 || uid == (uid_t)-1 ? CONFINE_NOBODY : uid;
	ret->gid = gid == 0 || gid == (gid_t)-1 ? CONFINE_NOBODY : gid;
}

bool confine_may_open_for(uid_t uid, uid_t euid)
{
	uid_t own = geteuid();

	return own == CONFINE_NOBODY || own == uid || own == euid;
}

/* The first number of /proc/self/statm: pages of address space. 0 where it is not to be had. */
static uint64_t mapped_bytes(void)
{
	struct procfs proc = { .fd = -1 };
	CLEANUP(buf_done) struct buf text = BUF(256);
	struct span span;
	uint64_t pages = 0;

	if (procfs_open_own(&proc) < 0)
		return 0;
	if (procfs_read(proc.fd, "self/statm", &text) == 0) {
		span = span_of(text.data, text.len);
		(void)span_take_number(&span, INT64_MAX / (1 << 20), &pages);
	}
	procfs_done(&proc);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct child {
	const struct confine *confine;
	pid_t parent;
	uint64_t memory;
	int channel;
	int (*function)(int channel, void *context);
	void *context;
};

static void run_child(void *context)
{
	const struct child *child = context;
	int r = confine_give_up(child->confine, child->parent, child->memory);

	if (confine_send(child->channel, -1, &r, sizeof r) < 0 || r < 0)
		_exit(EXIT_FAILURE);
	_exit(child->function(child->channel, child->context));
}

/* What the child says of its beginning. */
static int await_start(int channel)
{
	CLEANUP(buf_done) struct buf message = BUF(sizeof(int));
	int r;

	r = confine_receive(channel, clock_ns() + START_SECONDS * INT64_C(1000000000), &message);
	if (r < 0)
		return r;
	return r == 1 && message.len == sizeof(int) ? *(const int *)(const void *)message.data : -ECONNRESET;
}

pid_t confine_start(const struct confine *confine, int (*function)(int channel, void *context), void *context,
		    int *ret_channel)
{
	CLEANUP(fd_done) int ours = -1;
	CLEANUP(fd_done) int theirs = -1;
	struct child child = { .confine = confine, .parent = getpid(), .function = function, .context = context,
			       .memory = confine->memory_max > 0 ? mapped_bytes() : 0 };
	int ends[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = sig_fork();
	if (pid < 0)
		return pid;
	if (pid == 0) {
		sig_reset();
		sig_ignore_pipe(); /* what tries to write a file gets an error, and goes on */
		close(ours);
		child.channel = theirs;
		confine_run_on_large_stack(run_child, &child);
	}
	theirs = fd_close(theirs);
	r = await_start(ours);
	if (r < 0) {
		confine_end(pid);
		return r;
	}
	*ret_channel = TAKE_FD(ours);
	return pid;
}

int confine_end(pid_t pid)
{
	int status;
	pid_t r;

	if (pid <= 0)
		return -EINVAL;
	kill(pid, SIGKILL);
	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : status;
}
