/* registry_find.c: see registry.h: where a process has registries: by the notes of its objects, elf(5), in its memory.
 *
 * ELFCLASS64 and ELFCLASS32, of our byte order. */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/registry.h"

enum {
	NOTE_SEGMENTS_MAX = 8, /* of an object that are read */
	NOTE_ALIGN = 4,        /* of names and descriptors, but where the segment has 8 */
};

/* What of a program header is used. */
struct segment {
	uint32_t type;
	uint64_t offset, address, size, align;
};

struct object {
	const struct procparse_map *map; /* its first */
	uint64_t bias;                   /* what is added to the addresses in its headers */
	uint64_t end;                    /* where its last segment ends */
	size_t segments_at, segment_size, segment_count;
	bool is_64;
	size_t len;                      /* bytes of HEADER that were read */
	unsigned char header[REGISTRY_HEADER_MAX];
};

struct finder {
	const struct registry_memory *memory;
	const struct procparse_map *maps;
	size_t map_count;
	struct registry_place *places;
	int place_count;
	struct object object;
	unsigned char notes[REGISTRY_HEADER_MAX];
};

/* --- the object --- */

static bool is_elf(const unsigned char *ident)
{
	static const uint16_t one = 1;
	unsigned char order = *(const unsigned char *)&one ? ELFDATA2LSB : ELFDATA2MSB;

	return !memcmp(ident, ELFMAG, SELFMAG) && ident[EI_DATA] == order &&
	       (ident[EI_CLASS] == ELFCLASS64 || ident[EI_CLASS] == ELFCLASS32);
}

/* False: no ELF header, or one whose program headers do not stand in what was read. */
static bool parse_header(struct object *o)
{
	uint64_t at, size, count;
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (o->len < sizeof(wide) || !is_elf(o->header))
		return false;
	memcpy(&wide, o->header, sizeof(wide));
	memcpy(&narrow, o->header, sizeof(narrow));
	o->is_64 = o->header[EI_CLASS] == ELFCLASS64;
	at = o->is_64 ? wide.e_phoff : narrow.e_phoff;
	size = o->is_64 ? wide.e_phentsize : narrow.e_phentsize;
	count = o->is_64 ? wide.e_phnum : narrow.e_phnum;
	if (size != (o->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || at > o->len || count * size > o->len - at)
		return false;
	o->segments_at = at, o->segment_size = size, o->segment_count = count;
	return true;
}

static struct segment segment_of(const struct object *o, size_t index)
{
	const unsigned char *from = o->header + o->segments_at + index * o->segment_size;
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (o->is_64) {
		memcpy(&wide, from, sizeof(wide));
		return (struct segment){ wide.p_type, wide.p_offset, wide.p_vaddr, wide.p_memsz, wide.p_align };
	}
	memcpy(&narrow, from, sizeof(narrow));
	return (struct segment){ narrow.p_type, narrow.p_offset, narrow.p_vaddr, narrow.p_memsz, narrow.p_align };
}

/* The first segment that is loaded tells by how much the object was moved. False: there is none. The numbers may be
 * any: they wrap, and what they lead to is checked where it is read. */
static bool place_object(struct object *o)
{
	bool placed = false;

	for (size_t i = 0; i < o->segment_count; i++) {
		struct segment s = segment_of(o, i);

		if (s.type != PT_LOAD)
			continue;
		if (!placed)
			o->bias = o->map->start - (s.address - s.offset);
		placed = true;
		o->end = o->bias + s.address + s.size;
	}
	return placed;
}

/* --- notes --- */

/* Are the SIZE bytes from AT on within mappings that may be read and written? */
static bool is_writable(const struct finder *f, uint64_t at, uint64_t size)
{
	size_t low = 0, high = f->map_count;

	if (size > UINT64_MAX - at)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->maps[middle].end > at)
			high = middle;
		else
			low = middle + 1;
	}
	for (uint64_t end = at + size; low < f->map_count && f->maps[low].start <= at; low++) {
		if (f->maps[low].perms[0] != 'r' || f->maps[low].perms[1] != 'w')
			return false;
		if (f->maps[low].end >= end)
			return true;
		at = f->maps[low].end;
	}
	return false;
}

