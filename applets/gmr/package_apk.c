/* package_apk.c: Alpine's apk: /lib/apk/db/installed, newer ones below /usr; wiki.alpinelinux.org/wiki/Apk_spec */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"

/* Is FILE of directory DIR ("usr/bin", "sh") one of NAMES? */
static bool is_file(const struct package_names *names, const char *dir, const struct span *file)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *slash = strrchr(names->path[i], '/');
		size_t len = (size_t)(slash - names->path[i]);

		if (len == (*dir ? strlen(dir) + 1 : 0) && memcmp(names->path[i] + 1, dir, len ? len - 1 : 0) == 0 &&
		    span_is(file, slash + 1))
			return true;
	}
	return false;
}

/* P:busybox                 a package begins; what is of no use here is left out
 * V:1.36.1-r15
 * A:x86_64
 * m:Natanael Copa <ncopa@alpinelinux.org>
 * F:bin                     a directory, then its files
 * R:busybox
 *                           an empty line ends it */
int package_apk_owner(struct package_lines *lines, const struct package_names *names, struct package *ret)
{
	struct package package = { .manager = "apk" };
	char dir[PATH_MAX] = "";
	struct span line, file;
	int r;

	while ((r = package_lines_next(lines, &line)) > 0) {
		if (span_len(&line) == 0) {
			package = (struct package){ .manager = "apk" };
			dir[0] = '\0';
		}
		if (package_take(&line, "P:", package.name, sizeof package.name) ||
		    package_take(&line, "V:", package.version, sizeof package.version) ||
		    package_take(&line, "A:", package.arch, sizeof package.arch) ||
		    package_take(&line, "m:", package.vendor, sizeof package.vendor))
			continue;
		file = line;
		if (span_take_prefix(&file, "F:"))
			package_copy(&file, dir, sizeof dir);
		else if (span_take_prefix(&file, "R:") && package.name[0] && is_file(names, dir, &file)) {
			*ret = package;
			return 0;
		}
	}
	return r < 0 ? r : -ENOENT;
}

int package_apk(int root, const struct package_names *names, struct package *ret)
{
	CLEANUP(package_lines_done) struct package_lines lines = { .fd = -1 };
	int r = package_lines_open(root, "/lib/apk/db/installed", &lines);

	if (r == -ENOENT)
		r = package_lines_open(root, "/usr/lib/apk/db/installed", &lines);
	return r < 0 ? r : package_apk_owner(&lines, names, ret);
}
