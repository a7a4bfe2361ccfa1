/* capture_maps.c: see capture_private.h: the memory map. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/uio.h>

#include "core/capture_private.h"
#include "core/cleanup.h"
#include "core/grow.h"
#include "core/procfs_private.h"
#include "core/sorted.h"

static int parse_maps(struct capture *c)
{
	struct procparse_map map;
	size_t at = 0, room = 0;

	/* What does not read as a mapping ends the map, as where it was cut. */
	while (procparse_map(c->maps.data, c->maps.len, &at, &map) > 0) {
		if (GROW(c->mappings, room, c->mapping_count + 1) < 0)
			return -ENOMEM;
		if (c->mapping_count && map.start < c->mappings[c->mapping_count - 1].end)
			break;
		c->mappings[c->mapping_count++] = map;
	}
	return 0;
}

/* The first mapping that ends behind ADDRESS, or NULL. */
static const struct procparse_map *mapping_at(const struct capture *c, uint64_t address)
{
	size_t at = sorted_up_to(c->mappings, c->mapping_count, sizeof *c->mappings, address);

	if (at > 0 && c->mappings[at - 1].end > address)
		at--;
	return at < c->mapping_count ? &c->mappings[at] : NULL;
}

const struct procparse_map *capture_mapping(const struct capture *c, uint64_t address)
{
	const struct procparse_map *map = mapping_at(c, address);

	return map && map->start <= address ? map : NULL;
}

/* The main thread's stack grows downwards: it may have done so since. */
uint64_t capture_stack_end(const struct capture *c, uint64_t sp, bool *ret_known)
{
	const struct procparse_map *map = mapping_at(c, sp);

	*ret_known = map && (sp >= map->start ||
			     (span_is(&map->path, "[stack]") && map->start - sp <= c->private->options.stack_max));
	if (*ret_known)
		return map->end;
	return sp > UINT64_MAX - CAPTURE_UNKNOWN_MAX ? sp : sp + CAPTURE_UNKNOWN_MAX;
}

static void read_vdso(struct capture *c)
{
	struct iovec iov[2];

	for (size_t i = 0; i < c->mapping_count; i++) {
		const struct procparse_map *map = &c->mappings[i];
		struct capture_piece piece = { .from = map->start, .len = map->end - map->start };

		if (!span_is(&map->path, "[vdso]"))
			continue;
		if (piece.len > c->vdso.max || buf_reserve(&c->vdso, piece.len) < 0)
			return;
		piece.to = c->vdso.data;
		if (capture_copy(-1, c->private->reader, &piece, 1, iov, 1) < 0 || piece.got < piece.len)
			return;
		c->vdso.len = piece.len;
		c->vdso.data[piece.len] = '\0';
		c->vdso_at = map->start;
		return;
	}
}

static void read_entry(struct capture *c)
{
	CLEANUP(buf_done) struct buf auxv = BUF(16 << 10);

	if (procfs_read(c->private->memory, "auxv", &auxv) == 0)
		(void)procparse_auxv(auxv.data, auxv.len, AT_ENTRY, &c->entry);
}

/* elf(5): the class stands in the first bytes of the executable. */
static bool is_foreign(const struct capture *c)
{
	CLEANUP(fd_done) int fd = procfs_open_at(c->private->memory, "exe", O_RDONLY | O_NONBLOCK);
	unsigned char ident[EI_NIDENT];

	if (fd < 0 || pread(fd, ident, sizeof ident, 0) != (ssize_t)sizeof ident)
		return false;
	return ident[EI_CLASS] != (sizeof(long) == 8 ? ELFCLASS64 : ELFCLASS32);
}

int capture_read_maps(struct capture *c)
{
	int r = procfs_read(c->private->memory, "maps", &c->maps);

	if (r < 0 && r != -ENOBUFS)
		return r;
	r = parse_maps(c);
	if (r < 0)
		return r;
	c->private->foreign = is_foreign(c);
	c->private->pagemap = procfs_open_at(c->private->memory, "pagemap", O_RDONLY);
	if (!c->private->foreign) {
		read_vdso(c);
		read_entry(c);
	}
	return 0;
}
