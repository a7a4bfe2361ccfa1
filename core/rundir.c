#include "core/rundir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_safe(const char *base, bool must_be_ours)
{
	struct stat st;

	if (base[0] != '/' || stat(base, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (must_be_ours && st.st_uid != geteuid())
		return false;
	return !(st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_mode & S_ISVTX);
}

int rundir_try(rundir_fn make, void *context)
{
	static const char *const bases[] = { "/run", "/tmp", "/dev/shm" };
	const char *own = geteuid() != 0 ? getenv("XDG_RUNTIME_DIR") : NULL;
	int r = own && is_safe(own, true) ? make(own, context) : -ENOENT;

	for (size_t i = 0; r < 0 && i < sizeof(bases) / sizeof(bases[0]); i++)
		if (is_safe(bases[i], false))
			r = make(bases[i], context);
	return r;
}
