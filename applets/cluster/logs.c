/* logs.c: `logs`: what members have printed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/cluster/cluster.h"
#include "applets/cluster/linelog.h"
#include "applets/cluster/logfile.h"
#include "applets/cluster/logread.h"
#include "applets/cluster/path.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/sig.h"

enum {
	OUT_MAX = 64 << 10,
	OPEN_TRIES = 3,
	LOOK_MS = 200,         /* where there is no inotify(7) */
	LOOK_ANYWAY_MS = 1000, /* where there is: it tells of no other machine (NFS), of no directory that was moved */
};

struct logs {
	const char *path;
	char old_path[PATH_MAX];
	char *const *names;  /* of members: all where there is none */
	int now, before;     /* PATH and PATH.1 as they were found last; -1. Open, so that they are known again */
	int watch;           /* inotify; -1 */
	size_t skipped;      /* lines that are not to be shown yet */
	bool showing;        /* the line that a piece is of */
	struct buf out;
	struct logfile to;
	int error;           /* of writing to it */
	struct logread read;
};

static void logs_done(struct logs **logs)
{
	struct logs *l = *logs;

	if (!l)
		return;
	fd_close(l->now);
	fd_close(l->before);
	fd_close(l->watch);
	buf_done(&l->out);
	free(l);
}

/* ---- what is shown ---- */

static void flush(struct logs *l)
{
	if (l->error == 0 && l->out.len > 0)
		l->error = logfile_write(&l->to, l->out.data, l->out.len);
	buf_reset(&l->out);
}

static bool is_wanted(const struct logs *l, const struct logread_line *line)
{
	for (char *const *name = l->names; *name; name++)
		if (logread_is_of(line, *name))
			return true;
	return !*l->names;
}

/* The file need not be what the logger has written: it is escaped again. */
static void show(struct logs *l, const struct logread_line *line)
{
	size_t done = 0;

	if (line->begins) {
		l->showing = is_wanted(l, line);
		if (l->showing && l->skipped > 0) {
			l->skipped--;
			l->showing = false;
		}
	}
	while (l->showing && done < line->len && l->error == 0) {
		done += linelog_escape(&l->out, line->text + done, line->len - done);
		if (done < line->len)
			flush(l);
	}
	if (l->showing && line->ends && buf_add(&l->out, "\n", 1) < 0) {
		flush(l);
		buf_add(&l->out, "\n", 1);
	}
}

/* From where the reading is to the end so far; WHOLE: it will not go on. */
static int show_more(struct logs *l, bool whole)
{
	struct logread_line line;
	int r;

	while ((r = logread_next(&l->read, &line)) > 0 && l->error == 0)
		show(l, &line);
	if (r == 0 && whole && logread_rest(&l->read, &line))
		show(l, &line);
	flush(l);
	return r < 0 ? r : l->error;
}

static int show_whole(struct logs *l, int fd)
{
	logread_begin(&l->read, fd);
	return show_more(l, true);
}

/* Add the number of lines in FD that are wanted. */
static int count(struct logs *l, int fd, size_t *lines)
{
	struct logread_line line;
	int r;

	logread_begin(&l->read, fd);
	while ((r = logread_next(&l->read, &line)) > 0)
		*lines += line.begins && is_wanted(l, &line);
	if (r == 0 && logread_rest(&l->read, &line))
		*lines += line.begins && is_wanted(l, &line);
	return r;
}

/* Only the last LINES are to be shown. */
static int skip(struct logs *l, size_t lines)
{
	size_t all = 0;
	int r = count(l, l->before, &all);

	if (r == 0)
		r = count(l, l->now, &all);
	l->skipped = all > lines ? all - lines : 0;
	return r;
}

/* ---- which files ---- */

static bool is_same(int a, int b)
{
	struct stat x, y;

	return a >= 0 && b >= 0 && fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* -1 in RET: there is none. */
static int open_one(const char *path, int *ret)
{
	int fd = logread_open(path);

	if (fd < 0 && fd != -ENOENT)
		return fd;
	*ret = fd < 0 ? -1 : fd;
	return 0;
}

/* Both: one that is rotated in between is not taken for two. */
static int open_both(const struct logs *l, int *ret_now, int *ret_before)
{
	CLEANUP(fd_done) int now = -1;
	CLEANUP(fd_done) int before = -1;

	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		int r;

		now = fd_close(now);
		before = fd_close(before);
		r = open_one(l->path, &now);
		if (r == 0)
			r = open_one(l->old_path, &before);
		if (r < 0)
			return r;
		if (!is_same(now, before))
			break;
	}
	*ret_now = TAKE_FD(now);
	*ret_before = TAKE_FD(before);
	return 0;
}

