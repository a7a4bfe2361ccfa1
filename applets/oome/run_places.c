#include "applets/oome/run_places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "applets/oome/place.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { DELETE_TRIES = 3 };

void run_places_init(struct run_places *places, const struct oome_config *config, const struct procfs *proc,
		     const char *name, const char *given)
{
	*places = (struct run_places){
		.config = config, .proc = proc, .name = name, .given = given,
		.inotify = -1, .environ = BUF(PLACE_ENVIRON_MAX),
	};
	if (config->no_watch)
		return;
	places->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (places->inotify < 0)
		log_fail("cannot watch for oome files: %s (they are looked for every --interval)", log_errno(errno));
}

void run_places_done(struct run_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < places->count; i++)
		oomefile_done(&places->items[i].file);
	places->count = 0;
	places->inotify = fd_close(places->inotify);
	buf_done(&places->environ);
}

/* ---- the table ---- */

static void watch(struct run_places *places, struct run_place *place)
{
	int watch = places->inotify < 0 ? -1 : place_watch(places->proc, &place->file, places->inotify);

	place->watch = watch < 0 ? -1 : watch;
	if (places->inotify < 0 || watch >= 0 || places->cannot_watch)
		return;
	places->cannot_watch = true;
	log_fail("cannot watch the directory of '%s': %s (it is looked at every --interval)", place->file.path,
		 log_errno(watch));
}

/* Takes FILE over. What the latest finder says of a place counts: the program may have become another user. */
static void add(struct run_places *places, struct oomefile *file)
{
	struct run_place *place = places->items, *end = places->items + places->count;

	while (place < end && !place_same(&place->file, file))
		place++;
	if (place == places->items + RUN_PLACES_MAX) {
		oomefile_done(file);
		return;
	}
	if (place < end) {
		oomefile_done(&place->file);
	} else {
		*place = (struct run_place){ .watch = -1, .fresh = true };
		places->count++;
	}
	place->file = *file;
	place->found = true;
	if (place->watch < 0)
		watch(places, place);
}

static void drop(struct run_places *places, size_t at)
{
	int old = places->items[at].watch;
	bool shared = false;

	oomefile_done(&places->items[at].file);
	places->items[at] = places->items[--places->count];
	for (size_t i = 0; i < places->count; i++)
		shared |= places->items[i].watch == old;
	if (old >= 0 && !shared)
		inotify_rm_watch(places->inotify, old);
}

/* ---- finding ---- */

/* The directory that we made is to belong to the user that the program has become: root can write in it anyway. */
static void hand_over(const struct run_places *places, const struct oomefile *file)
{
	struct stat st;

	if (file->owner == 0 || geteuid() != 0 || strcmp(file->path, places->given) != 0)
		return;
	if (fstat(file->dir, &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0700 &&
	    fchownat(file->dir, "", file->owner, (gid_t)-1, AT_EMPTY_PATH) < 0)
		log_fail("cannot give the directory of '%s' to uid %u: %s", file->path, (unsigned)file->owner,
			 log_errno(errno));
}

static int find_one(struct run_places *places, int dir, const char *env, size_t len)
{
	struct oomefile file;
	int r = oomefile_locate(dir, env, len, NULL, &file);

	if (r < 0)
		return r;
	if (places->given)
		hand_over(places, &file);
	add(places, &file);
	return 0;
}

/* The place that the process with the environment in places->environ names. Where its OOME_FILE is only what we gave
 * it, the program may not know of it, and report in the place that it would have without. */
static int find_of_process(struct run_places *places, int dir)
{
	char *env = places->environ.data;
	size_t env_len = places->environ.len, len;
	const char *value = procparse_environ(env, env_len, "OOME_FILE", &len);
	int r = find_one(places, dir, env, env_len);

	if (!places->given || !value || len != strlen(places->given) || memcmp(value, places->given, len) != 0)
		return r;
	env[value - env - 2] = '_'; /* OOME_FIL_=... */
	find_one(places, dir, env, env_len);
	return r;
}

/* Into places->environ. -ESRCH: it has ended, and its environment is gone; of the living it may be empty. */
static int read_environ(struct run_places *places, int dir)
{
	struct procparse_stat stat;
	int r = procfs_read(dir, "environ", &places->environ);

	if (r < 0 && r != -ENOBUFS)
		return r;
	if (places->environ.len == 0 && (procfs_stat(dir, &stat) < 0 || procparse_stat_ended(&stat)))
		return -ESRCH;
	return 0;
}

static int find_of_pid(struct run_places *places, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(places->proc, pid);
	int r = dir < 0 ? dir : read_environ(places, dir);

	return r < 0 ? r : find_of_process(places, dir);
}

static void find_of_descendants(struct run_places *places, pid_t pid)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };

	if (procfs_descendants(places->proc, pid, &set) < 0)
		return;
	for (size_t i = 0; i < place_descendants(set.count); i++)
		find_of_pid(places, set.pids[place_descendant(set.count, i)]);
}

