#include "applets/oome/oomefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inroot.h"
#include "core/procparse.h"

static const char default_file[] = "work/oome";

static int copy_text(const char *directory, size_t directory_len, const char *file, char *ret, size_t ret_size)
{
	int n = directory ? snprintf(ret, ret_size, "%.*s/%s", (int)directory_len, directory, file)
			  : snprintf(ret, ret_size, "%s", file);

	return n < 0 || (size_t)n >= ret_size ? -ENAMETOOLONG : 0;
}

int oomefile_path(const char *option, const char *env, size_t env_len, char *ret, size_t ret_size)
{
	size_t len;
	const char *value;

	if (option)
		return copy_text(NULL, 0, option, ret, ret_size);
	value = procparse_environ(env, env_len, "OOME_FILE", &len);
	if (value && len) {
		if (len >= ret_size)
			return -ENAMETOOLONG;
		memcpy(ret, value, len);
		ret[len] = 0;
		return 0;
	}
	value = procparse_environ(env, env_len, "HOMEDIR", &len);
	if (value && len)
		return len >= PATH_MAX ? -ENAMETOOLONG : copy_text(value, len, default_file, ret, ret_size);
	return copy_text(NULL, 0, default_file, ret, ret_size);
}

/* Without our own rights nothing that follows would be what it seems: better no listener than one with another's
 * rights. */
static void take_back(const struct fscred *own)
{
	if (fscred_assume(own) < 0)
		abort();
}

/* Look files up as FILE demands until take_back(). */
static int assume(const struct oomefile *file, struct fscred *ret_own)
{
	int r = fscred_own(ret_own);

	if (r < 0 || file->own_rights)
		return r;
	return fscred_assume(&file->cred);
}

/* The path for messages: a relative one behind the directory that it begins in, where that can be named. */
static char *display_path(int dir, bool own_rights, const char *path)
{
	char directory[PATH_MAX], whole[2 * PATH_MAX];

	if (path[0] == '/')
		return strdup(path);
	if (own_rights ? !getcwd(directory, sizeof directory)
		       : procfs_link(dir, "cwd", directory, sizeof directory) < 0)
		return strdup(path);
	snprintf(whole, sizeof whole, "%s/%s", strcmp(directory, "/") ? directory : "", path);
	return strdup(whole);
}

static int open_place(int dir, const char *path, struct oomefile *file)
{
	CLEANUP(fd_done) int root = file->own_rights ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : procfs_root(dir);
	CLEANUP(fd_done) int cwd = file->own_rights ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC) : procfs_cwd(dir);
	struct fscred own;
	const char *name;
	int r;

	if (root < 0 || cwd < 0)
		return file->own_rights ? -errno : root < 0 ? root : cwd;
	r = assume(file, &own);
	if (r < 0)
		return r;
	file->dir = inroot_open_parent(root, cwd, path, &name);
	take_back(&own);
	if (file->dir < 0)
		return file->dir;
	file->name = strdup(name);
	file->path = display_path(dir, file->own_rights, path);
	return file->name && file->path ? 0 : -ENOMEM;
}

int oomefile_locate(int dir, const char *env, size_t env_len, const char *option, struct oomefile *ret)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	char path[PATH_MAX];
	int r = oomefile_path(option, env, env_len, path, sizeof path);

	if (r < 0)
		return r;
	file.own_rights = option != NULL;
	r = dir < 0 ? fscred_own(&file.cred) : fscred_of_process(dir, &file.cred);
	if (r < 0)
		return r;
	file.owner = file.cred.uid;
	r = open_place(dir, path, &file);
	if (r < 0)
		return r;
	*ret = file;
	file = OOMEFILE_NONE;
	return 0;
}

static struct oomefile_id id_of(const struct stat *st)
{
	return (struct oomefile_id){
		.dev = st->st_dev, .ino = st->st_ino,
		.ctime_sec = st->st_ctim.tv_sec, .ctime_nsec = st->st_ctim.tv_nsec,
		.exists = true,
	};
}

/* RET_STAT of the last component itself, under the identity that FILE demands. -ENOENT: not there. */
static int stat_place(const struct oomefile *file, struct stat *ret)
{
	struct fscred own;
	int r;

	/* A place that is empty, as nearly always, costs one call: whether a name stands in a directory that was
	 * reached rightfully is no secret. */
	if (fstatat(file->dir, file->name, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = assume(file, &own);
	if (r < 0)
		return r;
	r = fstatat(file->dir, file->name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	take_back(&own);
	return r;
}

/* Who is looked for among the descendants, and how deep. */
struct uid_search {
	const struct procfs *proc;
	uid_t uid;
	int depth;
};

static int has_uid(pid_t pid, void *context)
{
	const struct uid_search *search = context;
	struct uid_search below = { .proc = search->proc, .uid = search->uid, .depth = search->depth - 1 };
	CLEANUP(fd_done) int dir = procfs_process(search->proc, pid);
	struct procparse_status status;

	if (dir >= 0 && !procfs_status(dir, &status) && (status.uid == search->uid || status.fsuid == search->uid))
		return 1;
	return below.depth > 0 && procfs_each_child(search->proc, pid, has_uid, &below) == 1;
}

/* Allocates nothing: a report is to be believed also when memory is gone. */
static bool descendant_has_uid(const struct procfs *proc, pid_t pid, uid_t uid)
{
	struct uid_search search = { .proc = proc, .uid = uid, .depth = 16 };

	return procfs_each_child(proc, pid, has_uid, &search) == 1;
}

int oomefile_look(const struct oomefile *file, const struct procfs *proc, pid_t pid, bool any_owner,
		  struct oomefile_id *ret, uid_t *ret_owner)
{
	struct stat st;
	int r = stat_place(file, &st);

	if (r == -ENOENT) {
		*ret = (struct oomefile_id){ 0 };
		return 0;
	}
	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!any_owner && st.st_uid != 0 && st.st_uid != file->owner && st.st_uid != geteuid() &&
	    !(proc && descendant_has_uid(proc, pid, st.st_uid))) {
		*ret_owner = st.st_uid;
		return -EPERM;
	}
	*ret = id_of(&st);
	return 0;
}

int oomefile_delete(const struct oomefile *file, const struct oomefile_id *id)
{
	struct fscred own;
	struct stat st;
	int r = assume(file, &own);

	if (r < 0)
		return r;
	r = fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (!r) {
		struct oomefile_id now = id_of(&st);

		if (!oomefile_id_equal(&now, id))
			r = -ESTALE;
		else if (unlinkat(file->dir, file->name, 0) < 0)
			r = -errno;
	}
	take_back(&own);
	return r;
}

bool oomefile_id_equal(const struct oomefile_id *a, const struct oomefile_id *b)
{
	return a->exists && b->exists && a->dev == b->dev && a->ino == b->ino && a->ctime_sec == b->ctime_sec &&
	       a->ctime_nsec == b->ctime_nsec;
}

int oomefile_copy(const struct oomefile *file, struct oomefile *ret)
{
	CLEANUP(oomefile_done) struct oomefile copy = *file;

	copy.dir = fcntl(file->dir, F_DUPFD_CLOEXEC, 3);
	copy.name = strdup(file->name);
	copy.path = strdup(file->path);
	if (copy.dir < 0)
		return -errno;
	if (!copy.name || !copy.path)
		return -ENOMEM;
	*ret = copy;
	copy = OOMEFILE_NONE;
	return 0;
}

void oomefile_done(struct oomefile *file)
{
	if (!file)
		return;
	fd_done(&file->dir);
	free(file->name);
	free(file->path);
	*file = OOMEFILE_NONE;
}
