#include "core/self.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char link_to_self[] = "/proc/self/exe";

static int hand_out(const char *path, char *ret, size_t size)
{
	if (strlen(path) >= size)
		return -ENAMETOOLONG;
	strcpy(ret, path);
	return 0;
}

/* The link's text is only a memory: "/usr/bin/procguard (deleted)" after an upgrade (proc(5)). What lies there now
 * must be the file that runs. */
static int from_link(char *ret, size_t size)
{
	struct stat there, running;
	char path[PATH_MAX];
	ssize_t n = readlink(link_to_self, path, sizeof(path) - 1);

	if (n < 0)
		return -errno;
	path[n] = '\0';
	if (stat(path, &there) < 0 || stat(link_to_self, &running) < 0)
		return -errno;
	if (there.st_dev != running.st_dev || there.st_ino != running.st_ino)
		return -ENOENT;
	return hand_out(path, ret, size);
}

static int from_file(const char *file, char *ret, size_t size)
{
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(file, path) || stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return -ENOENT;
	return hand_out(path, ret, size);
}

/* The first NAME in PATH that can be run; an empty element is the working directory (execvp(3)). */
static int from_path(const char *name, char *ret, size_t size)
{
	const char *element = getenv("PATH");
	char file[PATH_MAX];
	size_t length;
	int r = -ENOENT;

	for (size_t n; r < 0 && element; element = element[n] ? element + n + 1 : NULL) {
		n = strcspn(element, ":");
		length = (size_t)snprintf(file, sizeof(file), "%.*s%s%s", (int)n, element, n ? "/" : "./", name);
		if (length < sizeof(file))
			r = from_file(file, ret, size);
	}
	return r < 0 ? -ENOENT : 0;
}

int self_exe(const char *argv0, char *ret, size_t size)
{
	int r = from_link(ret, size);
	bool no_proc = access(link_to_self, F_OK) < 0;

	if (r == 0 || r == -ENAMETOOLONG || !no_proc || !argv0 || !argv0[0])
		return r < 0 && r != -ENAMETOOLONG ? -ENOENT : r;
	if (argv0[0] == '-') /* a login shell's name */
		argv0++;
	return strchr(argv0, '/') ? from_file(argv0, ret, size) : from_path(argv0, ret, size);
}
