/* package_dpkg.c: who owns a file by dpkg(1)'s database: /var/lib/dpkg/info/NAME[:ARCH].list, a path a line, and
 * status; or, in images without dpkg itself, /var/lib/dpkg/status.d/NAME and NAME.md5sums. */
#include "applets/gmr/package_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

#define INFO   "/var/lib/dpkg/info"
#define STATUS "/var/lib/dpkg/status.d"

enum {
	LIST_MAX = 16 << 20,   /* bytes of one list */
	LISTS_MAX = 100000,    /* files looked at */
	NAMES_MAX = 8 << 20,   /* bytes of their names */
	ALL_MAX = 256 << 20,   /* bytes of all lists */
	LIKELY_MIN = 4,        /* letters of a directory's name */
};

/* What is looked for, and in which lists. */
struct search {
	const struct package_names *names;
	const char *suffix;                  /* ".list", ".md5sums" */
	char owner[PACKAGE_NAME_MAX];        /* only this package's, unless "" */
	char other[PACKAGE_NAME_MAX];        /* not this one's */
	int dir;
	struct buf text;                     /* of the list that is read */
	size_t bytes;                        /* of all that were */
	char needle[PATH_MAX + 1];           /* the end of each name, and a newline */
	char found[NAME_MAX + 1];            /* the list, without its suffix */
};

/* A line of a list is "/usr/bin/openssl"; of md5sums "0123...cdef  usr/bin/openssl", or "./usr/bin/openssl". */
static bool is_line(const struct search *search, struct span line)
{
	const char *blank;

	if (strcmp(search->suffix, ".list") == 0)
		return package_is_named(search->names, &line);
	blank = memrchr(line.at, ' ', span_len(&line));
	line.at = blank ? blank + 1 : line.at;
	(void)span_take_prefix(&line, ".");
	(void)span_take_prefix(&line, "/");
	for (size_t i = 0; i < search->names->count; i++)
		if (span_is(&line, search->names->path[i] + 1))
			return true;
	return false;
}

static bool is_in_list(struct search *search, const char *name)
{
	size_t needle = strlen(search->needle);
	const char *at, *end;

	if (package_read(search->dir, name, &search->text) < 0 || buf_adds(&search->text, "\n") < 0)
		return false;
	search->bytes += search->text.len;
	at = search->text.data;
	end = at + search->text.len;
	while ((at = memmem(at, (size_t)(end - at), search->needle, needle))) {
		const char *begin = memrchr(search->text.data, '\n', (size_t)(at - search->text.data));
		struct span line = span_of(begin ? begin + 1 : search->text.data, 0);

		line.end = at + needle - 1;
		if (is_line(search, line))
			return true;
		at += needle;
	}
	return false;
}

/* Does the LEN bytes of LIST, "NAME" or "NAME:ARCH", name PACKAGE? */
static bool is_package(const char *list, size_t len, const char *package)
{
	const char *colon = memchr(list, ':', len);
	size_t name = colon ? (size_t)(colon - list) : len;

	return strlen(package) == name && memcmp(list, package, name) == 0;
}

/* Look into the list NAME, if it is one, and may have it. */
static bool try_list(struct search *search, const char *name)
{
	size_t len = strlen(name), suffix = strlen(search->suffix);

	if (len <= suffix || strcmp(name + len - suffix, search->suffix) != 0)
		return false;
	len -= suffix;
	if ((search->owner[0] && !is_package(name, len, search->owner)) || is_package(name, len, search->other))
		return false;
	if (!is_in_list(search, name))
		return false;
	memcpy(search->found, name, len);
	search->found[len] = '\0';
	return true;
}

/* The names of all lists, each with its NUL. */
static int read_names(const struct search *search, struct buf *ret)
{
	int copy = fcntl(search->dir, F_DUPFD_CLOEXEC, 3), r = 0;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!dir) {
		r = -errno;
		fd_close(copy);
		return r;
	}
	for (int n = 0; r == 0 && n < LISTS_MAX && (entry = readdir(dir)); n++)
		r = buf_add(ret, entry->d_name, strlen(entry->d_name) + 1);
	closedir(dir);
	return r == -ENOBUFS ? 0 : r;
}

/* Is LIST named like the file at PATH, or like a directory above it? Those called "lib" or "usr" tell nothing. */
static bool is_likely(const char *list, const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		size_t whole = strcspn(++at, "/"), len = strcspn(at, "0123456789./");
		bool is_file = at[whole] == '\0';

		len = len > 0 ? len : whole;
		if ((is_file || len >= LIKELY_MIN) && strncmp(list, at, len) == 0)
			return true;
	}
	return false;
}

/* Of hundreds of packages, the likely ones come first: "bash.list", "python3.11-minimal.list", and "erlang-base.list"
 * for /usr/lib/erlang/erts-13.1.5/bin/beam.smp. */
