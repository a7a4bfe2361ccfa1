#include "applets/oome/run_home.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/abspath.h"
#include "core/rundir.h"

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static const char variable[] = "OOME_FILE=";

static int make_below(const char *base, void *context)
{
	struct run_home *home = context;
	int n;

	errno = 0;
	n = snprintf(home->dir, sizeof(home->dir), "%s/procguard-oome.XXXXXX", base);
	if (n < 0 || (size_t)n + sizeof("/oome") > sizeof(home->file) || !mkdtemp(home->dir)) {
		home->dir[0] = '\0';
		return errno ? -errno : -ENAMETOOLONG;
	}
	snprintf(home->file, sizeof(home->file), "%.*s/oome", (int)n, home->dir);
	snprintf(home->env, sizeof(home->env), "%s%s", variable, home->file);
	return 0;
}

static int use_option(struct run_home *home, const char *option)
{
	char path[PATH_MAX];
	int r = abspath(option, path, sizeof(path));

	if (r == 0)
		snprintf(home->env, sizeof(home->env), "%s%s", variable, path);
	return r;
}

int run_home_open(struct run_home *home, const char *option)
{
	if (is_set("OOME_FILE"))
		return 0;
	return option ? use_option(home, option) : rundir_try(make_below, home);
}

void run_home_done(struct run_home *home)
{
	if (!home || !home->dir[0])
		return;
	unlink(home->file);
	rmdir(home->dir);
	home->dir[0] = '\0';
}
