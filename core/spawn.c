/* spawn.c: see spawn.h. */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/pidref.h"
#include "core/sig.h"
#include "core/spawn_private.h"

/* The child's word: nothing and the end (exec closed the pipe), or the error number it failed with. */
static int read_error(int fd)
{
	int error = 0;
	ssize_t n;

	do
		n = read(fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

static void reap_failed(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The ends of what parent and child talk by: the child's error, and at a gate also the parent's word before it. */
static int make_ends(bool gated, int ends[2])
{
	int r = gated ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : pipe2(ends, O_CLOEXEC);

	return r < 0 ? -errno : 0;
}

/* Fork. The parent does to a group what the child does too: whoever comes first. */
static int fork_child(const struct spawn *s, bool gated, struct spawn_begun *ret)
{
	int ends[2], r = make_ends(gated, ends);
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0) {
		close(ends[0]); /* or else the parent's end would not be seen at the gate */
		spawn_child(s, gated, ends[1]);
	}
	r = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return r;
	}
	if (s->group == SPAWN_GROUP) {
		setpgid(pid, pid);
		if (s->foreground)
			spawn_give_terminal(pid);
	}
	*ret = (struct spawn_begun){ .pid = pid, .fd = ends[0],
				     .has_terminal = s->foreground && s->group == SPAWN_GROUP };
	return 0;
}

int spawn_begin(const struct spawn *s, struct spawn_begun *ret)
{
	struct spawn_begun begun;
	int r = fork_child(s, true, &begun);

	if (r < 0)
		return r;
	r = s->forked ? s->forked(begun.pid, s->forked_context) : 0;
	if (r < 0) {
		spawn_cancel(&begun);
		return r;
	}
	*ret = begun;
	return 0;
}

void spawn_go(const struct spawn_begun *begun)
{
	const char go = 1;

	while (send(begun->fd, &go, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void give_up(struct spawn_begun *begun)
{
	reap_failed(begun->pid);
	begun->fd = fd_close(begun->fd);
	if (begun->has_terminal)
		spawn_give_terminal(getpgrp());
}

void spawn_cancel(struct spawn_begun *begun)
{
	kill(begun->pid, SIGKILL); /* it is not reaped, so it is no other process */
	give_up(begun);
}

pid_t spawn_finish(struct spawn_begun *begun)
{
	int r = -read_error(begun->fd);

	if (r < 0)
		give_up(begun);
	begun->fd = fd_close(begun->fd);
	return r < 0 ? r : begun->pid;
}

pid_t spawn_start(const struct spawn *s)
{
	struct spawn_begun begun;
	int r = s->forked ? spawn_begin(s, &begun) : fork_child(s, false, &begun);

	if (r < 0)
		return r;
	if (s->forked)
		spawn_go(&begun);
	return spawn_finish(&begun);
}

bool spawn_may_pass(int error)
{
	return error == -ENOMEM || error == -EAGAIN || error == -EMFILE || error == -ENFILE;
}

static int wait_for(pid_t pid, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = status;
	return 0;
}

int spawn_run(const struct spawn *s, int timeout_ms, int *ret_status)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	pid_t pid = spawn_start(s);
	int r, status;

	if (pid < 0)
		return pid;
	if (timeout_ms < 0)
		return wait_for(pid, ret_status);
	r = pidref_open(NULL, pid, &ref);
	if (r == -ESRCH) /* it has ended already, and waits to be reaped */
		return wait_for(pid, ret_status);
	if (r < 0)
		ref.pid = pid; /* no descriptor to be had: by looks */
	if (pidref_wait(NULL, &ref, timeout_ms) != -ETIMEDOUT)
		return wait_for(pid, ret_status);
	if (s->group != SPAWN_SAME)
		kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	wait_for(pid, &status);
	return -ETIMEDOUT;
}

int spawn_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

const char *spawn_describe(int wait_status, char buffer[64])
{
	char name[24];

	if (WIFSIGNALED(wait_status))
		snprintf(buffer, 64, "%s%s", sig_name(WTERMSIG(wait_status), name),
			 WCOREDUMP(wait_status) ? ", core dumped" : "");
	else
		snprintf(buffer, 64, "exit status %d", WEXITSTATUS(wait_status));
	return buffer;
}
