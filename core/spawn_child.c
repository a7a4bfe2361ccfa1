/* spawn_child.c: see spawn.h: what the child does between fork and exec. */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/keep.h"
#include "core/sig.h"
#include "core/spawn_private.h"

static void close_all_but(int a, int b)
{
	int keep[] = { a, b };

	keep_only(keep, 2);
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
void spawn_give_terminal(pid_t group)
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
		spawn_give_terminal(getpid());
}

static void reset_signals(bool keep_nohup)
{
	struct sigaction hup = { .sa_handler = SIG_DFL };

	sigaction(SIGHUP, NULL, &hup);
	sig_reset();
	if (keep_nohup && hup.sa_handler == SIG_IGN)
		sigaction(SIGHUP, &hup, NULL);
}

/* The child's descriptors. PARENT_FD moves where we were started with 0, 1 or 2 closed, and it is one of them. */
static int set_descriptors(const struct spawn *s, int *parent_fd)
{
	int r, old = *parent_fd;

	if (old < 3) {
		*parent_fd = fcntl(old, F_DUPFD_CLOEXEC, 3);
		if (*parent_fd < 0)
			return -errno;
		close(old);
	}
	r = set_stdio(s->in, s->out, s->err);
	if (r < 0)
		return r;
	if (!s->inherit)
		close_all_but(*parent_fd, s->keep);
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

/* The caller's word: a byte. The end without one: the caller was killed, or does not want us. */
static void pass_gate(int parent_fd)
{
	char go;
	ssize_t n;

	do
		n = read(parent_fd, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(SPAWN_NOT_STARTED);
}

/* Is there a way back to root, or to who we were: a saved id, CAP_SETUID or CAP_SETGID that stays (capabilities(7))? */
static bool has_way_back(const struct spawn_user *user, uid_t old_uid, gid_t old_gid)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return true;
	for (int i = 0; i < 3; i++)
		if (uid[i] != user->uid || gid[i] != user->gid)
			return true;
	if (user->uid == 0) /* root needs no way back */
		return false;
	if (setuid(0) == 0 || (old_uid != user->uid && setuid(old_uid) == 0))
		return true;
	return (user->gid != 0 && setgid(0) == 0) || (old_gid != user->gid && setgid(old_gid) == 0);
}

static int become_user(const struct spawn_user *user)
{
	uid_t old_uid = getuid();
	gid_t old_gid = getgid();

	if (!user)
		return 0;
	if (setgroups(user->group_count, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 || setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	return has_way_back(user, old_uid, old_gid) ? -EPERM : 0;
}

/* Becomes the command, or returns -errno. */
static int become(const struct spawn *s, bool gated, int *parent_fd)
{
	int r;

	enter_group(s->group, s->foreground);
	r = set_descriptors(s, parent_fd);
	if (r == 0)
		r = set_environment(s);
	if (r < 0)
		return r;
	if (gated)
		pass_gate(*parent_fd);
	oomadj_restore(s->oomadj); /* a file of /proc that is root's, once we are another user */
	r = become_user(s->user);
	if (r == 0 && s->directory && chdir(s->directory) < 0)
		r = -errno;
	if (r < 0)
		return r;
	reset_signals(s->inherit);
	if (s->readable)
		prctl(PR_SET_PTRACER, (unsigned long)getppid(), 0, 0, 0); /* EINVAL: a kernel without Yama */
	if (!s->argv[0])
		_exit(0);
	execvp(s->argv[0], s->argv); /* glibc's runs a script without "#!", musl's does not */
	if (errno == ENOEXEC && s->script)
		execv(s->script[0], s->script);
	return -errno;
}

void spawn_child(const struct spawn *s, bool gated, int parent_fd)
{
	int error = -become(s, gated, &parent_fd);

	if (write(parent_fd, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(SPAWN_NOT_STARTED);
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
