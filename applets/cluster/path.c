#include "applets/cluster/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { LINKS_MAX = 40 }; /* as the kernel, path_resolution(7) */

char *path_join(const char *base, const char *name)
{
	size_t len = strlen(base);
	char *path;

	if (name[0] == '/')
		return strdup(name);
	if (asprintf(&path, "%s%s%s", base, len && base[len - 1] != '/' ? "/" : "", name) < 0)
		return NULL;
	return path;
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	size_t len = (size_t)(path_name(path) - path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len ? strndup(path, len) : strdup(".");
}

char *path_tidy(const char *path)
{
	char *tidy = malloc(strlen(path) + 2), *end = tidy;

	if (!tidy)
		return NULL;
	for (size_t n; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 2 && !memcmp(path, "..", 2)) {
			while (end > tidy && *--end != '/')
				;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			*end++ = '/';
			end = mempcpy(end, path, n);
		}
	}
	if (end == tidy)
		*end++ = '/';
	*end = '\0';
	return tidy;
}

char *path_absolute(const char *file)
{
	CLEANUP(free_done) char *here = file[0] == '/' ? NULL : getcwd(NULL, 0);
	CLEANUP(free_done) char *joined = NULL;

	if (file[0] != '/' && !here)
		return NULL;
	joined = path_join(here ? here : "/", file);
	return joined ? path_tidy(joined) : NULL;
}

/* The shorter text for PATH, where it leads to the same file: ".." behind a link does not. Takes PATH over. */
static char *tidied(char *path)
{
	CLEANUP(free_done) char *given = path, *tidy = path ? path_tidy(path) : NULL;
	struct stat a, b;

	if (tidy && stat(given, &a) == 0 && stat(tidy, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return TAKE_PTR(tidy);
	return TAKE_PTR(given);
}

/* What the link PATH says, as seen from where it lies; PATH is freed. */
static char *followed(char *path, const char *target)
{
	CLEANUP(free_done) char *given = path, *parent = path_parent(given);

	return parent ? path_join(parent, target) : NULL;
}

char *path_of_link(const char *file)
{
	char *path = path_absolute(file), target[PATH_MAX];

	for (int i = 0; path && i < LINKS_MAX; i++) {
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n < 0)
			break;
		target[n] = '\0';
		path = followed(path, target);
	}
	return tidied(path);
}
