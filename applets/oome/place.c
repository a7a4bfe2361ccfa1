#include "applets/oome/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "core/log.h"
#include "core/loop.h"

enum { WARNING_PAUSE_MS = 60 * 1000 };

bool place_same(const struct oomefile *a, const struct oomefile *b)
{
	struct stat sa, sb;

	return !strcmp(a->name, b->name) && !fstat(a->dir, &sa) && !fstat(b->dir, &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

static void directory_path(const struct procfs *proc, const struct oomefile *file, char ret[PATH_MAX])
{
	const char *slash = strrchr(file->path, '/');

	if (proc)
		procfs_fd_path(file->dir, ret);
	else
		snprintf(ret, PATH_MAX, "%.*s/", slash ? (int)(slash - file->path) : 1, slash ? file->path : ".");
}

int place_watch(const struct procfs *proc, const struct oomefile *file, int inotify)
{
	char path[PATH_MAX];
	int watch;

	directory_path(proc, file, path);
	watch = inotify_add_watch(inotify, path, PLACE_FILE_EVENTS | PLACE_DIRECTORY_EVENTS | IN_ONLYDIR);
	return watch < 0 ? -errno : watch;
}

bool place_is_local(const struct oomefile *file)
{
	static const unsigned long local[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(file->dir, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		if ((unsigned long)fs.f_type == local[i])
			return true;
	return false;
}

static int reason_of(int error)
{
	return error == -ELOOP ? 0 : error == -EINVAL ? 1 : error == -EPERM ? 2 : 3;
}

/* Is it another file than the one that was warned of last, and the same reason given a while ago? */
static bool warning_due(const struct oomefile *file, int error, struct place_warned *warned)
{
	int64_t now = loop_now(), *next = &warned->next_ms[reason_of(error)];
	struct oomefile_id id = { .exists = true };
	struct stat st;

	if (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	id.dev = st.st_dev;
	id.ino = st.st_ino; /* which the next file may get: so its kind and owner tell as well, in place of its ctime */
	id.ctime_sec = st.st_uid;
	id.ctime_nsec = st.st_mode & S_IFMT;
	if (oomefile_id_equal(&id, &warned->file) || now < *next)
		return false;
	warned->file = id;
	*next = now + WARNING_PAUSE_MS;
	return true;
}

void place_complain(const struct oomefile *file, const char *name, int error, uid_t owner,
		    struct place_warned *warned)
{
	if (!warning_due(file, error, warned))
		return;
	if (error == -EPERM && owner != (uid_t)-1)
		log_fail("%s: ignoring '%s': it belongs to uid %u, not to root or to the program's uid %u (--any-owner "
			 "believes it all the same)", name, file->path, (unsigned)owner, (unsigned)file->owner);
	else if (error == -ELOOP || error == -EINVAL)
		log_fail("%s: ignoring '%s': it is %s", name, file->path,
			 error == -ELOOP ? "a symbolic link" : "not a regular file");
	else
		log_fail("%s: cannot look at '%s': %s", name, file->path, log_errno(error));
}