static int search_lists(struct search *search)
{
	CLEANUP(buf_done) struct buf names = BUF(NAMES_MAX);
	int r = read_names(search, &names);

	if (r < 0)
		return r;
	for (int pass = 0; pass < 2; pass++)
		for (size_t at = 0; at < names.len && search->bytes < ALL_MAX; at += strlen(names.data + at) + 1)
			if (is_likely(names.data + at, search->names->path[0]) == (pass == 0) &&
			    try_list(search, names.data + at))
				return 0;
	return -ENOENT;
}

static int search_owner(struct search *search, int dir, const char *suffix)
{
	const struct package_names *names = search->names;
	int r;

	if (dir < 0)
		return dir;
	search->dir = dir;
	search->suffix = suffix;
	search->text = BUF(LIST_MAX);
	/* The shorter name is the end of the longer one. */
	snprintf(search->needle, sizeof search->needle, "%s\n", names->path[names->count - 1] + 1);
	r = search_lists(search);
	buf_done(&search->text);
	return r;
}

/* Package: openssl
 * Status: install ok installed
 * Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>
 * Architecture: amd64
 * Version: 3.0.11-1~deb12u2
 *                           an empty line ends it
 *
 * The next one, which is empty where two empty lines stand together. 1; 0 at the end. */
static int next_stanza(struct package_lines *lines, struct package *ret)
{
	struct package package = { .manager = "dpkg" };
	char maintainer[sizeof package.vendor] = "";
	struct span line;
	size_t count = 0;
	int r;

	for (; (r = package_lines_next(lines, &line)) > 0 && span_len(&line) > 0; count++)
		(void)(package_take(&line, "Package:", package.name, sizeof package.name) ||
		       package_take(&line, "Version:", package.version, sizeof package.version) ||
		       package_take(&line, "Architecture:", package.arch, sizeof package.arch) ||
		       package_take(&line, "Vendor:", package.vendor, sizeof package.vendor) ||
		       package_take(&line, "Origin:", package.vendor, sizeof package.vendor) ||
		       package_take(&line, "Maintainer:", maintainer, sizeof maintainer));
	if (!package.vendor[0])
		strcpy(package.vendor, maintainer);
	*ret = package;
	return r < 0 ? r : r > 0 || count > 0;
}

int package_dpkg_status(struct package_lines *lines, const char *name, const char *arch, struct package *ret)
{
	struct package package;
	int r;

	while ((r = next_stanza(lines, &package)) > 0)
		if (strcmp(package.name, name) == 0 && (!*arch || strcmp(package.arch, arch) == 0)) {
			*ret = package;
			return 0;
		}
	return r < 0 ? r : -ENOENT;
}

/* What the status file at PATH tells of the package whose list is "NAME" or "NAME:ARCH"; its name alone where that has
 * nothing. */
static int describe(int root, const char *path, char *list, struct package *ret)
{
	CLEANUP(package_lines_done) struct package_lines lines = { .fd = -1 };
	char *colon = strchr(list, ':');
	const char *arch = colon ? colon + 1 : "";

	if (colon)
		*colon = '\0';
	if (package_lines_open(root, path, &lines) == 0 && package_dpkg_status(&lines, list, arch, ret) == 0)
		return 0;
	*ret = (struct package){ .manager = "dpkg" };
	snprintf(ret->name, sizeof ret->name, "%.*s", (int)sizeof ret->name - 1, list);
	snprintf(ret->arch, sizeof ret->arch, "%.*s", (int)sizeof ret->arch - 1, arch);
	return 0;
}

/* Images that were put together without dpkg: each package has its own status. */
static int find_apart(int root, struct search *search, struct package *ret)
{
	CLEANUP(fd_done) int dir = package_directory(root, STATUS);
	CLEANUP(package_lines_done) struct package_lines lines = { .fd = -1 };
	char path[sizeof STATUS + NAME_MAX + 2];
	struct package package = { .manager = "dpkg" };
	int r = search_owner(search, dir, ".md5sums");

	if (r < 0)
		return r;
	snprintf(path, sizeof path, STATUS "/%s", search->found);
	if (package_lines_open(root, path, &lines) == 0)
		(void)next_stanza(&lines, &package);
	if (!package.name[0])
		snprintf(package.name, sizeof package.name, "%.*s", (int)sizeof package.name - 1, search->found);
	*ret = package;
	return 0;
}

static int divert(int root, struct search *search, struct package_names *names)
{
	CLEANUP(package_lines_done) struct package_lines lines = { .fd = -1 };

	if (package_lines_open(root, "/var/lib/dpkg/diversions", &lines) < 0)
		return 0;
	return package_dpkg_divert(&lines, names, search->owner, search->other);
}

int package_dpkg(int root, const struct package_names *names, struct package *ret)
{
	CLEANUP(free_done) struct package_names *known = malloc(sizeof *known);
	CLEANUP(free_done) struct search *search = calloc(1, sizeof *search);
	CLEANUP(fd_done) int info = package_directory(root, INFO);
	int r;

	if (!known || !search)
		return -ENOMEM;
	*known = *names;
	search->names = known;
	r = divert(root, search, known);
	if (r == 0)
		r = search_owner(search, info, ".list");
	if (r == 0)
		return describe(root, "/var/lib/dpkg/status", search->found, ret);
	return r == -ENOMEM ? r : find_apart(root, search, ret);
}