/* The note's descriptor is at AT. Of a version that we do not know only the place is said: registry_read() refuses. */
static void add_place(struct finder *f, const struct registry_note *note, uint64_t at)
{
	uint64_t registry = at + offsetof(struct registry_note, offset) + (uint64_t)note->offset;
	uint32_t least = note->version == REGISTRY_VERSION ? REGISTRY_SIZE_LEAST : sizeof(struct registry_note);

	if (note->size < least || note->size > REGISTRY_SIZE_MAX || !is_writable(f, registry, note->size))
		return;
	for (int i = 0; i < f->place_count; i++)
		if (f->places[i].at == registry)
			return;
	f->places[f->place_count++] = (struct registry_place){
		.at = registry, .object = f->object.map->start, .version = note->version, .size = note->size,
	};
}

static size_t align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* The LEN bytes of notes that lie at AT:
 *
 *   name size u32  descriptor size u32  type u32  name, filled up to ALIGN  descriptor, filled up to ALIGN */
static void walk_notes(struct finder *f, const unsigned char *notes, size_t len, uint64_t at, size_t align)
{
	size_t next;

	for (size_t i = 0; i < len && len - i >= sizeof(Elf64_Nhdr); i = next) {
		Elf64_Nhdr head;
		struct registry_note note;
		size_t descriptor;

		memcpy(&head, notes + i, sizeof(head));
		if (head.n_namesz > len || head.n_descsz > len)
			return;
		descriptor = align_up(i + sizeof(head) + head.n_namesz, align);
		next = align_up(descriptor + head.n_descsz, align);
		if (descriptor + head.n_descsz > len)
			return;
		if (head.n_type != REGISTRY_NOTE || head.n_descsz < sizeof(note) ||
		    head.n_namesz != sizeof(REGISTRY_OWNER) ||
		    memcmp(notes + i + sizeof(head), REGISTRY_OWNER, sizeof(REGISTRY_OWNER)) != 0)
			continue;
		memcpy(&note, notes + descriptor, sizeof(note));
		if (f->place_count < REGISTRY_PLACES_MAX)
			add_place(f, &note, at + descriptor);
	}
}

/* Most often the notes are in the page that was read. */
static int read_notes(struct finder *f, const struct segment *s)
{
	const struct object *o = &f->object;
	uint64_t at = o->bias + s->address, from = at - o->map->start;
	size_t len = s->size < sizeof(f->notes) ? (size_t)s->size : sizeof(f->notes);
	const unsigned char *notes = f->notes;
	int r;

	if (len == 0)
		return 0;
	if (from < o->len && len <= o->len - from) {
		notes = o->header + from;
	} else {
		r = f->memory->read(f->memory->context, at, f->notes, len);
		if (r < 0)
			return r == -EFAULT ? 0 : r;
	}
	walk_notes(f, notes, len, at, s->align == 8 ? 8 : NOTE_ALIGN);
	return 0;
}

static int read_object(struct finder *f, const struct procparse_map *map)
{
	struct object *o = &f->object;
	uint64_t len = map->end - map->start;
	size_t read = 0;
	int r;

	o->map = map;
	o->end = map->end;
	o->len = len < sizeof(o->header) ? (size_t)len : sizeof(o->header);
	r = f->memory->read(f->memory->context, map->start, o->header, o->len);
	if (r < 0)
		return r == -EFAULT ? 0 : r;
	if (!parse_header(o) || !place_object(o))
		return 0;
	for (size_t i = 0; r == 0 && i < o->segment_count && read < NOTE_SEGMENTS_MAX; i++) {
		struct segment s = segment_of(o, i);

		if (s.type != PT_NOTE)
			continue;
		read++;
		r = read_notes(f, &s);
	}
	return r;
}

/* A small object's data may lie in the first page of its file too, which is mapped again for it: not another object. */
static bool begins_object(const struct procparse_map *map, const struct object *last)
{
	if (map->offset != 0 || map->inode == 0 || map->perms[0] != 'r' || map->end <= map->start)
		return false;
	return !last->map || last->map->dev != map->dev || last->map->inode != map->inode || map->start >= last->end;
}

int registry_find(const struct registry_memory *memory, const struct procparse_map *maps, size_t count,
		  struct registry_place ret[REGISTRY_PLACES_MAX])
{
	struct registry_place places[REGISTRY_PLACES_MAX];
	struct finder f = { .memory = memory, .maps = maps, .map_count = count, .places = places };
	size_t objects = 0;

	for (size_t i = 0; i < count && objects < REGISTRY_OBJECTS_MAX && f.place_count < REGISTRY_PLACES_MAX; i++) {
		int r;

		if (!begins_object(&maps[i], &f.object))
			continue;
		objects++;
		r = read_object(&f, &maps[i]);
		if (r < 0)
			return r;
	}
	memcpy(ret, places, (size_t)f.place_count * sizeof(*ret));
	return f.place_count;
}
