#include "applets/cluster/itself.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "applets/cluster/path.h"
#include "core/self.h"

static const char applet[] = "cluster", binary[] = "procguard";

/* Is the file PATH also there as "procguard"? `procguard --install` makes hard links, of which none is the first. */
static int is_link_to_binary(const char *path, char ret[PATH_MAX])
{
	int directory = (int)(path_name(path) - path);
	struct stat a, b;

	return snprintf(ret, PATH_MAX, "%.*s%s", directory, path, binary) < PATH_MAX && stat(path, &a) == 0 &&
	       stat(ret, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int itself_find(struct itself *ret)
{
	char path[PATH_MAX];
	int r = self_exe(NULL, path, sizeof(path));

	if (r < 0)
		return r;
	ret->word = applet;
	if (strcmp(path_name(path), applet) != 0) {
		strcpy(ret->path, path);
	} else if (!is_link_to_binary(path, ret->path)) {
		strcpy(ret->path, path);
		ret->word = NULL;
	}
	return 0;
}
