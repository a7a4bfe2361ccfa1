#include "core/cgroup_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { CGROUP_FILE_MAX = 1 << 20 }; /* mountinfo of a machine with thousands of mounts */

int cgroup_place_read(const struct procfs *proc, int dir, struct cgroup_place *ret)
{
	struct cgroup_place place = { .cgroup = BUF(CGROUP_FILE_MAX), .mounts = BUF(CGROUP_FILE_MAX) };
	int r = procfs_read(dir, "cgroup", &place.cgroup);

	/* Our mounts, not its own: it is we who open the files. */
	if (r == 0 && procfs_read(proc->fd, "self/mountinfo", &place.mounts) == -ENOMEM)
		r = -ENOMEM;
	if (r < 0) {
		cgroup_place_done(&place);
		return r;
	}
	*ret = place;
	return 0;
}

void cgroup_place_done(struct cgroup_place *place)
{
	if (!place)
		return;
	buf_done(&place->cgroup);
	buf_done(&place->mounts);
}

/* What of the cgroup PATH lies below the directory ROOT of the hierarchy, which is what a mount shows; NULL: it does
 * not, or is outside of our cgroup namespace ("/../x", cgroup_namespaces(7)). */
static char *below_root(char *path, const char *root)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, "/../", 4) == 0 || strcmp(path, "/..") == 0)
		return NULL;
	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

/* "/a/b" is "/a", that is "", and that has none above it. */
static bool go_up(char *below, unsigned up)
{
	if (strcmp(below, "/") == 0)
		*below = '\0';
	for (; up > 0; up--) {
		char *slash = strrchr(below, '/');

		if (!slash)
			return false;
		*slash = '\0';
	}
	return true;
}

int cgroup_place_path(const struct cgroup_place *place, const char *controller, unsigned up, char ret[PATH_MAX])
{
	char path[PATH_MAX], mount[PATH_MAX], root[PATH_MAX], *below;
	int r = procparse_cgroup(place->cgroup.data, place->cgroup.len, controller, path, sizeof path);

	if (r == 0)
		r = procparse_cgroup_mount(place->mounts.data, place->mounts.len, controller, mount, root,
					   sizeof mount);
	if (r < 0)
		return r;
	below = below_root(path, root);
	if (!below || !go_up(below, up))
		return -ENOENT;
	if (strlen(mount) + strlen(below) >= PATH_MAX)
		return -ENAMETOOLONG;
	stpcpy(stpcpy(ret, mount), below);
	return 0;
}

int cgroup_place_open(const struct cgroup_place *place, const char *controller, unsigned up)
{
	char path[PATH_MAX];
	int fd, r = cgroup_place_path(place, controller, up, path);

	if (r < 0)
		return r;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
