#include "applets/cluster/buildout.h"

#include <stdlib.h>
#include <string.h>

#include "applets/cluster/path.h"
#include "core/cleanup.h"

bool buildout_is_directory(const char *section, const char *option)
{
	static const char *const names[] = {
		"directory", "bin-directory", "parts-directory", "eggs-directory", "develop-eggs-directory",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(section, "buildout") && !strcmp(option, names[i]))
			return true;
	return false;
}

char *buildout_eggs(const struct ini_line *said, const char *path)
{
	CLEANUP(free_done) char *file = path_absolute(said->file);
	CLEANUP(free_done) char *parent = file ? path_parent(file) : NULL;
	const char *home = getenv("HOME");

	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0') && home && home[0] == '/')
		return path_join(home, path[1] ? path + 2 : "");
	return parent ? path_join(parent, path) : NULL;
}
