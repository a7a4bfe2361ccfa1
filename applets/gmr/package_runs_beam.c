/* package_runs_beam.c: erl(1): a release by its boot file, or an application by the first path that was added.
 *
 *   beam.smp -- -root /opt/shop -bindir ... -progname erl -- -home /root -- -boot /opt/shop/releases/1.2.3/start ...
 *   beam.smp -- -root /usr/lib/erlang ... -pa /usr/lib/x86_64-linux-gnu/ejabberd-23.1/ebin -s ejabberd ... */
#include "applets/gmr/package_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/inroot_file.h"

enum { REL_MAX = 64 << 10, ENTRIES_MAX = 256 };

/* What stands behind FLAG the first time, if it is an absolute path. */
static const char *value_of(const char *const *argv, const char *flag)
{
	for (; *argv; argv++)
		if (strcmp(*argv, flag) == 0 && argv[1] && argv[1][0] == '/')
			return argv[1];
	return NULL;
}

static bool take_quoted(struct span *s, char *ret, size_t size)
{
	struct span text;

	if (!span_take_until(s, '"', &text) || !span_take_until(s, '"', &text))
		return false;
	package_copy(&text, ret, size);
	return true;
}

/* {release, {"shop","1.2.3"}, {erts,"13.1.5"}, ...}.     rel(5); comments stand before it */
static bool parse_rel(const struct buf *text, struct package *ret)
{
	const char *at = text->len ? memmem(text->data, text->len, "{release", 8) : NULL;
	struct span rest = span_of(at, at ? text->len - (size_t)(at - text->data) : 0);

	return take_quoted(&rest, ret->name, sizeof ret->name) &&
	       take_quoted(&rest, ret->version, sizeof ret->version);
}

/* The first NAME.rel in the directory at PATH. */
static bool find_rel(int root, const char *path, struct package *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(REL_MAX);
	int fd = package_directory(root, path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found = false;

	if (!dir) {
		fd_close(fd);
		return false;
	}
	for (int n = 0; !found && n < ENTRIES_MAX && (entry = readdir(dir)); n++) {
		size_t len = strlen(entry->d_name);

		found = len > 4 && strcmp(entry->d_name + len - 4, ".rel") == 0 &&
			package_read(dirfd(dir), entry->d_name, &text) == 0 && parse_rel(&text, ret);
	}
	closedir(dir);
	return found;
}

/* Without a .rel: /opt/shop/releases/1.2.3: the names of the directories. */
static void name_release(const char *directory, struct package *ret)
{
	struct span rest = span_of(directory, strlen(directory)), name = span_of(NULL, 0), part;
	struct span version = span_of(NULL, 0), before = span_of(NULL, 0);

	while (span_take_until(&rest, '/', &part)) {
		before = name;
		name = part;
	}
	version = rest;
	if (span_is(&name, "releases")) {
		package_copy(&before, ret->name, sizeof ret->name);
		package_copy(&version, ret->version, sizeof ret->version);
	}
}

/* BOOT is "DIR/start", without ".boot". */
static int find_release(int root, const char *boot, struct package_run *ret)
{
	char directory[PATH_MAX];
	struct stat st;
	size_t len = (size_t)(strrchr(boot, '/') - boot);

	if ((size_t)snprintf(ret->path, sizeof ret->path, "%s.boot", boot) >= sizeof ret->path)
		return -ENOENT;
	if (inroot_stat(root, ret->path, &st) < 0)
		return -ENOENT;
	memcpy(directory, boot, len);
	directory[len] = '\0';
	if (!find_rel(root, directory, &ret->known)) {
		ret->known = (struct package){ .name = "" };
		name_release(directory, &ret->known);
	}
	return 0;
}

/* Erlang's own start scripts are no release of somebody's: they lie in its ROOT/bin. */
static bool is_own(const char *boot, const char *top)
{
	size_t len = top ? strlen(top) : 0;

	return top && strncmp(boot, top, len) == 0 && strncmp(boot + len, "/bin/", 5) == 0;
}

int package_runs_beam(int root, const char *const *argv, struct package_run *ret)
{
	const char *boot = value_of(argv, "-boot"), *added = value_of(argv, "-pa");

	if (boot && !is_own(boot, value_of(argv, "-root")) && find_release(root, boot, ret) == 0)
		return 0;
	added = added ? added : value_of(argv, "-pz");
	if (!added || strlen(added) >= sizeof ret->path)
		return -ENOENT;
	strcpy(ret->path, added);
	return 0;
}
