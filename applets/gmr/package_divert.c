/* package_divert.c: dpkg-divert(1): a file that a package has, moved aside for another's. */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <string.h>

/* NAMES become FILE and its other name, which is made as theirs are: by "/usr" in front. */
static void rename_to(struct package_names *names, const char *file)
{
	bool both = names->count == 2;

	names->count = 1;
	if (!both || strlen(file) + sizeof "/usr" > PATH_MAX) {
		strcpy(names->path[0], file);
		return;
	}
	if (strncmp(file, "/usr/", 5) == 0) {
		strcpy(names->path[0], file);
		strcpy(names->path[1], file + 4);
	} else {
		strcpy(names->path[0], "/usr");
		strcat(names->path[0], file);
		strcpy(names->path[1], file);
	}
	names->count = 2;
}

/* /usr/bin/perf                 a file
 * /usr/bin/perf.wrapper         what it is called when it is not PACKAGE's
 * linux-perf                    PACKAGE, or ":" for an administrator's */
int package_dpkg_divert(struct package_lines *lines, struct package_names *names, char owner[PACKAGE_NAME_MAX],
			char other[PACKAGE_NAME_MAX])
{
	char file[PATH_MAX];
	struct span line;
	bool is_file, is_aside;

	while (package_lines_next(lines, &line) > 0) {
		is_file = package_is_named(names, &line);
		package_copy(&line, file, sizeof file);
		if (package_lines_next(lines, &line) <= 0)
			break;
		is_aside = package_is_named(names, &line);
		if (package_lines_next(lines, &line) <= 0)
			break;
		if (is_aside && file[0] == '/') {
			rename_to(names, file);
			if (!span_is(&line, ":"))
				package_copy(&line, other, PACKAGE_NAME_MAX);
			return 0;
		}
		if (is_file && span_is(&line, ":"))
			return -ENOENT;
		if (is_file) {
			package_copy(&line, owner, PACKAGE_NAME_MAX);
			return 0;
		}
	}
	return 0;
}
