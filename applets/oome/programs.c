#include "applets/oome/programs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "applets/oome/supervisor.h"
#include "core/cleanup.h"
#include "core/log.h"

void programs_init(struct programs *programs, const struct oome_config *config, const struct procfs *proc,
		   struct programs_shared *shared, int inotify)
{
	*programs = (struct programs){ .config = config, .proc = proc, .shared = shared, .inotify = inotify };
}

void programs_done(struct programs *programs)
{
	if (!programs)
		return;
	for (size_t i = 0; i < programs->count; i++)
		program_done(&programs->items[i]);
	free(programs->items);
	free(programs->polls);
	free(programs->watches);
	pidset_done(&programs->children);
	programs->items = NULL;
	programs->polls = NULL;
	programs->watches = NULL;
	programs->count = programs->size = programs->watch_count = 0;
}

static size_t index_of(const struct programs *programs, pid_t pid)
{
	size_t i = 0;

	while (i < programs->count && programs->items[i].pid != pid)
		i++;
	return i;
}

static bool avoided(const struct programs *programs, pid_t pid)
{
	for (size_t i = 0; i < PROGRAMS_AVOID_MAX; i++)
		if (programs->shared->avoid[i] == pid)
			return true;
	return false;
}

/* ---- watches ---- */

static void watch_note(struct programs *programs, int watch)
{
	int *watches;

	for (size_t i = 0; i < programs->watch_count; i++)
		if (programs->watches[i] == watch)
			return;
	watches = reallocarray(programs->watches, programs->watch_count + 1, sizeof *watches);
	if (!watches)
		return;
	programs->watches = watches;
	programs->watches[programs->watch_count++] = watch;
}

static bool watch_used(const struct programs *programs, int watch)
{
	for (size_t i = 0; i < programs->count; i++)
		for (size_t k = 0; k < programs->items[i].place_count; k++)
			if (programs->items[i].places[k].watch == watch)
				return true;
	return false;
}

static void drop_unused_watches(struct programs *programs)
{
	size_t kept = 0;

	for (size_t i = 0; i < programs->watch_count; i++) {
		if (watch_used(programs, programs->watches[i]))
			programs->watches[kept++] = programs->watches[i];
		else
			inotify_rm_watch(programs->inotify,
					 programs->watches[i]); /* it may be gone with its directory */
	}
	programs->watch_count = kept;
	programs->changed = false;
}

static void note_watches(struct programs *programs, const struct program *p, int error)
{
	for (size_t k = 0; k < p->place_count; k++)
		if (p->places[k].watch >= 0)
			watch_note(programs, p->places[k].watch);
	if (!error || programs->cannot_watch)
		return;
	programs->cannot_watch = true;
	log_fail("cannot watch a directory of %s: %s (its file is seen at ticks only; see fs.inotify.max_user_watches)",
		 p->name, log_errno(error));
}

void programs_expire_watch(struct programs *programs, int watch)
{
	for (size_t i = 0; i < programs->count; i++)
		for (size_t k = 0; k < programs->items[i].place_count; k++)
			if (programs->items[i].places[k].watch == watch)
				programs->items[i].refreshed_ms = 0;
}

bool programs_touched(struct programs *programs, int watch, const char *name)
{
	bool any = false;

	for (size_t i = 0; i < programs->count; i++)
		for (size_t k = 0; k < programs->items[i].place_count; k++) {
			struct place *place = &programs->items[i].places[k];

			if (place->watch == watch && !strcmp(place->file.name, name))
				any = place->due = true;
		}
	return any;
}

void programs_touched_all(struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		for (size_t k = 0; k < programs->items[i].place_count; k++)
			programs->items[i].places[k].due = true;
}

/* ---- the table ---- */

static int grow(struct programs *programs)
{
	size_t size = programs->size ? 2 * programs->size : 16;
	struct program *items = reallocarray(programs->items, size, sizeof *items);
	struct pollfd *polls;

	if (!items)
		return -ENOMEM;
	programs->items = items;
	polls = reallocarray(programs->polls, size, sizeof *polls);
	if (!polls)
		return -ENOMEM;
	programs->polls = polls;
	programs->size = size;
	return 0;
}

/* The entry of PID, moved to index AT: kept in the order of the kernel's list, the next update finds each at once. */
static struct program *program_at(struct programs *programs, size_t at, pid_t pid, int64_t now_ms)
{
	size_t i = at < programs->count && programs->items[at].pid == pid ? at : index_of(programs, pid);

	if (i == programs->count) {
		if (programs->count == programs->size && grow(programs) < 0)
			return NULL;
		programs->items[programs->count++] = program_new(pid, now_ms);
	}
	if (i != at) {
		struct program moved = programs->items[i];

		programs->items[i] = programs->items[at];
		programs->items[at] = moved;
	}
	return &programs->items[at];
}

/* Another process under the same pid, or another program in it, begins anew. */
static void begin_anew(struct program *p, int64_t now_ms)
{
	struct place_warned warned_file = p->warned_file; /* who calls exec without end is warned of once */

	program_done(p);
	*p = program_new(p->pid, now_ms);
	p->warned_file = warned_file;
}

