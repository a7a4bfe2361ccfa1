#include "applets/oome/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/oome/place.h"
#include "applets/oome/supervisor.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/procparse.h"

struct program program_new(pid_t pid, int64_t now_ms)
{
	return (struct program){
		.pid = pid, .process = PIDREF_NONE, .environ_fd = -1, .missing_in = -1, .first_seen_ms = now_ms
	};
}

static void forget_missing(struct program *p)
{
	p->missing_in = fd_close(p->missing_in);
	free(p->missing_name);
	p->missing_name = NULL;
}

static void forget_places(struct program *p)
{
	for (size_t i = 0; i < p->place_count; i++)
		oomefile_done(&p->places[i].file);
	free(p->places);
	p->places = NULL;
	p->place_count = 0;
	forget_missing(p);
}

void program_done(struct program *p)
{
	if (!p)
		return;
	forget_places(p);
	p->environ_fd = fd_close(p->environ_fd);
	pidref_done(&p->process);
	free(p->group);
	free(p->name);
	p->group = p->name = NULL;
}

bool program_same_image(const struct program *p)
{
	char byte;

	/* The memory that an open environ reads from is gone when the process has ended or called exec: one byte
	 * tells. */
	return p->environ_fd < 0 || pread(p->environ_fd, &byte, 1, 0) == 1;
}

/* ---- its name ---- */

static bool wanted(const struct oome_config *config, const char *group, const char *name)
{
	const char *own_group = getenv("SUPERVISOR_GROUP_NAME"), *own_name = getenv("SUPERVISOR_PROCESS_NAME");

	if (own_group && own_name && !strcmp(group, own_group) && !strcmp(name, own_name))
		return false; /* the listener itself */
	if (config->all)
		return true;
	for (size_t i = 0; i < config->names.count; i++)
		if (supervisor_name_matches(config->names.items[i], group, name))
			return true;
	return false;
}

int program_set_name(struct program *p, const struct oome_config *config, const char *group, const char *name)
{
	char *new_group = strdup(group), *new_name = strdup(name);

	if (!new_group || !new_name) {
		free(new_group);
		free(new_name);
		return -ENOMEM;
	}
	free(p->group);
	free(p->name);
	p->group = new_group;
	p->name = new_name;
	p->ours = !p->disowned && wanted(config, group, name);
	return 0;
}

static int name_from_environ(struct program *p, const struct oome_config *config, const struct buf *env)
{
	size_t group_len, name_len;
	const char *group = procparse_environ(env->data, env->len, "SUPERVISOR_GROUP_NAME", &group_len);
	const char *name = procparse_environ(env->data, env->len, "SUPERVISOR_PROCESS_NAME", &name_len);
	CLEANUP(free_done) char *group_copy = group && group_len ? strndup(group, group_len) : NULL;
	CLEANUP(free_done) char *name_copy = name && name_len ? strndup(name, name_len) : NULL;

	return group_copy && name_copy ? program_set_name(p, config, group_copy, name_copy) : -ENOENT;
}

/* ---- its places ---- */

static bool place_known(const struct program *p, const struct oomefile *file)
{
	for (size_t i = 0; i < p->place_count; i++)
		if (place_same(&p->places[i].file, file))
			return true;
	return p->place_count == PROGRAM_PLACES_MAX;
}

/* Takes FILE over. */
static void place_add(struct program *p, struct oomefile *file, const struct procfs *proc, int inotify,
		      int *ret_watch_error)
{
	struct place *places;
	int watch;

	if (place_known(p, file) || !(places = reallocarray(p->places, p->place_count + 1, sizeof *places))) {
		oomefile_done(file);
		return;
	}
	watch = inotify < 0 ? -1 : place_watch(proc, file, inotify);
	if (inotify >= 0 && watch < 0)
		*ret_watch_error = -watch;
	p->places = places;
	p->places[p->place_count++] = (struct place){
		.file = *file, .watch = watch < 0 ? -1 : watch, .local = place_is_local(file), .due = true,
	};
}

static void warn_rights(struct program *p, int dir, int error)
{
	struct stat st;

	if (p->warned_rights || fstat(dir, &st) < 0)
		return;
	p->warned_rights = true;
	log_fail("cannot look into %s (pid %d): %s (run as root or as uid %u, or name its file by -o)", p->name,
		 (int)p->pid, log_errno(error), (unsigned)st.st_uid);
}

/* Remember which entry a relative path lacks at its beginning, so that a tick need only ask for that one. */
static void note_missing(struct program *p, int dir, const struct buf *env)
{
	char path[PATH_MAX];
	size_t n;

	if (oomefile_path(NULL, env->data, env->len, path, sizeof path) < 0)
		return;
	n = strcspn(path, "/");
	if (!n || !path[n] || !strncmp(path, "./", 2) || !strncmp(path, "../", 3))
		return;
	p->missing_in = procfs_cwd(dir);
	p->missing_name = strndup(path, n);
	if (!program_missing_still(p))
		forget_missing(p);
}

