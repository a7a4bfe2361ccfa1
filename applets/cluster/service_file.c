/* service_file.c: see service.h: the pid file, as long as the daemon lives. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "applets/cluster/service.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { AGAIN_MS = 5000 };

static void on_again(struct loop *loop, void *context)
{
	(void)loop;
	service_write(context);
}

/* The file itself is watched, not its directory, where others may be busy: each new one anew. That the one before is
 * gone with it is told of another watch, and not looked at. */
static int watch(struct service *s)
{
	const uint32_t events = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_CLOSE_WRITE | IN_DONT_FOLLOW;

	if (s->watch < 0)
		return 0;
	s->watched = inotify_add_watch(s->watch, s->config->pid_path, events);
	return s->watched < 0 ? -errno : 0;
}

int service_write(struct service *s)
{
	int r = pidfile_write(s->config->pid_path, &s->roster);

	if (r == 0 && watch(s) == -ENOENT) /* removed already */
		loop_set_timer(s->loop, AGAIN_MS, on_again, s);
	if (r < 0 && !s->stale)
		service_say(s, "cannot write pid file '%s': %s", s->config->pid_file, log_errno(r));
	s->stale = r < 0;
	if (r < 0)
		loop_set_timer(s->loop, AGAIN_MS, on_again, s);
	return r;
}

/* inotify(7): struct inotify_event, and a name. Is one of them about WATCHED? */
static bool is_about(const char *events, size_t len, int watched)
{
	struct inotify_event event;

	for (size_t at = 0; at + sizeof(event) <= len; at += sizeof(event) + event.len) {
		memcpy(&event, events + at, sizeof(event));
		if (event.wd == watched)
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
	if (n <= 0 || !is_about(events, (size_t)n, s->watched))
		return;
	if (access(s->config->pid_path, F_OK) < 0 && errno == ENOENT)
		what = "removed";
	else if (!is_ours(s))
		what = "changed by somebody else";
	if (what && service_write(s) == 0)
		service_say(s, "pid file '%s' was %s, and is written anew (`stop` ends the cluster)",
			    s->config->pid_file, what);
}

void service_watch_file(struct service *s)
{
	s->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->watch >= 0 && (watch(s) < 0 || loop_add_fd(s->loop, s->watch, POLLIN, on_change, s) < 0))
		s->watch = fd_close(s->watch);
}
