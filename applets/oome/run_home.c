#include "applets/oome/run_home.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static int set_env(struct run_home *home, const char *directory, const char *file)
{
	int n = snprintf(home->env, sizeof(home->env), "OOME_FILE=%s%s%s", directory,
			 *directory && strcmp(directory, "/") != 0 ? "/" : "", file);

	if (n < 0 || (size_t)n >= sizeof(home->env)) {
		home->env[0] = '\0';
		return -ENAMETOOLONG;
	}
	return 0;
}

static int use_option(struct run_home *home, const char *option)
{
	char directory[PATH_MAX];

	if (option[0] == '/')
		return set_env(home, "", option);
	return getcwd(directory, sizeof(directory)) ? set_env(home, directory, option) : -errno;
}

static int make_below(struct run_home *home, const char *base)
{
	int n;

	if (!base || base[0] != '/')
		return -ENOENT;
	errno = 0;
	n = snprintf(home->dir, sizeof(home->dir), "%s/procguard-oome.XXXXXX", base);
	if (n < 0 || (size_t)n + sizeof("/oome") > sizeof(home->file) || !mkdtemp(home->dir)) {
		home->dir[0] = '\0';
		return errno ? -errno : -ENAMETOOLONG;
	}
	snprintf(home->file, sizeof(home->file), "%.*s/oome", (int)n, home->dir);
	return set_env(home, "", home->file);
}

int run_home_open(struct run_home *home, const char *option)
{
	/* Root's own runtime directory is closed to the user whom the program may become; /run is not. */
	const char *runtime = geteuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");
	const char *const bases[] = { runtime, "/run", "/tmp", "/dev/shm" };
	int r = -ENOENT;

	if (is_set("OOME_FILE"))
		return 0;
	if (option)
		return use_option(home, option);
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases) && r < 0; i++)
		r = make_below(home, bases[i]);
	return r;
}

void run_home_done(struct run_home *home)
{
	if (!home || !home->dir[0])
		return;
	unlink(home->file);
	rmdir(home->dir);
	home->dir[0] = '\0';
}