bool program_missing_still(const struct program *p)
{
	struct stat st;

	return p->missing_in >= 0 && p->missing_name &&
	       fstatat(p->missing_in, p->missing_name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* What find_place() needs to know beside the process. */
struct finding {
	struct program *p;
	const struct oome_config *config;
	const struct procfs *proc;
	int inotify;
	int *ret_watch_error;
};

/* The place that the process with the /proc directory DIR names. */
static int find_place(const struct finding *f, int dir, const struct buf *env)
{
	struct oomefile file;
	int r = oomefile_locate(dir, env->data, env->len, f->config->oome_file, &file);

	if (!r)
		place_add(f->p, &file, f->proc, f->inotify, f->ret_watch_error);
	return r;
}

static bool read_environ(int dir, struct buf *ret)
{
	int r;

	buf_reset(ret);
	r = procfs_read(dir, "environ", ret);
	return (!r || r == -ENOBUFS) && ret->len;
}

/* supervisord's child may be a wrapper (su -c, sh -c): what its descendants say counts too. */
static void find_descendants_places(const struct finding *f)
{
	CLEANUP(pidset_done) struct pidset set = { 0 };
	CLEANUP(buf_done) struct buf env = BUF(PLACE_ENVIRON_MAX);

	if (procfs_descendants(f->proc, f->p->pid, &set) < 0)
		return;
	for (size_t i = 0; i < place_descendants(set.count); i++) {
		CLEANUP(fd_done) int dir = procfs_process(f->proc, set.pids[place_descendant(set.count, i)]);

		if (dir >= 0 && read_environ(dir, &env))
			find_place(f, dir, &env);
	}
}

static void find_places(const struct finding *f, int dir, const struct buf *env)
{
	int r = find_place(f, dir, env);

	if (r == -EACCES || r == -EPERM)
		warn_rights(f->p, dir, r);
	else if (r == -ENOENT && !f->config->oome_file)
		note_missing(f->p, dir, env);
	if (!f->config->oome_file)
		find_descendants_places(f);
}

/* Open and read the environment; from here on program_same_image() compares with what is now. */
static int renew_image(struct program *p, int dir, struct buf *env)
{
	int r;

	p->environ_fd = fd_close(p->environ_fd);
	p->environ_fd = openat(dir, "environ", O_RDONLY | O_CLOEXEC);
	r = p->environ_fd < 0 ? -errno : buf_read_fd(env, p->environ_fd);
	return r == -ENOBUFS ? 0 : r; /* what fits is enough: our names stand at the beginning or not at all */
}

/* Refer to the process. A zombie has no name any more: nobody need be asked for it. */
static int renew_process(struct program *p, const struct procfs *proc)
{
	int r = p->process.pid ? pidref_verify(proc, &p->process) : pidref_open(proc, p->pid, &p->process);

	if (r == -ESRCH)
		p->asked = true;
	return r;
}

void program_find(struct program *p, const struct oome_config *config, const struct procfs *proc, int inotify,
		  int *ret_watch_error)
{
	const struct finding f = {
		.p = p, .config = config, .proc = proc, .inotify = inotify, .ret_watch_error = ret_watch_error
	};
	CLEANUP(buf_done) struct buf env = BUF(PLACE_ENVIRON_MAX);
	CLEANUP(fd_done) int dir = procfs_process(proc, p->pid);
	int r;

	*ret_watch_error = 0;
	if (dir < 0 || renew_process(p, proc) < 0)
		return;
	r = renew_image(p, dir, &env);
	forget_places(p);
	if (!r)
		name_from_environ(p, config, &env);
	if (!p->name || !p->ours)
		return;
	if (r < 0 && !config->oome_file)
		warn_rights(p, dir, r);
	else
		find_places(&f, dir, &env);
}

/* ---- its files ---- */

bool program_look_due(const struct place *place)
{
	return place->due || place->present || place->watch < 0 || !place->local;
}

bool program_look(struct program *p, struct place *place, const struct oome_config *config,
		  const struct procfs *proc, struct oomefile_id *ret)
{
	struct oomefile_id id = { 0 };
	uid_t owner = (uid_t)-1;
	int r = oomefile_look(&place->file, proc, p->pid, config->any_owner, &id, &owner);

	place->due = false;
	place->present = r < 0 || id.exists;
	if (r < 0)
		place_complain(&place->file, p->name, r, owner, &p->warned_file);
	if (r < 0 || !id.exists)
		return false;
	*ret = id;
	return true;
}
