/* spawn.c: see spawn.h. */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/pidref.h"
#include "core/sig.h"

/* Linux 5.9; older C libraries do not name it. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { CLOSE_BOUND = 65536 }; /* where there is no close_range(2) and no low limit */

static void close_between(int first, int last)
{
	struct rlimit limit;
	int bound = CLOSE_BOUND;

	if (first > last || syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)bound)
		bound = (int)limit.rlim_cur;
	for (int fd = first; fd <= last && fd < bound; fd++)
		close(fd);
}

/* Close every descriptor above 2 but A, which is above it, and B. */
static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	close_between(3, low - 1);
	close_between(low < 3 ? 3 : low + 1, high - 1);
	close_between(high + 1, INT_MAX);
}

void spawn_keep_only(int fd)
{
	close_all_but(fd, 0);
}

/* An end that reads nothing: /dev/null, or a pipe nobody writes to where an empty chroot has none. */
static int open_nothing(void)
{
	int ends[2], fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0 || pipe2(ends, O_CLOEXEC) < 0)
		return fd;
	close(ends[1]);
	return ends[0];
}

/* What stands where we were started without a descriptor (O_PATH, see main()) is none. A child must not get it: Python,
 * for one, does not start with a directory as its standard input. */
static bool is_open(int fd)
{
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;

	return flags >= 0 && !(flags & O_PATH);
}

/* A copy of WANTED that no dup2() onto 0, 1 or 2 can overwrite. FALLBACK stands for a WANTED of -1. */
static int copy_above(int wanted, int fallback)
{
	int copy = -1, nothing;

	if (wanted < 0)
		wanted = fallback;
	if (is_open(wanted))
		copy = fcntl(wanted, F_DUPFD_CLOEXEC, 3);
	if (copy >= 0)
		return copy;
	nothing = open_nothing();
	if (nothing < 0 || nothing > 2)
		return nothing;
	copy = fcntl(nothing, F_DUPFD_CLOEXEC, 3);
	close(nothing);
	return copy;
}

static int set_stdio(int in, int out, int err)
{
	int copies[3] = { copy_above(in, -1), copy_above(out, STDERR_FILENO), copy_above(err, STDERR_FILENO) };

	for (int fd = 0; fd < 3; fd++) {
		if (copies[fd] < 0 || dup2(copies[fd], fd) < 0)
			return -errno;
		close(copies[fd]);
	}
	return 0;
}

/* Both sides of a fork do this, whoever comes first; a process outside the foreground group that calls tcsetpgrp(3) is
 * stopped by SIGTTOU unless it blocks that. */
static void give_terminal(pid_t group)
{
	sigset_t ttou, old;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &old);
	tcsetpgrp(STDIN_FILENO, group);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void enter_group(enum spawn_group group, bool foreground)
{
	if (group == SPAWN_SESSION)
		setsid();
	if (group != SPAWN_GROUP)
		return;
	setpgid(0, 0);
	if (foreground)
		give_terminal(getpid());
}

static void reset_signals(bool keep_nohup)
{
	struct sigaction hup = { .sa_handler = SIG_DFL };

	sigaction(SIGHUP, NULL, &hup);
	sig_reset();
	if (keep_nohup && hup.sa_handler == SIG_IGN)
		sigaction(SIGHUP, &hup, NULL);
}

/* The child's descriptors. ERROR_FD moves where we were started with 0, 1 or 2 closed, and it is one of them. */
static int set_descriptors(const struct spawn *s, int *error_fd)
{
	int r;

	if (*error_fd < 3) {
		*error_fd = fcntl(*error_fd, F_DUPFD_CLOEXEC, 3);
		if (*error_fd < 0)
			return -errno;
	}
	r = set_stdio(s->in, s->out, s->err);
	if (r < 0)
		return r;
	if (!s->inherit)
		close_all_but(*error_fd, s->keep);
	if (s->keep > 2 && fcntl(s->keep, F_SETFD, 0) < 0)
		return -errno;
	return 0;
}

static int set_environment(const struct spawn *s)
{
	char pid[16];

	for (const char *const *entry = s->env; entry && *entry; entry++)
		if ((strchr(*entry, '=') ? putenv((char *)(uintptr_t)*entry) : unsetenv(*entry)) != 0)
			return -errno;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	return s->pid_variable && setenv(s->pid_variable, pid, 1) != 0 ? -errno : 0;
}

/* In the child: becomes the command, or returns -errno. */
static int become(const struct spawn *s, int *error_fd)
{
	int r;

	enter_group(s->group, s->foreground);
	r = set_descriptors(s, error_fd);
	if (r == 0)
		r = set_environment(s);
	if (r < 0)
		return r;
	oomadj_restore(s->oomadj);
	reset_signals(s->inherit);
	execvp(s->argv[0], s->argv);
	return -errno;
}

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

pid_t spawn_start(const struct spawn *s)
{
	int ends[2];
	int r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	r = pid < 0 ? -errno : 0;
	if (pid == 0) {
		int error_fd = ends[1], error = -become(s, &error_fd);

		if (write(error_fd, &error, sizeof(error)) < 0)
			_exit(126);
		_exit(127);
	}
	close(ends[1]);
	if (pid > 0 && s->group == SPAWN_GROUP) {
		setpgid(pid, pid);
		if (s->foreground)
			give_terminal(pid);
	}
	if (pid > 0)
		r = -read_error(ends[0]);
	close(ends[0]);
	if (pid > 0 && r < 0) {
		reap_failed(pid);
		if (s->foreground && s->group == SPAWN_GROUP)
			give_terminal(getpgrp());
	}
	return r < 0 ? r : pid;
}

bool spawn_may_pass(int error)
{
	return error == -ENOMEM || error == -EAGAIN || error == -EMFILE || error == -ENFILE;
}

pid_t spawn_function(int (*function)(void *context), void *context, bool own_session)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	enter_group(own_session ? SPAWN_SESSION : SPAWN_SAME, false);
	if (set_stdio(-1, -1, STDERR_FILENO) < 0)
		_exit(1);
	sig_reset();
	sig_ignore_pipe();
	_exit(function(context) & 0xff);
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
