#include "applets/gmr/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/gmr/descriptor_link.h"
#include "applets/gmr/descriptor_socket.h"
#include "core/cleanup.h"
#include "core/grow.h"
#include "core/redact.h"

enum {
	NUMBERS_MAX = 1 << 16,
	FDINFO_MAX = 1 << 18, /* an eventpoll has a line for each that it watches */
	NAME_TEXT_MAX = 2 * PATH_MAX,
};

struct descriptors {
	const struct target *target;
	int *numbers;
	size_t count;
	bool cut;
	struct sockets *sockets; /* NULL: none was asked for yet */
};

static void directory_done(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* The number that NAME is, or -1: "." and "..". */
static int entry_number(const char *name)
{
	struct span s = span_of(name, strlen(name));
	uint64_t number;

	return span_take_number(&s, INT_MAX, &number) == 0 && span_len(&s) == 0 ? (int)number : -1;
}

static int add_number(struct descriptors *descriptors, size_t *size, int number)
{
	if (GROW(descriptors->numbers, *size, descriptors->count + 1) < 0)
		return -ENOMEM;
	descriptors->numbers[descriptors->count++] = number;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static int read_numbers(struct descriptors *descriptors)
{
	CLEANUP(fd_done) int fd = openat(descriptors->target->dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(directory_done) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t size = 0;
	int r = 0;

	if (!directory)
		return errno == ENOENT ? -ESRCH : -errno;
	TAKE_FD(fd);
	while (r == 0 && !descriptors->cut && (errno = 0, entry = readdir(directory)) != NULL) {
		int number = entry_number(entry->d_name);

		if (number >= 0 && descriptors->count == NUMBERS_MAX)
			descriptors->cut = true;
		else if (number >= 0)
			r = add_number(descriptors, &size, number);
	}
	if (r == 0 && !descriptors->cut && errno != 0)
		return errno == ENOENT ? -ESRCH : -errno;
	if (descriptors->count > 0)
		qsort(descriptors->numbers, descriptors->count, sizeof *descriptors->numbers, by_number);
	return r;
}

int descriptors_open(const struct target *target, struct descriptors **ret)
{
	struct descriptors *descriptors = calloc(1, sizeof *descriptors);
	int r;

	if (!descriptors)
		return -ENOMEM;
	descriptors->target = target;
	r = read_numbers(descriptors);
	if (r < 0) {
		descriptors_free(descriptors);
		return r;
	}
	*ret = descriptors;
	return 0;
}

/* TEXT is what the link says, which LINK points into. */
struct look {
	char text[PATH_MAX];
	struct descriptor_link link;
};

static int look_at(struct descriptors *descriptors, int fd, struct look *ret)
{
	char name[32];
	ssize_t n;

	snprintf(name, sizeof name, "fd/%d", fd);
	n = readlinkat(descriptors->target->dir, name, ret->text, sizeof ret->text);
	if (n < 0)
		return -errno;
	descriptor_link_parse(ret->text, (size_t)n, &ret->link);
	return 0;
}

/* Nothing and false where it says nothing, or may not be read. */
static bool read_fdinfo(struct descriptors *descriptors, int fd, const struct descriptor_link *link, struct buf *ret)
{
	char name[32];

	if (!link->wants_fdinfo)
		return false;
	snprintf(name, sizeof name, "fdinfo/%d", fd);
	return procfs_read(descriptors->target->dir, name, ret) == -ENOBUFS;
}

static int load_sockets(struct descriptors *descriptors)
{
	if (descriptors->sockets)
		return 0;
	return sockets_find(descriptors->target, descriptors->numbers, descriptors->count, &descriptors->sockets);
}

static int add_name(struct descriptors *descriptors, int fd, struct buf *ret)
{
	CLEANUP(buf_done) struct buf fdinfo = BUF(FDINFO_MAX);
	struct look look;
	int r = look_at(descriptors, fd, &look);
	bool cut;

	if (r < 0)
		return r;
	if (look.link.type == DESCRIPTOR_SOCKET) {
		r = load_sockets(descriptors);
		if (r == 0)
			r = sockets_name(descriptors->sockets, look.link.inode, ret);
		if (r != -ENOENT)
			return r;
	}
	cut = look.link.type != DESCRIPTOR_PATH && read_fdinfo(descriptors, fd, &look.link, &fdinfo);
	return descriptor_link_name(&look.link, fdinfo.data, fdinfo.len, cut, ret);
}

int descriptors_name(struct descriptors *descriptors, int fd, struct buf *ret)
{
	CLEANUP(buf_done) struct buf name = BUF(NAME_TEXT_MAX);
	int r = add_name(descriptors, fd, &name);

	return r < 0 ? r : redact_text(name.data ? name.data : "", name.len, ret);
}

const char *descriptors_kind(struct descriptors *descriptors, int fd)
{
	CLEANUP(buf_done) struct buf fdinfo = BUF(FDINFO_MAX);
	struct look look;

	if (look_at(descriptors, fd, &look) < 0)
		return "?";
	if (look.link.type == DESCRIPTOR_SOCKET)
		return load_sockets(descriptors) < 0 ? "socket" :
		       sockets_kind(descriptors->sockets, look.link.inode);
	if (look.link.type == DESCRIPTOR_PATH)
		read_fdinfo(descriptors, fd, &look.link, &fdinfo);
	return descriptor_link_kind(&look.link, fdinfo.data, fdinfo.len);
}

const int *descriptors_all(struct descriptors *descriptors, size_t *ret_count, bool *ret_cut)
{
	*ret_count = descriptors->count;
	*ret_cut = descriptors->cut;
	return descriptors->numbers;
}

void descriptors_free(struct descriptors *descriptors)
{
	if (!descriptors)
		return;
	sockets_free(descriptors->sockets);
	free(descriptors->numbers);
	free(descriptors);
}
