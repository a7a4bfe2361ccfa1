#include "applets/oome/watcher.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets/oome/lister.h"
#include "applets/oome/place.h"
#include "applets/oome/supervisor.h"
#include "applets/oome/wards.h"
#include "applets/oome/watcher_words.h"
#include "applets/oome/worker.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/statedir.h"

enum {
	LOOK_EVERY_MS = 10000, /* where ticks come more rarely (TICK_3600): new programs must be found to be watched */
	LOOK_APART_MS = 50,    /* who touches a watched file without end gets no more looks than that */
};

struct watcher {
	const struct watcher_start *start;
	const struct oome_config *config;
	struct loop *loop;
	struct procfs proc;
	struct pidref supervisord;
	struct programs programs;
	struct wards wards;
	struct lister lister;
	int inotify;
	int64_t last_look_ms;
	bool *unknown_said;   /* for each -p NAME: warned of, or seen */
	bool *known_to_rpc;   /* for each -p NAME: supervisord knows it, running or not */
};

static bool can_ask(const struct watcher *w)
{
	(void)w;
	return getenv("SUPERVISOR_SERVER_URL") != NULL;
}

/* ---- names ---- */

static void on_listed_program(pid_t pid, const char *group, const char *name, void *context)
{
	struct watcher *w = context;

	if (pid > 0)
		programs_name(&w->programs, pid, group, name);
	for (size_t i = 0; i < w->config->names.count; i++)
		if (supervisor_name_matches(w->config->names.items[i], group, name))
			w->known_to_rpc[i] = true;
}

static void say_unknown(struct watcher *w)
{
	for (size_t i = 0; i < w->config->names.count; i++) {
		const char *name = w->config->names.items[i];

		if (w->unknown_said[i] || w->known_to_rpc[i] || programs_has(&w->programs, name))
			continue;
		w->unknown_said[i] = true;
		log_fail("supervisord has no program or group named '%s' (it is looked for at each tick)", name);
	}
}

static void look(struct watcher *w);

static void on_listed(bool answered, void *context)
{
	struct watcher *w = context;

	if (!answered)
		return; /* said; asked again at the next tick */
	programs_named_all(&w->programs);
	say_unknown(w);
	look(w);
}

/* Is there a -p NAME of which we cannot say yet whether it is known? */
static bool name_in_doubt(const struct watcher *w)
{
	for (size_t i = 0; i < w->config->names.count; i++)
		if (!w->unknown_said[i] && !w->known_to_rpc[i] &&
		    !programs_has(&w->programs, w->config->names.items[i]))
			return true;
	return false;
}

static void ask_names(struct watcher *w)
{
	int r;

	if (!programs_unnamed(&w->programs) && !name_in_doubt(w))
		return;
	if (!can_ask(w)) {
		say_unknown(w);
		return;
	}
	r = lister_start(&w->lister);
	if (r < 0)
		log_fail("cannot ask supervisord for the names of its programs: %s", log_errno(r));
}

/* ---- looking ---- */

static void on_look_timer(struct loop *loop, void *context)
{
	(void)loop;
	look(context);
}

static void look(struct watcher *w)
{
	int r = programs_update(&w->programs, w->supervisord.pid, loop_now());

	w->last_look_ms = loop_now();
	if (r == -ENOENT || r == -ESRCH) {
		loop_stop(w->loop, 0); /* supervisord is gone, and we are nobody's listener */
		return;
	}
	if (r < 0)
		log_fail("cannot list supervisord's processes: %s (tried again at the next tick)", log_errno(r));
	programs_each_file(&w->programs, wards_found, &w->wards);
	if (w->inotify >= 0)
		loop_set_timer(w->loop, LOOK_EVERY_MS, on_look_timer, w);
}

/* Something happened: look at once, but not more often than LOOK_APART_MS. */
static void look_soon(struct watcher *w)
{
	int64_t since = loop_now() - w->last_look_ms;

	loop_set_timer(w->loop, since >= LOOK_APART_MS ? 0 : LOOK_APART_MS - since, on_look_timer, w);
}

static void tick(struct watcher *w)
{
	wards_take_over(&w->wards);
	look(w);
	ask_names(w);
}

static void on_worker_end(void *context, int result)
{
	struct watcher *w = context;

	if (result == WORKER_DONE || result == WORKER_KEPT)
		look_soon(w); /* the new process is to be watched from its beginning */
}

/* ---- events ---- */

