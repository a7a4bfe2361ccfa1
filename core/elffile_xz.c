/* elffile_xz.c: see elffile_private.h: what .gnu_debugdata is when unpacked, by the format alone.
 *
 * A stream of xz ("The .xz File Format", tukaani.org) is a header of 12 bytes, blocks and an index. A block is its
 * header, whose first byte says its length, and chunks of LZMA2, to a multiple of 4 bytes, and its checksum. No chunk
 * gives more than it says:
 *
 *   01 or 02  LL LL               as it is, LLLL + 1 bytes (all big-endian)
 *   80 to ff  UU UU CC CC [PP]    UUUU + 1 bytes, with five bits more in the first byte, from CCCC + 1; PP: from c0 on
 *   00                            no more */
#include "core/elffile_private.h"

#include <errno.h>
#include <string.h>

enum {
	CHUNKS_MAX = 16384, /* 32 GB at most, 1 GB of what is hard to compress */
	HEADER_SIZE = 12,
	CHUNK_HEADER = 5,
};

struct xz {
	int fd;
	uint64_t at, end, sum;
	size_t chunks;
};

static uint64_t word_at(const unsigned char *data)
{
	return (uint64_t)data[0] << 8 | data[1];
}

/* As many as there are of COUNT bytes at xz->at; those behind the end are 0. */
static int peek(const struct xz *xz, unsigned char *ret, size_t count)
{
	size_t left = xz->at < xz->end ? (size_t)(xz->end - xz->at < count ? xz->end - xz->at : count) : 0;

	memset(ret, 0, count);
	return left ? elffile_read(xz->fd, ret, left, xz->at) : -EBADMSG;
}

/* The chunks of a block. */
static int add_chunks(struct xz *xz)
{
	for (;; xz->chunks++) {
		unsigned char head[CHUNK_HEADER];
		int error = peek(xz, head, sizeof(head));

		if (error || xz->chunks >= CHUNKS_MAX)
			return error ? error : -E2BIG;
		if (head[0] == 0) {
			xz->at++;
			return 0;
		}
		if (head[0] >= 0x80) {
			xz->sum += ((uint64_t)(head[0] & 0x1f) << 16) + word_at(head + 1) + 1;
			xz->at += sizeof(head) + (head[0] >= 0xc0) + word_at(head + 3) + 1;
		} else if (head[0] <= 2) {
			xz->sum += word_at(head + 1) + 1;
			xz->at += 3 + word_at(head + 1) + 1;
		} else {
			return -EBADMSG;
		}
	}
}

/* CHECK: the kind of checksum, 0 to 15. */
static int add_blocks(struct xz *xz, uint64_t start, unsigned check)
{
	const uint64_t check_size = check ? (uint64_t)4 << (check - 1) / 3 : 0;

	for (;;) {
		unsigned char size;
		int error = peek(xz, &size, 1);

		if (error || size == 0) /* the index */
			return error;
		xz->at += 4 * ((uint64_t)size + 1);
		error = add_chunks(xz);
		if (error)
			return error;
		xz->at += (start - xz->at) & 3;
		xz->at += check_size;
	}
}

/* The older format, LZMA alone: 5d, the size of its dictionary (4 bytes) and what it unpacks to (8 bytes), at most
 * 256 GiB or, all bits set, not known; little-endian. */
static bool is_lzma(const unsigned char *data)
{
	bool unknown = true, small = true;

	for (size_t i = 5; i < ELFFILE_XZ_HEAD; i++) {
		unknown = unknown && data[i] == 0xff;
		small = small && (i < 10 || data[i] == 0);
	}
	return data[0] == 0x5d && data[1] == 0 && (unknown || small);
}

int elffile_xz_size(int fd, uint64_t at, uint64_t size, const unsigned char head[ELFFILE_XZ_HEAD], uint64_t *ret)
{
	static const unsigned char magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	struct xz xz = { .fd = fd, .at = at + HEADER_SIZE, .end = at + size };
	int error;

	*ret = is_lzma(head) ? UINT64_MAX : 0;
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return 0;
	if (size > INT64_MAX || at > INT64_MAX)
		return -EBADMSG;
	error = add_blocks(&xz, at, head[sizeof(magic) + 1] & 15);
	if (!error)
		*ret = xz.sum;
	return error;
}
