#include "core/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum {
	INROOT_LINKS_MAX = 40, /* as the kernel, path_resolution(7) */
	INROOT_AGAIN_MAX = 4,  /* openat2(2): EAGAIN when anything was renamed meanwhile */
	INROOT_APPARMORFS = 0x5a3c69f0, /* AAFS_MAGIC of the kernel's magic.h */
	INROOT_PROC_TOP = 1,   /* PROC_ROOT_INO: the inode of proc(5)'s top directory */
};

static int open_path(int dir, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir, name, O_PATH | O_CLOEXEC | flags);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Where PATH's last component begins. */
static int last_component(const char *path, size_t *ret)
{
	size_t len = strnlen(path, PATH_MAX);
	const char *slash = memrchr(path, '/', len);
	const char *name = slash ? slash + 1 : path;

	if (len == PATH_MAX)
		return -ENAMETOOLONG;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	*ret = (size_t)(name - path);
	return 0;
}

/* What of the path is still to be walked, and where we are. */
struct walk {
	int root;
	int at;               /* owned */
	int links;            /* followed so far */
	const char *rest;     /* in path */
	char path[PATH_MAX];
};

static int same_directory(int a, int b)
{
	struct stat sa, sb;

	if (fstat(a, &sa) < 0 || fstat(b, &sb) < 0)
		return -errno;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int walk_to(struct walk *w, int dir, const char *name)
{
	int fd = open_path(dir, name, O_DIRECTORY | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	fd_close(w->at);
	w->at = fd;
	return 0;
}

/* ".." of the root is the root. Compared by device and inode: where the root is mounted a second time, ".." stays at
 * that place too, which is inside. */
static int walk_up(struct walk *w)
{
	int r = same_directory(w->at, w->root);

	if (r < 0)
		return r;
	return r ? 0 : walk_to(w, w->at, "..");
}

/* Is LINK, found in W->at, one that the kernel does not follow by its text: /proc/PID/root, fd/3 and the like, but not
 * /proc/self. They lead out of every root. */
static int is_magic(const struct walk *w, int link)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(link, &fs) < 0 || fstat(w->at, &st) < 0)
		return -errno;
	if (fs.f_type == PROC_SUPER_MAGIC)
		return st.st_ino != INROOT_PROC_TOP;
	return fs.f_type == INROOT_APPARMORFS;
}

/* Go on with the text of LINK and then with what was left. */
static int walk_text(struct walk *w, int link)
{
	char text[PATH_MAX];
	size_t rest = strlen(w->rest);
	ssize_t n = readlinkat(link, "", text, sizeof text);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	if ((size_t)n + 1 + rest + 1 > sizeof w->path)
		return -ENAMETOOLONG;
	memmove(w->path + n + 1, w->rest, rest + 1);
	memcpy(w->path, text, (size_t)n);
	w->path[n] = '/';
	w->rest = w->path;
	return text[0] == '/' ? walk_to(w, w->root, ".") : 0;
}

static int walk_link(struct walk *w, const char *name)
{
	CLEANUP(fd_done) int link = open_path(w->at, name, O_NOFOLLOW);
	struct stat st;
	int r;

	if (link < 0)
		return link;
	if (fstat(link, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return -ENOTDIR;
	r = is_magic(w, link);
	if (r != 0)
		return r < 0 ? r : -ELOOP;
	return ++w->links > INROOT_LINKS_MAX ? -ELOOP : walk_text(w, link);
}

/* One component. Directories are opened as such first: that is the common case, and mounts what autofs has there. */
static int walk_step(struct walk *w, const char *name)
{
	int r;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return walk_up(w);
	r = walk_to(w, w->at, name);
	return r == -ENOTDIR || r == -ELOOP ? walk_link(w, name) : r;
}

static int walk_on(struct walk *w)
{
	char name[NAME_MAX + 1];
	int r = 0;

	while (r == 0) {
		w->rest += strspn(w->rest, "/");
		size_t len = strcspn(w->rest, "/");

		if (len == 0)
			return TAKE_FD(w->at);
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, w->rest, len);
		name[len] = '\0';
		w->rest += len;
		r = walk_step(w, name);
	}
	return r;
}

int inroot_walk_parent(int root, int cwd, const char *path, const char **ret_name)
{
	struct walk w = { .root = root };
	size_t name;
	int r = last_component(path, &name);

	if (r < 0)
		return r;
	memcpy(w.path, path, name); /* the rest of it is zero */
	w.rest = w.path;
	w.at = open_path(path[0] == '/' ? root : cwd, ".", O_DIRECTORY);
	if (w.at < 0)
		return w.at;
	r = walk_on(&w);
	fd_close(w.at);
	if (r >= 0)
		*ret_name = path + name;
	return r;
}

/* -EAGAIN: the walk has to do it. */
static int open_in_root(int root, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < INROOT_AGAIN_MAX; i++) {
		int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);

		if (fd >= 0)
			return fd;
		if (errno == ENOSYS || errno == EPERM) /* old, or a filter */
			break;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int inroot_open_parent(int root, int cwd, const char *path, const char **ret_name)
{
	char parent[PATH_MAX];
	size_t name;
	int r = last_component(path, &name);

	if (r < 0)
		return r;
	if (path[0] != '/')
		return inroot_walk_parent(root, cwd, path, ret_name);
	memcpy(parent, path, name);
	parent[name] = '\0';
	r = open_in_root(root, parent);
	if (r == -EAGAIN)
		return inroot_walk_parent(root, cwd, path, ret_name);
	if (r >= 0)
		*ret_name = path + name;
	return r;
}
