/* service_file.c: see service.h: the pid file, as long as the daemon lives. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "applets/cluster/path.h"
#include "applets/cluster/service.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { AGAIN_MS = 5000 };

static void on_again(struct loop *loop, void *context)
{
	(void)loop;
	service_write(context);
}

int service_write(struct service *s)
{
	int r = pidfile_write(s->config->pid_path, &s->roster);

	if (r < 0 && !s->stale)
		service_say(s, "cannot write pid file '%s': %s", s->config->pid_file, log_errno(r));
	s->stale = r < 0;
	if (r < 0)
		loop_set_timer(s->loop, AGAIN_MS, on_again, s);
	else
		loop_clear_timer(s->loop, on_again, s);
	return r;
}

/* inotify(7): struct inotify_event, and its name, padded. Is one of them about NAME itself? */
static bool is_about(const char *events, size_t len, const char *name)
{
	struct inotify_event event;

	for (size_t at = 0; at + sizeof(event) <= len; at += sizeof(event) + event.len) {
		memcpy(&event, events + at, sizeof(event));
		if (event.len > 0 && !strcmp(events + at + sizeof(event), name))
			return true;
	}
	return false;
}

/* Can it be read as ours still? We replace it, and never write into it: who has done that was somebody else. */
static bool is_ours(const struct service *s)
{
	CLEANUP(roster_done) struct roster roster = { 0 };
	struct pidfile_stat stat;

	return pidfile_read(s->config->pid_path, &roster, &stat) == 0 && !strcmp(roster.id, s->roster.id);
}

static void on_change(struct loop *loop, int fd, short revents, void *context)
{
	char events[4096];
	struct service *s = context;
	ssize_t n = read(fd, events, sizeof(events));
	const char *what = NULL;

	(void)revents;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		loop_remove_fd(loop, fd);
	if (access(s->config->pid_path, F_OK) < 0 && errno == ENOENT)
		what = "removed";
	else if (n > 0 && is_about(events, (size_t)n, path_name(s->config->pid_path)) && !is_ours(s))
		what = "changed by somebody else";
	if (what && service_write(s) == 0)
		service_say(s, "pid file '%s' was %s, and is written anew (`stop` ends the cluster)",
			    s->config->pid_file, what);
}

void service_watch_file(struct service *s)
{
	CLEANUP(free_done) char *directory = path_parent(s->config->pid_path);
	const uint32_t events = IN_DELETE | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR;

	s->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->watch < 0 || !directory || inotify_add_watch(s->watch, directory, events) < 0 ||
	    loop_add_fd(s->loop, s->watch, POLLIN, on_change, s) < 0)
		s->watch = fd_close(s->watch);
}