static void add_variable(struct buf *env, const char *name, const char *value)
{
	if (value && buf_printf(env, "%s=%s", name, value) == 0)
		buf_add(env, "", 1);
}

/* Where a child of ours begins; with -o, where it reports. */
static void find_beginning(struct run_places *places)
{
	CLEANUP(fd_done) int dir = places->proc ? procfs_process(places->proc, getpid()) : -1;
	struct buf *env = &places->environ;
	struct oomefile file;
	char path[PATH_MAX];

	buf_reset(env);
	add_variable(env, "OOME_FILE", places->given ? places->given : getenv("OOME_FILE"));
	add_variable(env, "HOMEDIR", getenv("HOMEDIR"));
	if (!places->config->oome_file && dir >= 0)
		find_of_process(places, dir);
	else if (oomefile_path(places->config->oome_file, env->data, env->len, path, sizeof(path)) == 0 &&
		 oomefile_locate(dir, NULL, 0, path, &file) == 0)
		add(places, &file);
}

static bool has_file(const struct run_place *place)
{
	struct stat st;

	return fstatat(place->file.dir, place->file.name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void run_places_find(struct run_places *places, pid_t pid)
{
	bool of_child = pid > 0 && places->proc && !places->config->oome_file;
	bool sweep = pid > 0;

	for (size_t i = 0; i < places->count; i++)
		places->items[i].found = false;
	if (of_child) {
		sweep = find_of_pid(places, pid) == 0;
		find_of_descendants(places, pid);
	} else {
		find_beginning(places);
	}
	/* What nobody names any more goes, unless somebody's last word still lies there. */
	for (size_t i = places->count; sweep && i-- > 0;)
		if (!places->items[i].found && !has_file(&places->items[i]))
			drop(places, i);
}

/* ---- looking ---- */

/* touch(1) creates a file and then sets its times: two versions, one report. */
static bool is_ignored(const struct run_places *places, const struct oomefile_id *id)
{
	for (size_t i = 0; i < RUN_IGNORED_MAX; i++) {
		struct oomefile_id ignored = places->ignored[i];

		if (llabs((long long)(id->ctime_sec - ignored.ctime_sec)) <= 1) {
			ignored.ctime_sec = id->ctime_sec;
			ignored.ctime_nsec = id->ctime_nsec;
		}
		if (oomefile_id_equal(&ignored, id))
			return true;
	}
	return false;
}

void run_places_ignore(struct run_places *places, const struct oomefile_id *id)
{
	places->ignored[places->ignored_count++ % RUN_IGNORED_MAX] = *id;
}

/* The version that lies in PLACE; false: none that may be believed. */
static bool look_at(struct run_places *places, const struct run_place *place, pid_t pid, struct oomefile_id *ret)
{
	const struct procfs *proc = pid > 0 ? places->proc : NULL;
	struct oomefile_id id = { 0 };
	uid_t owner = (uid_t)-1;
	int r = oomefile_look(&place->file, proc, pid, places->config->any_owner, &id, &owner);

	if (r == -EPERM && oomefile_look(&place->file, NULL, 0, true, &id, &owner) == 0 &&
	    oomefile_id_equal(&id, &place->believed))
		r = 0;
	if (r < 0)
		place_complain(&place->file, places->name, r, owner, &places->warned);
	if (r < 0 || !id.exists)
		return false;
	*ret = id;
	return true;
}

/* Delete the file in PLACE, also one that changes meanwhile. REMARK: what its line ends with. */
static void delete(struct run_places *places, const struct run_place *place, struct oomefile_id id, const char *remark)
{
	int r = -ESTALE;

	for (int tries = 0; r == -ESTALE && tries < DELETE_TRIES; tries++) {
		r = oomefile_delete(&place->file, &id);
		if (r == -ESTALE && !look_at(places, place, 0, &id))
			r = -ENOENT;
	}
	if (r == 0)
		log_line("oome file %s was deleted%s", place->file.path, remark);
	if (r == 0 || r == -ENOENT)
		return;
	run_places_ignore(places, &id);
	log_fail("cannot delete oome file '%s': %s (as it is, it is not acted on again)", place->file.path,
		 log_errno(r));
}

static void delete_old(struct run_places *places, const struct run_place *place, const struct oomefile_id *id)
{
	if (!places->config->dry) {
		delete(places, place, *id, " (it was there before the start)");
		return;
	}
	run_places_ignore(places, id);
	log_line("oome file %s was there before %s was started, not deleting due to dry-run", place->file.path,
		 places->name);
}

static bool older(const struct oomefile_id *id, const struct timespec *time)
{
	return id->ctime_sec < time->tv_sec || (id->ctime_sec == time->tv_sec && id->ctime_nsec < time->tv_nsec);
}

bool run_places_look(struct run_places *places, pid_t pid, struct run_report *ret)
{
	for (size_t i = 0; i < places->count; i++) {
		struct run_place *place = &places->items[i];
		bool fresh = place->fresh;
		struct oomefile_id id;

		place->fresh = false;
		if (!look_at(places, place, pid, &id) || is_ignored(places, &id))
			continue;
		if (!fresh || !older(&id, &places->started)) {
			place->believed = id;
			*ret = (struct run_report){ place, id };
			return true;
		}
		delete_old(places, place, &id);
	}
	return false;
}

void run_places_clear(struct run_places *places)
{
	struct oomefile_id id;

	for (size_t i = 0; i < places->count; i++)
		if (look_at(places, &places->items[i], 0, &id) && !is_ignored(places, &id))
			delete(places, &places->items[i], id, "");
}

void run_places_start(struct run_places *places)
{
	struct oomefile_id id;

	find_beginning(places);
	for (size_t i = 0; i < places->count; i++) {
		places->items[i].fresh = false;
		if (look_at(places, &places->items[i], 0, &id) && !is_ignored(places, &id))
			delete_old(places, &places->items[i], &id);
	}
	clock_gettime(CLOCK_REALTIME_COARSE, &places->started); /* ctime is of this clock, a tick behind the fine one */
}

/* ---- inotify ---- */

static bool is_ours(const struct run_places *places, const struct inotify_event *event)
{
	for (size_t i = 0; event->len && i < places->count; i++)
		if (places->items[i].watch == event->wd && !strcmp(places->items[i].file.name, event->name))
			return true;
	return false;
}

bool run_places_event(struct run_places *places, bool *ret_find)
{
	_Alignas(struct inotify_event) char block[4096];
	ssize_t n = read(places->inotify, block, sizeof(block));
	bool look = false, find = false;

	for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *event = (const struct inotify_event *)(block + at);

		find |= (event->mask & (PLACE_ANEW_EVENTS | IN_Q_OVERFLOW)) != 0;
		look |= is_ours(places, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	*ret_find = find;
	return look || find;
}
