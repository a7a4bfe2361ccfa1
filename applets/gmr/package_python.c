/* package_python.c: distributions that pip(1) has installed: SITE/NAME-VERSION.dist-info/RECORD and METADATA, PEP 376.
 *  */
#include "applets/gmr/package_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"

enum { RECORD_MAX = 4 << 20, ENTRIES_MAX = 4096, ALL_MAX = 128 << 20 };

/* gunicorn/app/base.py,sha256=...,12345       relative to SITE
 * ../../../bin/gunicorn,sha256=...,210        a script */
static bool has_file(int dist, const char *file, struct buf *text)
{
	size_t len = strlen(file);
	const char *at, *end;

	if (package_read(dist, "RECORD", text) < 0)
		return false;
	end = text->data + text->len;
	for (at = text->data; (at = memmem(at, (size_t)(end - at), file, len)); at += len) {
		bool begins = at == text->data || at[-1] == '\n' || file[0] == '/';

		if (begins && at + len < end && at[len] == ',')
			return true;
	}
	return false;
}

/* Name: gunicorn
 * Version: 20.1.0
 * Author: Benoit Chesneau
 *                         an empty line, then the description */
static int read_metadata(int dist, struct buf *text, struct package *ret)
{
	struct package package = { .manager = "python" };
	struct span rest, line;
	int r = package_read(dist, "METADATA", text);

	if (r < 0)
		return r;
	rest = span_of(text->data, text->len);
	while (span_take_until(&rest, '\n', &line) && span_len(&line) > 0)
		(void)(package_take(&line, "Name:", package.name, sizeof package.name) ||
		       package_take(&line, "Version:", package.version, sizeof package.version) ||
		       package_take(&line, "Author:", package.vendor, sizeof package.vendor) ||
		       package_take(&line, "Author-email:", package.vendor, sizeof package.vendor));
	if (!package.name[0])
		return -ENOENT;
	*ret = package;
	return 0;
}

static int try_dist(DIR *site, const char *name, const char *file, struct buf *text, struct package *ret)
{
	static const char suffix[] = ".dist-info";
	CLEANUP(fd_done) int dist = -1;
	size_t len = strlen(name);

	if (len < sizeof suffix || strcmp(name + len - (sizeof suffix - 1), suffix) != 0)
		return -ENOENT;
	dist = openat(dirfd(site), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dist < 0)
		return -errno;
	return has_file(dist, file, text) ? read_metadata(dist, text, ret) : -ENOENT;
}

int package_python(int root, const char *site, const char *file, struct package *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(RECORD_MAX);
	int fd = package_directory(root, site), r = -ENOENT;
	size_t bytes = 0;
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	for (int n = 0; r != 0 && n < ENTRIES_MAX && bytes < ALL_MAX && (entry = readdir(dir)); n++) {
		buf_reset(&text);
		r = try_dist(dir, entry->d_name, file, &text, ret);
		bytes += text.len;
	}
	closedir(dir);
	return r == 0 ? 0 : -ENOENT;
}
