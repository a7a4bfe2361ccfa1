/* capture_read.c: see capture.h: what lies in a process's memory, beside stacks.
 *
 * A page of a file that is mapped need not be in the process's memory: it was never touched there, or given up when
 * memory became short. What it has is then what the file has, which is read only as far as that costs no waiting for a
 * disk or a server: RWF_NOWAIT, preadv2(2). */
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/capture_private.h"

/* The file that MAP is of, or a negative number. */
static int file_of(const struct capture *c, const struct procparse_map *map)
{
	for (size_t i = 0; map->inode && i < c->module_count; i++)
		if (c->modules[i].inode == map->inode && c->modules[i].dev == map->dev)
			return c->modules[i].fd;
	return -ENOENT;
}

/* Of one page; behind the end of its file a mapping is zero. */
static bool read_file(const struct capture *c, uint64_t address, char *ret, size_t len)
{
	const struct procparse_map *map = capture_mapping(c, address);
	struct iovec iov = { .iov_base = ret, .iov_len = len };
	int fd = map ? file_of(c, map) : -ENOENT;
	uint64_t at;
	long n;

	if (fd < 0)
		return false;
	at = map->offset + (address - map->start);
	n = syscall(SYS_preadv2, fd, &iov, 1L, (long)at, (long)(at >> 32), (long)RWF_NOWAIT);
	if (n > 0)
		memset(ret + n, 0, len - (size_t)n);
	return n > 0;
}

static int copy(const struct capture *c, uint64_t address, char *ret, size_t len, struct capture_piece *ret_piece)
{
	struct iovec iov[2];

	*ret_piece = (struct capture_piece){ .from = address, .to = ret, .len = len };
	return capture_copy(c->private->pagemap, c->private->reader, ret_piece, 1, iov, 1);
}

/* Some of its pages are not in memory. */
static int read_pages(const struct capture *c, uint64_t address, char *ret, size_t len)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);
	bool any = false;

	while (len > 0) {
		size_t n = (size_t)(size - address % size) < len ? (size_t)(size - address % size) : len;
		struct capture_piece piece;
		int r = copy(c, address, ret, n, &piece);

		if (r < 0)
			return r;
		any |= piece.got > 0 || read_file(c, address, ret, n);
		address += n;
		ret += n;
		len -= n;
	}
	return any ? 0 : -EFAULT;
}

int capture_read(const struct capture *c, uint64_t address, void *ret, size_t len)
{
	struct capture_piece piece;
	int r;

	if (capture_is_late(c))
		return -ETIMEDOUT;
	if (c->private->pagemap < 0)
		return -ENOSYS;
	if (address + len < address)
		return -EFAULT;
	r = copy(c, address, ret, len, &piece);
	if (r < 0)
		return r;
	if (piece.separate)
		return read_pages(c, address, ret, len);
	return piece.got == len ? 0 : -EFAULT;
}
