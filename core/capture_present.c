/* capture_present.c: see capture_private.h: memory that is there.
 *
 * To read a page that is not may take for ever: the process decides when userfaultfd(2) or a file system of its own
 * gives it. One that was never touched would only be made to be zero. So neither is asked for. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/capture_private.h"
#include "core/pages.h"

enum { PRESENT_CHUNK = 256 };

/* Of the N pages from PAGE on; what the file does not tell is not there. */
static void read_entries(int pagemap, uint64_t page, size_t n, uint64_t *ret)
{
	ssize_t got;

	memset(ret, 0, n * sizeof *ret);
	do
		got = pread(pagemap, ret, n * sizeof *ret, (off_t)(page * sizeof *ret));
	while (got < 0 && errno == EINTR);
}

/* Where the first page from PAGE to END (exclusive) begins that is here or not, as HERE says. */
static uint64_t find_page(int pagemap, uint64_t page, uint64_t end, bool here)
{
	uint64_t entries[PRESENT_CHUNK];

	while (page < end) {
		size_t n = end - page < PRESENT_CHUNK ? (size_t)(end - page) : PRESENT_CHUNK;

		read_entries(pagemap, page, n, entries);
		for (size_t i = 0; i < n; i++)
			if (pages_is_here(entries[i]) == here)
				return page + i;
		page += n;
	}
	return end;
}

/* The part of PIECE between two places of the process's memory. */
static struct capture_piece part_of(const struct capture_piece *piece, uint64_t from, uint64_t to)
{
	uint64_t end = piece->from + piece->len;

	from = from > piece->from ? from : piece->from;
	to = to < end ? to : end;
	return (struct capture_piece){
		.from = from, .to = piece->to + (from - piece->from), .len = (size_t)(to - from),
	};
}

int capture_copy_present(int pagemap, pid_t reader, struct capture_piece *piece)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t page = piece->from / size, end = (piece->from + piece->len + size - 1) / size;
	uint64_t gone = find_page(pagemap, page, end, false);
	struct iovec iov[2];

	if (gone == end)
		return 0;
	piece->separate = true;
	memset(piece->to, 0, piece->len);
	while (page < end) {
		struct capture_piece part = part_of(piece, page * size, gone * size);
		int r = gone > page ? capture_copy(-1, reader, &part, 1, iov, 1) : 0;

		if (r < 0)
			return r;
		if (gone > page)
			piece->got = (size_t)(part.to - piece->to) + part.got;
		page = find_page(pagemap, gone, end, true);
		gone = find_page(pagemap, page, end, false);
	}
	return 0;
}
