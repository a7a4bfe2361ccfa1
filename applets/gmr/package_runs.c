/* package_runs.c: what an interpreter runs, by its command line, which it may have overwritten: no more than a hint
 * where to look, and what is not there is not believed. */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <string.h>


enum { ARGS_MAX = 1024 };

/* The arguments of TARGET, the first ARGS_MAX ones. */
static void split(const struct target *target, const char *argv[ARGS_MAX + 1])
{
	const char *at = target->cmdline.data;
	const char *end = at ? at + target->cmdline.len : at;
	size_t count = 0;

	for (; at < end && count < ARGS_MAX; at += strlen(at) + 1) /* a buf ends with NUL */
		argv[count++] = at;
	argv[count] = NULL;
}

/* "python3.11", "python3.11d", "pypy3"; not "python-config". */
static bool is_python(const char *name)
{
	if (strncmp(name, "pypy", 4) == 0)
		return true;
	if (strncmp(name, "python", 6) != 0)
		return false;
	name += 6 + strspn(name + 6, "0123456789.");
	return *name == '\0' || strcmp(name, "d") == 0 || strcmp(name, "t") == 0;
}

int package_runs(const struct target *target, const char *exe, struct package_run *ret)
{
	const char *argv[ARGS_MAX + 1], *slash = strrchr(exe, '/');
	const char *name = slash ? slash + 1 : exe;
	int r = -ENOENT;

	split(target, argv);
	if (!argv[0] || target->root < 0)
		return -ENOENT;
	*ret = (struct package_run){ .path = "" };
	if (is_python(name))
		r = package_runs_python(target->root, exe, argv, ret);
	else if (strcmp(name, "beam") == 0 || strncmp(name, "beam.", 5) == 0)
		r = package_runs_beam(target->root, argv, ret);
	else if (strcmp(name, "java") == 0)
		r = package_runs_java(target->root, argv, ret);
	return r;
}
