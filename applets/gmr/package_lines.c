#include "applets/gmr/package_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/inroot.h"
#include "core/inroot_file.h"

enum { BLOCK = 64 << 10 };

int package_lines_of(int fd, struct package_lines *ret)
{
	char *block = malloc(BLOCK);

	if (!block) {
		fd_close(fd);
		return -ENOMEM;
	}
	*ret = (struct package_lines){ .fd = fd, .block = block };
	return 0;
}

int package_lines_open(int root, const char *path, struct package_lines *ret)
{
	int fd = inroot_open_file(root, path, PACKAGE_FILE_MAX, NULL);

	return fd < 0 ? fd : package_lines_of(fd, ret);
}

void package_lines_done(struct package_lines *lines)
{
	if (!lines)
		return;
	lines->fd = fd_close(lines->fd);
	free(lines->block);
	lines->block = NULL;
}

/* What is left goes to the front, and more behind it. 0: there is no more. */
static ssize_t fill(struct package_lines *lines)
{
	ssize_t n;

	memmove(lines->block, lines->block + lines->at, lines->have - lines->at);
	lines->have -= lines->at;
	lines->at = 0;
	do
		n = read(lines->fd, lines->block + lines->have, BLOCK - lines->have);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		lines->have += (size_t)n;
	return n < 0 ? -errno : n;
}

/* The same line may be given in pieces: only the first one counts. */
static int next_piece(struct package_lines *lines, struct span *ret, bool *ret_whole)
{
	const char *newline = NULL;
	size_t seen = 0;
	ssize_t n = 1;

	for (;;) {
		char *at = lines->block + lines->at;
		size_t left = lines->have - lines->at;

		newline = memchr(at + seen, '\n', left - seen);
		if (newline || left == BLOCK || n <= 0)
			break;
		seen = left;
		n = fill(lines);
	}
	if (n < 0)
		return (int)n;
	*ret = span_of(lines->block + lines->at, lines->have - lines->at);
	ret->end = newline ? newline : ret->end;
	lines->at += span_len(ret) + (newline != NULL);
	*ret_whole = newline != NULL || n == 0;
	return newline != NULL || span_len(ret) > 0;
}

int package_lines_next(struct package_lines *lines, struct span *ret)
{
	bool whole, rest;
	int r;

	do {
		r = next_piece(lines, ret, &whole);
		rest = lines->cut;
		lines->cut = r > 0 && !whole;
	} while (r > 0 && rest);
	return r;
}

void package_copy(const struct span *from, char *ret, size_t size)
{
	size_t len = span_len(from) < size ? span_len(from) : size - 1;

	if (len > 0)
		memcpy(ret, from->at, len);
	ret[len] = '\0';
}

bool package_take(const struct span *line, const char *key, char *ret, size_t size)
{
	struct span rest = *line;

	if (*ret || !span_take_prefix(&rest, key))
		return false;
	span_skip_blanks(&rest);
	package_copy(&rest, ret, size);
	return true;
}

int package_directory(int root, const char *path)
{
	char inside[PATH_MAX];
	const char *name;
	CLEANUP(fd_done) int dir = -1;
	size_t len = strlen(path);
	int fd;

	if (path[0] != '/' || len + 3 > sizeof inside)
		return -ENOENT;
	memcpy(inside, path, len);
	strcpy(inside + len, "/x");
	dir = inroot_open_parent(root, -1, inside, &name);
	if (dir < 0)
		return dir;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int package_read(int dir, const char *name, struct buf *ret)
{
	CLEANUP(fd_done) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	if (st.st_size < 0 || (uint64_t)st.st_size >= ret->max)
		return -EFBIG;
	buf_reset(ret);
	r = buf_reserve(ret, (size_t)st.st_size + 1);
	while (r == 0) { /* one read(2) for what is there: there are many small files */
		ssize_t n = read(fd, ret->data + ret->len, (size_t)st.st_size + 1 - ret->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			r = n < 0 ? -errno : 1;
		else if ((ret->len += (size_t)n) >= (size_t)st.st_size)
			r = 1;
	}
	if (r > 0)
		ret->data[ret->len] = '\0';
	return r < 0 ? r : 0;
}
