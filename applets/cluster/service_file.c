/* service_file.c: see service.h: the pid file, as long as the daemon lives. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "applets/cluster/service.h"
#include "core/cleanup.h"
#include "core/log.h"

/* It is looked at so often that who waits for it (found_wait()) sees it come back. Not by inotify(7): an instance for
 * each cluster would use up the 128 that a user may have. */
enum { LOOK_MS = 800 };

int service_write(struct service *s)
{
	int r = pidfile_write(s->config->pid_path, &s->roster);

	if (r < 0 && !s->stale)
		service_say(s, "cannot write pid file '%s': %s", s->config->pid_file, log_errno(r));
	s->stale = r < 0;
	if (r == 0 && lstat(s->config->pid_path, &s->written) < 0)
		s->written = (struct stat){ 0 };
	return r;
}

static bool is_as_written(const struct stat *now, const struct stat *then)
{
	return now->st_dev == then->st_dev && now->st_ino == then->st_ino && now->st_mode == then->st_mode &&
	       now->st_size == then->st_size && now->st_mtim.tv_sec == then->st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

/* Can it be read as ours still? We replace it, and never write into it: who has done that was somebody else. */
static bool is_ours(const struct service *s)
{
	CLEANUP(roster_done) struct roster roster = { 0 };
	struct pidfile_stat stat;

	return pidfile_read(s->config->pid_path, &roster, &stat) == 0 && !strcmp(roster.id, s->roster.id);
}

/* What has somebody else done to it? NULL: nothing. */
static const char *what_happened(const struct service *s)
{
	struct stat now;

	if (lstat(s->config->pid_path, &now) < 0)
		return errno == ENOENT ? "removed" : NULL;
	return is_as_written(&now, &s->written) || is_ours(s) ? NULL : "changed by somebody else";
}

static void on_look(struct loop *loop, void *context)
{
	struct service *s = context;
	const char *what = s->stale ? NULL : what_happened(s);

	if (what && service_write(s) == 0)
		service_say(s, "pid file '%s' was %s, and is written anew (`stop` ends the cluster)",
			    s->config->pid_file, what);
	else if (s->stale)
		service_write(s);
	loop_set_timer(loop, LOOK_MS, on_look, s);
}

void service_watch_file(struct service *s)
{
	loop_set_timer(s->loop, LOOK_MS, on_look, s);
}