/* Is there a log of that name which we are not reading? */
static bool is_replaced(const struct logs *l)
{
	struct stat there, ours;

	if (lstat(l->path, &there) < 0)
		return false;
	return l->now < 0 || fstat(l->now, &ours) < 0 || there.st_dev != ours.st_dev || there.st_ino != ours.st_ino;
}

/* Go on to the new log. Who was slow finds it rotated twice, and shows the one between. */
static int go_on(struct logs *l)
{
	CLEANUP(fd_done) int now = -1;
	CLEANUP(fd_done) int before = -1;
	int r = open_both(l, &now, &before);

	if (r == 0 && before >= 0 && !is_same(before, l->now) && !is_same(before, l->before))
		r = show_whole(l, before);
	if (r < 0)
		return r;
	fd_close(l->now);
	fd_close(l->before);
	l->now = TAKE_FD(now);
	l->before = TAKE_FD(before);
	logread_begin(&l->read, l->now);
	return 0;
}

/* ---- -F ---- */

static void start_watch(struct logs *l)
{
	CLEANUP(fd_done) int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	CLEANUP(free_done) char *directory = path_parent(l->path);

	if (fd >= 0 && directory &&
	    inotify_add_watch(fd, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) >= 0)
		l->watch = TAKE_FD(fd);
}

/* False: nobody reads what we print any more. */
static bool wait_for_more(struct logs *l)
{
	struct pollfd wait[] = { { .fd = STDOUT_FILENO }, { .fd = l->watch, .events = POLLIN } };
	char events[4096];

	if (poll(wait, 2, l->watch < 0 ? LOOK_MS : LOOK_ANYWAY_MS) <= 0)
		return true;
	while (l->watch >= 0 && read(l->watch, events, sizeof(events)) > 0)
		;
	return wait[0].revents == 0;
}

/* What is written until a log is rotated is in it before there is a new one: it is read once more then. */
static int follow(struct logs *l)
{
	int r;

	do {
		if (l->watch < 0)
			start_watch(l);
		r = show_more(l, false);
		while (r == 0 && is_replaced(l)) {
			r = show_more(l, true);
			if (r == 0)
				r = go_on(l);
			if (r == 0)
				r = show_more(l, false);
		}
	} while (r == 0 && wait_for_more(l));
	return r;
}

/* ---- the command ---- */

static int run(struct logs *l, const struct typed *typed)
{
	int r = open_both(l, &l->now, &l->before);

	if (r == 0 && l->now < 0 && l->before < 0 && !typed->follow)
		return -ENOENT;
	if (r == 0 && typed->lines < INT_MAX)
		r = skip(l, (size_t)typed->lines);
	if (r == 0)
		r = show_whole(l, l->before);
	if (r < 0)
		return r;
	logread_begin(&l->read, l->now);
	if (!typed->follow)
		return show_more(l, true);
	r = show_more(l, false);
	l->skipped = 0;
	return r < 0 ? r : follow(l);
}

static int fail(const struct logs *l, int error)
{
	if (l->error == -EPIPE)
		return 0;
	if (l->error < 0)
		log_fail("cannot write to standard output: %s", log_errno(l->error));
	else if (error == -ENOENT)
		log_fail("there is no log '%s' (`start` makes it; `run` prints to its standard output)", l->path);
	else if (error == -EINVAL)
		log_fail("cannot read the log '%s': it is no regular file, and keeps nothing", l->path);
	else
		log_fail("cannot read the log '%s': %s", l->path, log_errno(error));
	return 1;
}

/* All memory there will be. NULL: there is none. */
static struct logs *make(const struct cluster *c)
{
	CLEANUP(logs_done) struct logs *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->now = l->before = l->watch = -1;
	l->path = c->config.log_path;
	l->names = c->operands;
	l->out = BUF(OUT_MAX);
	snprintf(l->old_path, sizeof(l->old_path), "%s.1", l->path);
	logfile_attach(STDOUT_FILENO, &l->to);
	return buf_reserve(&l->out, OUT_MAX) < 0 ? NULL : TAKE_PTR(l);
}

int logs_main(struct cluster *c)
{
	CLEANUP(logs_done) struct logs *l = NULL;
	int r;

	if (c->typed.lines < 0) {
		log_fail("-n %d: a number of lines is not negative", c->typed.lines);
		return 2;
	}
	l = make(c);
	if (!l) {
		log_fail("cannot show the log: %s", log_errno(ENOMEM));
		return 1;
	}
	sig_ignore_pipe();
	r = run(l, &c->typed);
	return r < 0 ? fail(l, r) : 0;
}