static void answer_with_words(struct watcher *w)
{
	const char byte = WATCHER_WORDS;

	watcher_words(&w->programs, &w->wards, w->start->shared);
	(void)!send(w->start->socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* it waits for no longer than a moment */
}

/* Ticks that came while one was being done are one. Who asks for words does not wait for the tick behind it. */
static void on_socket(struct loop *loop, int fd, short revents, void *context)
{
	struct watcher *w = context;
	char asked[256];
	ssize_t n = recv(fd, asked, sizeof asked, MSG_DONTWAIT);
	uint64_t ticks = 0;

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop_stop(loop, 0);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		ticks += asked[i] == WATCHER_TICK;
	if (ticks < (uint64_t)n)
		answer_with_words(w);
	if (ticks > 0)
		tick(w);
	w->start->shared->ticks_done += ticks;
}

static void on_inotify_event(struct watcher *w, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		programs_touched_all(&w->programs);
		look_soon(w);
	} else if (event->mask & PLACE_ANEW_EVENTS) {
		programs_expire_watch(&w->programs, event->wd);
	} else if (event->len && programs_touched(&w->programs, event->wd, event->name)) {
		look_soon(w);
	}
}

static void on_inotify(struct loop *loop, int fd, short revents, void *context)
{
	_Alignas(struct inotify_event) char block[16384];
	ssize_t n = read(fd, block, sizeof block);

	(void)loop;
	(void)revents;
	for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *event = (const struct inotify_event *)(block + at);

		on_inotify_event(context, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
}

/* ---- start ---- */

/* STATE_DIR/PID-STARTTICKS of this supervisord. Without it everything works but for a kill of listener and worker at
 * once. */
static int open_state_dir(const struct watcher *w)
{
	char path[PATH_MAX];
	CLEANUP(fd_done) int top = statedir_find(w->config->state_dir, "procguard", path, sizeof path);
	int dir = top;

	if (top >= 0)
		dir = record_open_dir(top, &w->proc, &w->supervisord);
	if (dir < 0)
		log_fail("cannot keep notes in '%s': %s (a restart that is cut short would not be completed; see "
			 "--state-dir)",
			w->config->state_dir ? w->config->state_dir : "/run/procguard", log_errno(dir));
	return dir;
}

static int watch_files(struct watcher *w)
{
	if (w->config->no_watch)
		return -1;
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify < 0) {
		log_fail("cannot watch for files: %s (they are seen at ticks only; see fs.inotify.max_user_instances)",
			 log_errno(errno));
		return -1;
	}
	return loop_add_fd(w->loop, w->inotify, POLLIN, on_inotify, w);
}

static int watcher_open(struct watcher *w)
{
	int r = procfs_open(PROCFS_ROOT, &w->proc);

	if (!r)
		r = supervisor_find(&w->proc, &w->supervisord);
	if (r < 0) {
		log_fail("cannot find supervisord among our ancestors: %s", log_errno(r));
		return r;
	}
	w->unknown_said = calloc(w->config->names.count + 1, sizeof(bool));
	w->known_to_rpc = calloc(w->config->names.count + 1, sizeof(bool));
	r = w->unknown_said && w->known_to_rpc ? loop_new(&w->loop) : -ENOMEM;
	if (!r)
		r = loop_add_fd(w->loop, w->start->socket, POLLIN, on_socket, w);
	if (r < 0) {
		log_fail("cannot start: %s", log_errno(r));
		return r;
	}
	watch_files(w);
	programs_init(&w->programs, w->config, &w->proc, w->start->shared, w->inotify);
	w->wards = (struct wards){
		.config = w->config, .proc = &w->proc, .supervisord = &w->supervisord, .loop = w->loop,
		.programs = &w->programs, .state_dir = open_state_dir(w), .on_end = on_worker_end, .context = w,
	};
	w->lister = (struct lister){
		.loop = w->loop,
		.timeout_ms = (int)w->config->timeout_ms,
		.program = on_listed_program,
		.done = on_listed,
		.context = w,
	};
	lister_init(&w->lister);
	return 0;
}

static void watcher_done(struct watcher *w)
{
	programs_done(&w->programs);
	wards_done(&w->wards);
	lister_done(&w->lister);
	fd_close(w->wards.state_dir);
	fd_close(w->inotify);
	loop_free(w->loop);
	pidref_done(&w->supervisord);
	procfs_done(&w->proc);
	free(w->unknown_said);
	free(w->known_to_rpc);
}

int watcher_main(void *context)
{
	CLEANUP(watcher_done) struct watcher w = {
		.start = context,
		.inotify = -1,
		.supervisord = PIDREF_NONE,
		.proc = { .fd = -1 },
		.wards = { .state_dir = -1 },
		.lister = { .fd = -1 },
	};

	w.config = w.start->config;
	fd_close(w.start->foreign_socket);
	if (watcher_open(&w) < 0)
		return 1;
	wards_load(&w.wards);
	look(&w);
	wards_take_over(&w.wards);
	return loop_run(w.loop) < 0;
}
