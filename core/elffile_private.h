/* elffile_private.h: what the files of elffile share. */
#ifndef CORE_ELFFILE_PRIVATE_H
#define CORE_ELFFILE_PRIVATE_H

#include <stdbool.h>

#include "core/elffile.h"

/* A table of headers. */
struct elffile_headers {
	uint64_t at;
	size_t size, count;
};

struct elffile {
	int fd;
	bool is_64;
	struct elffile_headers sections, segments;
};

int elffile_open(int fd, struct elffile *ret);

/* SIZE bytes at AT. -EBADMSG: the file has less. */
int elffile_read(int fd, void *data, size_t size, uint64_t at);

/* elffile_xz.c: what the SIZE bytes at AT, which begin with HEAD, unpack to, where they are compressed by xz: at most;
 * UINT64_MAX: they do not say. 0: they are something else. -E2BIG: in too many pieces. */
enum { ELFFILE_XZ_HEAD = 13 };
int elffile_xz_size(int fd, uint64_t at, uint64_t size, const unsigned char head[ELFFILE_XZ_HEAD], uint64_t *ret);

#endif
