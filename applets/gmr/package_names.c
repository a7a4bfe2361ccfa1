#include "applets/gmr/package_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/inroot.h"
#include "core/inroot_file.h"

/* A process in a chroot(2): its executable is /srv/jail/bin/x for us, and /bin/x for it and its databases. Which of the
 * ends of the path it is, its inode tells. */
void package_inner_path(int root, int exe, const char *path, char ret[PATH_MAX])
{
	struct stat file, found;
	size_t len = strnlen(path, PATH_MAX - 1);

	memcpy(ret, path, len);
	ret[len] = '\0';
	if (exe < 0 || root < 0 || fstat(exe, &file) < 0)
		return;
	for (const char *at = path; at && strlen(at) < PATH_MAX; at = strchr(at + 1, '/'))
		if (inroot_stat(root, at, &found) == 0 && found.st_dev == file.st_dev &&
		    found.st_ino == file.st_ino) {
			strcpy(ret, at);
			return;
		}
}

/* Do the directories that hold both paths be the same one? */
static bool in_same_directory(int root, const char *a, const char *b)
{
	const char *name;
	CLEANUP(fd_done) int first = inroot_open_parent(root, -1, a, &name);
	CLEANUP(fd_done) int second = first < 0 ? -1 : inroot_open_parent(root, -1, b, &name);
	struct stat sa, sb;

	if (second < 0 || fstat(first, &sa) < 0 || fstat(second, &sb) < 0)
		return false;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int package_names(int root, const char *path, struct package_names *ret)
{
	if (path[0] != '/' || strlen(path) + sizeof "/usr" > PATH_MAX || strchr(path, '\n'))
		return -ENOENT;
	ret->count = 1;
	if (strncmp(path, "/usr/", 5) == 0) {
		strcpy(ret->path[0], path);
		if (in_same_directory(root, path, path + 4))
			strcpy(ret->path[ret->count++], path + 4);
		return 0;
	}
	strcpy(ret->path[0], "/usr");
	strcat(ret->path[0], path);
	if (in_same_directory(root, ret->path[0], path))
		strcpy(ret->path[ret->count++], path);
	else
		strcpy(ret->path[0], path);
	return 0;
}

bool package_is_named(const struct package_names *names, const struct span *path)
{
	for (size_t i = 0; i < names->count; i++)
		if (span_is(path, names->path[i]))
			return true;
	return false;
}
