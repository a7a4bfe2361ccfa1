/* capture_modules.c: see capture_private.h: the files that are mapped executable. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/capture_private.h"
#include "core/cleanup.h"
#include "core/grow.h"
#include "core/inroot.h"
#include "core/procfs_private.h"

/* What is needed besides to open the modules' files. */
struct opener {
	int memory, root;  /* root: -errno where it could not be opened */
	int exe;           /* the executable itself, O_PATH */
};

static bool same_span(const struct span *a, const struct span *b)
{
	return span_len(a) == span_len(b) && memcmp(a->at, b->at, span_len(a)) == 0;
}

static bool same_file(const struct procparse_map *a, const struct procparse_map *b)
{
	return a->dev == b->dev && a->inode == b->inode && same_span(&a->path, &b->path);
}

static bool is_file(const struct procparse_map *map)
{
	return map->inode != 0 && span_len(&map->path) > 1 && *map->path.at == '/';
}

/* A file's mappings follow one another with growing offsets; one that was loaded twice begins anew. Between them may
 * lie memory without a file. Returns the index behind the last mapping that belongs to the one at FIRST. */
static size_t module_end(const struct capture *c, size_t first, bool *ret_executable)
{
	const struct procparse_map *begin = &c->mappings[first], *last = begin;
	size_t end = first + 1;

	*ret_executable = begin->perms[2] == 'x';
	for (size_t i = first + 1; i < c->mapping_count; i++) {
		const struct procparse_map *map = &c->mappings[i];

		if (!is_file(map))
			continue;
		if (!same_file(begin, map) || map->offset < last->offset ||
		    (map->offset == 0 && last->end != map->start))
			break;
		*ret_executable |= map->perms[2] == 'x';
		last = map;
		end = i + 1;
	}
	return end;
}

/* "/a\012b (deleted)" is "/a", a newline, "b": the only byte that the kernel escapes there. */
static char *path_of(struct span path, bool *ret_deleted)
{
	static const char deleted[] = " (deleted)";
	size_t len = span_len(&path), at = 0;
	char *text;

	*ret_deleted = len > sizeof deleted - 1 && memcmp(path.end - (sizeof deleted - 1), deleted,
							  sizeof deleted - 1) == 0;
	if (*ret_deleted)
		len -= sizeof deleted - 1;
	text = malloc(len + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		bool newline = len - i >= 4 && memcmp(path.at + i, "\\012", 4) == 0;

		text[at++] = newline ? '\n' : path.at[i];
		i += newline ? 3 : 0;
	}
	text[at] = '\0';
	return text;
}

/* Where a file system has no device of its own (btrfs, overlayfs) maps and stat(2) need not name the same one. */
static bool is_module(const struct capture_module *m, const struct stat *st)
{
	return st->st_ino == m->inode &&
	       (st->st_dev == m->dev || (major(st->st_dev) == 0 && major(m->dev) == 0));
}

/* Open for reading what PATH, an O_PATH descriptor, refers to: a regular file, and nothing else. With CHECK only that
 * of the module. */
static int open_regular(int path, const struct capture_module *m, bool check)
{
	char name[PROCFS_FD_PATH_MAX];
	struct stat st;
	int fd;

	if (fstat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADF;
	if (check && !is_module(m, &st))
		return -ESTALE;
	procfs_fd_path(path, name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* map_files/7f3a1c000000-7f3a1c021000 is the file itself, whatever its name leads to (proc(5)). */
static int open_mapped(const struct opener *o, const struct capture_module *m, const struct procparse_map *map)
{
	char name[64];

	snprintf(name, sizeof name, "map_files/%llx-%llx", (unsigned long long)map->start,
		 (unsigned long long)map->end);
	CLEANUP(fd_done) int path = procfs_open_at(o->memory, name, O_PATH);

	return path < 0 ? path : open_regular(path, m, false);
}

static int open_named(const struct opener *o, const struct capture_module *m)
{
	const char *name;

	if (o->root < 0)
		return o->root;
	CLEANUP(fd_done) int parent = inroot_open_parent(o->root, o->root, m->path, &name);
	CLEANUP(fd_done) int path = parent < 0 ? parent : procfs_open_at(parent, name, O_PATH | O_NOFOLLOW);

	return path < 0 ? path : open_regular(path, m, true);
}

static int open_module(const struct opener *o, const struct capture_module *m, const struct procparse_map *map)
{
	int fd = open_mapped(o, m, map);

	if (fd < 0 && o->exe >= 0)
		fd = open_regular(o->exe, m, true);
	return fd < 0 ? open_named(o, m) : fd;
}

static int add_module(struct capture *c, const struct opener *o, size_t first, size_t end, size_t *room)
{
	const struct procparse_map *map = &c->mappings[first];
	struct capture_module m = {
		.start = map->start, .end = c->mappings[end - 1].end, .offset = map->offset,
		.dev = map->dev, .inode = map->inode, .fd = -EMFILE,
	};

	if (GROW(c->modules, *room, c->module_count + 1) < 0)
		return -ENOMEM;
	m.path = path_of(map->path, &m.deleted);
	if (!m.path)
		return -ENOMEM;
	m.fd = open_module(o, &m, map);
	c->modules[c->module_count++] = m;
	return 0;
}

/* A descriptor a module: the usual 1,024 may be too few. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= 2 * CAPTURE_MODULES_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < 2 * CAPTURE_MODULES_MAX ? limit.rlim_max : 2 * CAPTURE_MODULES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int capture_open_modules(struct capture *c)
{
	CLEANUP(fd_done) int root = procfs_root(c->private->memory);
	CLEANUP(fd_done) int exe = procfs_open_at(c->private->memory, "exe", O_PATH);
	const struct opener opener = { .memory = c->private->memory, .root = root, .exe = exe };
	size_t room = 0, end;
	int r = 0;

	raise_limit();
	for (size_t i = 0; r == 0 && i < c->mapping_count && c->module_count < CAPTURE_MODULES_MAX; i = end) {
		bool executable = false;

		end = i + 1;
		if (!is_file(&c->mappings[i]))
			continue;
		end = module_end(c, i, &executable);
		if (executable)
			r = add_module(c, &opener, i, end, &room);
	}
	return r;
}
