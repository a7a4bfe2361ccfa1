/* selfreport_file.c: see selfreport.h: a file that asks for a report by appearing or being touched. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/selfreport_private.h"

#define EVENTS (IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define LOST (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

enum {
	SETTLE_MS = 20,  /* touch(1) makes a file and stamps it: one report */
	LOOK_MS = 1000,  /* where nothing tells */
	PATH_MS = 5000,  /* nothing tells either that a link on the path leads elsewhere, or one above was moved */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Is it there, and not what it was? */
static bool has_changed(struct selfreport *s)
{
	struct stat now;
	bool present = lstat(s->file, &now) == 0, changed = present && !(s->present && is_same(&s->seen, &now));

	s->present = present;
	if (present)
		s->seen = now;
	return changed;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "touch": ".", "/touch": "/", "/run/app/touch": "/run/app/". Of the directory that is watched it is the same watch. */
static void watch(struct selfreport *s)
{
	int len = (int)(name_of(s->file) - s->file), before = s->watch;
	char directory[PATH_MAX];

	if (s->inotify < 0)
		return;
	snprintf(directory, sizeof directory, "%.*s", len ? len : 1, len ? s->file : ".");
	s->watch = inotify_add_watch(s->inotify, directory, EVENTS);
	if (before >= 0 && before != s->watch)
		inotify_rm_watch(s->inotify, before);
}

static void on_look(struct loop *loop, void *context)
{
	struct selfreport *s = context;

	s->settling = false;
	watch(s);
	if (has_changed(s))
		selfreport_ask(s);
	loop_set_timer(loop, s->watch < 0 ? LOOK_MS : PATH_MS, on_look, s);
}

/* A directory that was moved is watched where it is now, which is not where the file's is. */
static bool is_news(struct selfreport *s, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	if (event->wd != s->watch)
		return false;
	if (event->mask & LOST) {
		inotify_rm_watch(s->inotify, s->watch);
		s->watch = -1;
		return true;
	}
	return event->len > 0 && !strcmp(event->name, name_of(s->file));
}

static void on_events(struct loop *loop, int fd, short revents, void *context)
{
	_Alignas(struct inotify_event) char block[4096];
	struct selfreport *s = context;
	ssize_t n = read(fd, block, sizeof block);
	bool news = false;

	(void)revents;
	for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *event = (const struct inotify_event *)(block + at);

		news |= is_news(s, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
	if (news && !s->settling)
		loop_set_timer(loop, SETTLE_MS, on_look, s);
	s->settling |= news;
}

int selfreport_watch_file(struct selfreport *s, const char *file)
{
	int r = strlen(file) < PATH_MAX ? loop_reserve_timer(s->loop, on_look, s) : -ENAMETOOLONG;

	if (r < 0)
		return r;
	s->file = file;
	s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->inotify >= 0)
		r = loop_add_fd(s->loop, s->inotify, POLLIN, on_events, s);
	if (r < 0)
		return r;
	watch(s);
	has_changed(s);
	loop_set_timer(s->loop, s->watch < 0 ? LOOK_MS : PATH_MS, on_look, s);
	return 0;
}

void selfreport_file_done(struct selfreport *s)
{
	if (!s->file)
		return;
	loop_clear_timer(s->loop, on_look, s);
	loop_remove_fd(s->loop, s->inotify);
	s->inotify = fd_close(s->inotify);
	s->watch = -1;
	s->file = NULL;
}
