/* logger.c: see logger.h: the daemon's side. */
#include "applets/cluster/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/cluster/logfile.h"
#include "applets/cluster/logger_process.h"
#include "applets/cluster/process.h"
#include "core/cleanup.h"
#include "core/spawn.h"

enum { SEND_TRIES = 100, SEND_WAIT_MS = 100, SWEEP_AT_ONCE = 64 };

/* FD: what goes with it; -1: nothing. The socket holds some hundred messages, and its user may have some hundred
 * descriptors on their way (-ETOOMANYREFS, unix(7)): more wait until some are taken. */
static int send_message(int socket, const char *text, size_t len, int fd)
{
	union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control = { .bytes = "" };
	struct iovec part = { (void *)(uintptr_t)text, len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)),
							     .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	for (int tries = 0; tries < SEND_TRIES; tries++) {
		if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno == EAGAIN || errno == ETOOMANYREFS)
			poll(&(struct pollfd){ .fd = socket, .events = POLLOUT }, errno == EAGAIN, SEND_WAIT_MS);
		else if (errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

static int send_source(const struct logger *l, const struct logger_source *source)
{
	int r = l->control < 0 ? -EPIPE : send_message(l->control, source->name, strlen(source->name), source->fd);

	return r == -EPIPE || r == -ECONNRESET ? 0 : r; /* none runs: the next one gets it with all others */
}

/* It is our child and not reaped: the pid is its own. */
static int start_process(struct logger *l, const struct procfs *proc)
{
	CLEANUP(fd_done) int ours = -1;
	struct logger_process process = { .path = l->path, .out = l->out };
	int ends[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	process.control = ends[1];
	pid = spawn_function(logger_process_run, &process, true);
	close(ends[1]);
	if (pid < 0)
		return pid;
	r = process_identify(proc, pid, &l->process);
	for (size_t i = 0; i < l->count && r == 0; i++)
		r = send_message(ours, l->sources[i].name, strlen(l->sources[i].name), l->sources[i].fd);
	if (r == 0)
		r = send_message(ours, "", 1, -1);
	if (r < 0) {
		kill(pid, SIGKILL); /* it is not reaped, so it is no other process */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		l->process = (struct tree_node){ 0 };
		return r;
	}
	l->control = TAKE_FD(ours);
	return 0;
}

int logger_start(struct logger *l, const struct procfs *proc, const char *path)
{
	CLEANUP(logfile_done) struct logfile file = { .fd = -1 };
	int r = 0;

	*l = LOGGER_NONE;
	l->path = path;
	if (path)
		r = logfile_open(path, &file);
	else
		l->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (r == 0 && !path && l->out < 0)
		r = -errno;
	return r < 0 ? r : start_process(l, proc);
}

int logger_restart(struct logger *l, const struct procfs *proc)
{
	l->control = fd_close(l->control);
	l->process = (struct tree_node){ 0 };
	return start_process(l, proc);
}

static int grow(struct logger *l)
{
	size_t size = l->size ? 2 * l->size : 16;
	struct logger_source *grown;

	if (l->count < l->size)
		return 0;
	if (l->count >= LOGGER_SOURCES_MAX)
		return -EMFILE;
	grown = reallocarray(l->sources, size, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	l->sources = grown;
	l->size = size;
	return 0;
}

static int set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int logger_take(struct logger *l, const char *name, int fd)
{
	CLEANUP(fd_done) int taken = fd;
	struct logger_source *source;
	int r = grow(l);

	if (r == 0)
		r = set_flags(taken);
	if (r < 0)
		return r;
	source = &l->sources[l->count];
	*source = (struct logger_source){ .fd = taken };
	snprintf(source->name, sizeof(source->name), "%s", name);
	r = send_source(l, source);
	if (r < 0)
		return r;
	TAKE_FD(taken);
	l->count++;
	return 0;
}

int logger_add(struct logger *l, const char *name)
{
	CLEANUP(fd_done) int writing = -1;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	writing = ends[1];
	r = logger_take(l, name, ends[0]);
	return r < 0 ? r : TAKE_FD(writing);
}

/* A pipe is done with when no writer has it (POLLHUP) and nothing is left in it (no POLLIN). COUNT of them from FIRST
 * on; those behind them have been looked at. */
static void sweep_some(struct logger *l, size_t first, size_t count)
{
	struct pollfd polled[SWEEP_AT_ONCE];

	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = l->sources[first + i].fd, .events = POLLIN };
	if (poll(polled, count, 0) <= 0)
		return;
	for (size_t i = count; i-- > 0;)
		if (polled[i].revents && !(polled[i].revents & POLLIN)) {
			close(polled[i].fd);
			l->sources[first + i] = l->sources[--l->count];
		}
}

void logger_sweep(struct logger *l)
{
	for (size_t end = l->count; end > 0;) {
		size_t first = end > SWEEP_AT_ONCE ? end - SWEEP_AT_ONCE : 0;

		sweep_some(l, first, end - first);
		end = first;
	}
}

void logger_close(struct logger *l)
{
	for (size_t i = 0; i < l->count; i++)
		close(l->sources[i].fd);
	l->count = 0;
	l->control = fd_close(l->control);
	l->out = fd_close(l->out);
}

void logger_done(struct logger *l)
{
	if (!l)
		return;
	logger_close(l);
	free(l->sources);
	*l = LOGGER_NONE;
}
