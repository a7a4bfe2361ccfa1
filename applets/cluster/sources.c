#include "applets/cluster/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "applets/cluster/path.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/ini.h"
#include "core/log.h"

/* The option that names files, and one of the files. */
struct mention { const struct ini_line *line; const char *option, *name; };

struct loading {
	struct sources *sources;
	struct fault *fault;
	struct stat doing[SOURCES_DEPTH_MAX]; /* the files that are being read, each because of the one before it */
	size_t depth, files, bytes;
};

static int refuse(struct loading *l, const struct mention *by, const char *file, const char *why)
{
	if (!by)
		return fault_say(l->fault, NULL, 0, "cannot read '%s': %s", file, why);
	return fault_say(l->fault, by->line->file, by->line->line, "%s: '%s': %s", by->option, by->name, why);
}

/* ---- reading one file ---- */

static int check(struct loading *l, const struct mention *by, const char *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(l, by, file, log_errno(errno));
	for (size_t i = 0; i < l->depth; i++)
		if (l->doing[i].st_dev == st.st_dev && l->doing[i].st_ino == st.st_ino)
			return refuse(l, by, file, "the file extends itself");
	if (l->depth == SOURCES_DEPTH_MAX)
		return refuse(l, by, file, "too many files that extend each other");
	if (l->files == SOURCES_MAX)
		return refuse(l, by, file, "too many files are extended");
	l->files++;
	l->doing[l->depth] = st;
	return 0;
}

/* -ENOENT, and nothing said, where the file may be missing and is. */
static int read_file(struct loading *l, const struct mention *by, const char *file, bool optional, struct buf *ret)
{
	CLEANUP(fd_done) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0 && errno == ENOENT && optional)
		return -ENOENT;
	if (fd < 0)
		return refuse(l, by, file, log_errno(errno));
	r = check(l, by, file, fd);
	if (r < 0)
		return r;
	r = buf_read_fd(ret, fd);
	if (r == -ENOBUFS)
		return refuse(l, by, file, "the configuration is larger than 8 MiB");
	if (r < 0 && r != -ENOMEM)
		return refuse(l, by, file, log_errno(r));
	l->bytes += ret->len;
	return r;
}

static int parse_file(struct loading *l, const struct mention *by, const char *file, bool optional, struct ini *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(SOURCES_BYTES_MAX - l->bytes);
	struct ini_fault found = { 0 };
	int r = read_file(l, by, file, optional, &text);

	if (r < 0)
		return r;
	r = ini_parse(file, text.data ? text.data : "", text.len, ret, &found);
	return r < 0 ? fault_ini(l->fault, &found, r) : 0;
}

/* ---- extends ---- */

static int load(struct loading *l, const struct mention *by, const char *file, bool optional, struct ini *ret);

/* "https://dist.plone.org/versions.cfg" */
static bool is_url(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

	return n > 0 && !strncmp(name + n, "://", 3);
}

static void leave_out(struct sources *sources, const struct mention *what)
{
	if (sources->remote++ == 0)
		fault_say(&sources->remote_first, what->line->file, what->line->line, "%s", what->name);
}

/* Lay the file that is mentioned in FILE on BASE. */
static int extend(struct loading *l, const struct mention *by, const char *file, bool optional, struct ini *base)
{
	CLEANUP(free_done) char *parent = path_parent(file);
	CLEANUP(free_done) char *path = NULL;
	CLEANUP(ini_done) struct ini more = { 0 };
	int r;

	if (is_url(by->name)) {
		leave_out(l->sources, by);
		return 0;
	}
	path = !parent ? NULL : strcmp(parent, ".") != 0 ? path_join(parent, by->name) : strdup(by->name);
	if (!path)
		return -ENOMEM;
	r = load(l, by, path, optional, &more);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return ini_merge(base, &more);
}

/* All files that OPTION, which is taken out of SECTION, names. */
static int extend_all(struct loading *l, const char *file, struct ini_section *section, const char *option,
		      struct ini *base)
{
	struct ini_option *o = section ? ini_option(section, option) : NULL;
	bool optional = strcmp(option, "extends") != 0;
	int r = 0;

	for (size_t i = 0; o && i < o->value.count && r == 0; i++) {
		CLEANUP(free_done) char *words = strdup(o->value.lines[i].text);
		char *rest = words, *word;

		if (!words)
			return -ENOMEM;
		while (r == 0 && (word = strsep(&rest, " \t\v\f"))) {
			struct mention mention = { &o->value.lines[i], option, word };

			if (*word)
				r = extend(l, &mention, file, optional, base);
		}
	}
	if (o)
		ini_remove(section, o);
	return r;
}

/* A file with all that it extends: the first that it names lies below the second, and all below the file itself. */
static int load(struct loading *l, const struct mention *by, const char *file, bool optional, struct ini *ret)
{
	CLEANUP(ini_done) struct ini own = { 0 };
	struct ini_section *buildout;
	int r = parse_file(l, by, file, optional, &own);

	if (r < 0)
		return r;
	l->depth++;
	buildout = ini_find(&own, "buildout");
	r = extend_all(l, file, buildout, "extends", ret);
	if (r == 0)
		r = extend_all(l, file, buildout, "optional-extends", ret);
	if (r == 0)
		r = ini_merge(ret, &own);
	l->depth--;
	return r;
}

/* ---- all of it ---- */

static int set_defaults(struct sources *s)
{
	static const char *const defaults[][2] = {
		{ "bin-directory", "bin" }, { "parts-directory", "parts" }, { "eggs-directory", "eggs" },
		{ "develop-eggs-directory", "develop-eggs" },
	};
	int r = ini_set(&s->ini, "buildout", "directory", s->directory);

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]) && r == 0; i++)
		r = ini_set(&s->ini, "buildout", defaults[i][0], defaults[i][1]);
	return r;
}

int sources_load(const char *file, const char *path, struct sources *ret, struct fault *ret_fault)
{
	CLEANUP(sources_done) struct sources s = { .directory = path_parent(path) };
	CLEANUP(ini_done) struct ini loaded = { 0 };
	struct loading l = { .sources = &s, .fault = ret_fault };
	int r = s.directory ? set_defaults(&s) : -ENOMEM;

	if (r == 0)
		r = load(&l, NULL, file, false, &loaded);
	if (r == 0)
		r = ini_merge(&s.ini, &loaded);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct sources){ 0 };
	return 0;
}

void sources_done(struct sources *sources)
{
	if (!sources)
		return;
	ini_done(&sources->ini);
	free(sources->directory);
	*sources = (struct sources){ 0 };
}
