#include "core/abspath.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int abspath(const char *path, char *ret, size_t size)
{
	char directory[PATH_MAX] = "";
	const char *slash;

	if (path[0] != '/' && !getcwd(directory, sizeof(directory)))
		return -errno;
	slash = path[0] == '/' || !strcmp(directory, "/") ? "" : "/";
	if (strlen(directory) + strlen(slash) + strlen(path) >= size)
		return -ENAMETOOLONG;
	snprintf(ret, size, "%s%s%s", directory, slash, path);
	return 0;
}

void abspath_or_same(const char *path, char *ret, size_t size)
{
	if (abspath(path, ret, size) < 0)
		snprintf(ret, size, "%s", path);
}