/* Who of the first COUNT has ended meanwhile, its pid another's perhaps? One call for all pidfds. */
static void drop_ended(struct programs *programs, size_t count, int64_t now_ms)
{
	for (size_t i = 0; i < count; i++)
		programs->polls[i] = (struct pollfd){ .fd = programs->items[i].process.fd, .events = POLLIN };
	if (count && poll(programs->polls, (nfds_t)count, 0) < 0)
		return; /* at the next tick */
	for (size_t i = 0; i < count; i++) {
		struct program *p = &programs->items[i];
		bool ended = p->process.fd >= 0 ? programs->polls[i].revents != 0
						: p->process.pid && pidref_verify(programs->proc, &p->process) < 0;

		if (ended)
			begin_anew(p, now_ms);
	}
}

static bool refresh_due(const struct program *p, int64_t now_ms)
{
	int64_t interval = p->refreshed_ms - p->first_seen_ms;

	if (!p->refreshed_ms ||
	    now_ms - p->refreshed_ms >= (interval < PROGRAMS_REFRESH_MS ? interval : PROGRAMS_REFRESH_MS))
		return true;
	return p->ours && !p->place_count && !program_missing_still(p);
}

static void refresh(struct programs *programs, struct program *p, int64_t now_ms)
{
	int watch_error;

	programs->shared->looking_at = p->pid;
	program_find(p, programs->config, programs->proc, programs->inotify, &watch_error);
	programs->shared->looking_at = 0;
	p->refreshed_ms = p->name ? now_ms : 0;
	p->checked_ms = now_ms;
	programs->changed = true;
	note_watches(programs, p, watch_error);
}

static void update(struct programs *programs, struct program *p, int64_t now_ms)
{
	p->seen = true;
	if (avoided(programs, p->pid))
		return;
	if (p->refreshed_ms && now_ms - p->checked_ms >= PROGRAMS_IMAGE_MS) {
		p->checked_ms = now_ms;
		if (!program_same_image(p))
			begin_anew(p, now_ms);
		p->seen = true;
	}
	if (refresh_due(p, now_ms))
		refresh(programs, p, now_ms);
}

/* The kernel's list of children may lack one while others end: who is still there by its own word stays. */
static bool lives_on(const struct programs *programs, const struct program *p, pid_t supervisord)
{
	CLEANUP(fd_done) int dir = -1;
	struct procparse_stat st;

	if (!p->process.pid || pidref_verify(programs->proc, &p->process) < 0)
		return false;
	dir = procfs_process(programs->proc, p->pid);
	return dir >= 0 && !procfs_stat(dir, &st) && st.ppid == supervisord && st.state != 'Z';
}

static void remove_gone(struct programs *programs, pid_t supervisord)
{
	size_t kept = 0;

	for (size_t i = 0; i < programs->count; i++) {
		struct program *p = &programs->items[i];

		if (p->seen || lives_on(programs, p, supervisord)) {
			programs->items[kept++] = *p;
		} else {
			program_done(p);
			programs->changed = true;
		}
	}
	programs->count = kept;
	for (size_t i = 0; i < PROGRAMS_AVOID_MAX; i++)
		if (programs->shared->avoid[i] && index_of(programs, programs->shared->avoid[i]) == programs->count)
			programs->shared->avoid[i] = 0;
}

int programs_update(struct programs *programs, pid_t supervisord, int64_t now_ms)
{
	int r;

	pidset_reset(&programs->children);
	r = procfs_children(programs->proc, supervisord, &programs->children);
	if (r < 0)
		return r;
	for (size_t i = 0; i < programs->count; i++)
		programs->items[i].seen = false;
	for (size_t i = 0; i < programs->children.count; i++)
		if (!program_at(programs, i, programs->children.pids[i], now_ms))
			return -ENOMEM;
	drop_ended(programs, programs->children.count, now_ms);
	for (size_t i = 0; i < programs->children.count; i++)
		update(programs, &programs->items[i], now_ms);
	remove_gone(programs, supervisord);
	if (programs->changed)
		drop_unused_watches(programs);
	return 0;
}

/* ---- names ---- */

bool programs_unnamed(const struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		if (!programs->items[i].name && !programs->items[i].asked)
			return true;
	return false;
}

void programs_name(struct programs *programs, pid_t pid, const char *group, const char *name)
{
	size_t i = index_of(programs, pid);

	if (i < programs->count && !programs->items[i].name &&
	    !program_set_name(&programs->items[i], programs->config, group, name))
		programs->items[i].refreshed_ms = 0;
}

void programs_named_all(struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		programs->items[i].asked = true;
}

bool programs_has(const struct programs *programs, const char *name)
{
	for (size_t i = 0; i < programs->count; i++) {
		const struct program *p = &programs->items[i];

		if (p->name && supervisor_name_matches(name, p->group, p->name))
			return true;
	}
	return false;
}

/* ---- files ---- */

void programs_each_file(struct programs *programs, programs_found_fn function, void *context)
{
	for (size_t i = 0; i < programs->count; i++) {
		struct program *p = &programs->items[i];

		if (!p->ours || p->disowned || avoided(programs, p->pid))
			continue;
		programs->shared->looking_at = p->pid;
		for (size_t k = 0; k < p->place_count; k++) {
			struct oomefile_id id;

			if (program_look_due(&p->places[k]) &&
			    program_look(p, &p->places[k], programs->config, programs->proc, &id))
				function(p, &p->places[k], &id, context);
		}
		programs->shared->looking_at = 0;
	}
}
