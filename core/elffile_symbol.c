/* elffile_symbol.c: see elffile.h: dynamic symbols, sections and segments of a 64-bit ELF file.
 *
 * What the dynamic loader uses: PT_DYNAMIC leads to a hash table, to symbols and to their names. All three are given as
 * addresses; PT_LOAD says where in the file they are. A symbol is found by its hash in a few reads: a scan of the
 * symbols of a libpython takes 10 ms. DT_GNU_HASH, as GNU tools make it:
 *
 *   u32 buckets, first symbol, bloom words, bloom shift; u64 bloom[]; u32 bucket[]; u32 chain[]
 *
 * A bucket has the number of its first symbol; chain[number - first symbol] is its hash, whose lowest bit is set in the
 * last of a bucket. DT_HASH, elf(5): u32 buckets, symbols; u32 bucket[]; u32 chain[], the next symbol's number. */
#include "core/elffile_private.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

enum {
	SEGMENTS_MAX = 64,
	SECTIONS_MAX = 4096,
	DYNAMIC_MAX = 512,
	STEPS_MAX = 4096,  /* symbols of a bucket */
	AT_ONCE = 32,      /* entries, headers that are read together */
	NAMES_MAX = 2048,  /* bytes of names of sections that are read together */
	NAME_MAX_LEN = 255,
	PAGE_MAX = 65536,
};

struct image {
	struct elffile file;
	Elf64_Phdr segments[SEGMENTS_MAX];
	size_t segment_count;
	struct { uint64_t hash, gnu_hash, symbols, names, names_size, soname; } dynamic; /* 0: none */
};

static int image_open(int fd, struct image *ret)
{
	size_t count;
	int error = elffile_open(fd, &ret->file);

	if (error)
		return error;
	if (!ret->file.is_64)
		return -ENOTSUP;
	count = ret->file.segments.count < SEGMENTS_MAX ? ret->file.segments.count : SEGMENTS_MAX;
	ret->segment_count = count;
	return elffile_read(fd, ret->segments, count * sizeof(ret->segments[0]), ret->file.segments.at);
}

/* ---- segments ---- */

/* Where in the file the byte at ADDRESS is. */
static int to_offset(const struct image *image, uint64_t address, uint64_t *ret)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz) {
			*ret = segment->p_offset + (address - segment->p_vaddr);
			return 0;
		}
	}
	return -EBADMSG;
}

int elffile_loaded_at(int fd, uint64_t offset, uint64_t *ret)
{
	struct image image;
	int error = image_open(fd, &image);

	for (size_t i = 0; !error && i < image.segment_count; i++) {
		const Elf64_Phdr *segment = &image.segments[i];
		const uint64_t before = segment->p_offset & (PAGE_MAX - 1);

		if (segment->p_type != PT_LOAD || segment->p_vaddr < before || offset < segment->p_offset - before ||
		    (offset >= segment->p_offset && offset - segment->p_offset >= segment->p_filesz))
			continue;
		*ret = segment->p_vaddr + (offset - segment->p_offset);
		return 0;
	}
	return error ? error : -ENOENT;
}

/* ---- what the dynamic loader reads ---- */

static void take_dynamic(struct image *image, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_HASH:
		image->dynamic.hash = entry->d_un.d_ptr;
		break;
	case DT_GNU_HASH:
		image->dynamic.gnu_hash = entry->d_un.d_ptr;
		break;
	case DT_SYMTAB:
		image->dynamic.symbols = entry->d_un.d_ptr;
		break;
	case DT_STRTAB:
		image->dynamic.names = entry->d_un.d_ptr;
		break;
	case DT_STRSZ:
		image->dynamic.names_size = entry->d_un.d_val;
		break;
	case DT_SONAME:
		image->dynamic.soname = entry->d_un.d_val;
		break;
	default:
		break;
	}
}

static int read_dynamic(struct image *image, const Elf64_Phdr *segment)
{
	const size_t room = segment->p_filesz / sizeof(Elf64_Dyn), count = room < DYNAMIC_MAX ? room : DYNAMIC_MAX;
	Elf64_Dyn entries[AT_ONCE];

	for (size_t i = 0; i < count; i++) {
		const size_t at = i % AT_ONCE, left = count - i < AT_ONCE ? count - i : AT_ONCE;
		int error = at ? 0 : elffile_read(image->file.fd, entries, left * sizeof(entries[0]),
						  segment->p_offset + i * sizeof(entries[0]));

		if (error || entries[at].d_tag == DT_NULL)
			return error;
		take_dynamic(image, &entries[at]);
	}
	return 0;
}

/* With its dynamic section. */
static int image_open_dynamic(int fd, struct image *ret)
{
	int error;

	memset(ret, 0, sizeof(*ret));
	error = image_open(fd, ret);
	for (size_t i = 0; !error && i < ret->segment_count; i++)
		if (ret->segments[i].p_type == PT_DYNAMIC)
			return read_dynamic(ret, &ret->segments[i]);
	return error ? error : -ENOENT;
}

/* SIZE bytes, the INDEX-th of those that lie at ADDRESS. */
static int read_entry(const struct image *image, uint64_t address, uint64_t index, void *ret, size_t size)
{
	uint64_t offset;
	int error = to_offset(image, address + index * size, &offset);

	return error ? error : elffile_read(image->file.fd, ret, size, offset);
}

/* Is the string that lies at OFFSET in the table of SIZE bytes at TABLE (in the file) NAME? 1; 0; -errno. */
static int is_name(const struct image *image, uint64_t table, uint64_t size, uint64_t offset, const char *name)
{
	const size_t len = strlen(name) + 1;
	char found[NAME_MAX_LEN + 1];
	int error;

	if (len > sizeof(found) || offset > size || size - offset < len)
		return 0;
	error = elffile_read(image->file.fd, found, len, table + offset);
	return error ? error : memcmp(found, name, len) == 0;
}

/* Is the symbol INDEX the one that is looked for? 1: RET is filled; 0; -errno. */
static int take_symbol(const struct image *image, uint64_t index, const char *name, struct elffile_place *ret)
{
	Elf64_Sym symbol;
	uint64_t names;
	int r = read_entry(image, image->dynamic.symbols, index, &symbol, sizeof(symbol));

	if (!r)
		r = to_offset(image, image->dynamic.names, &names);
	if (r || symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) == STT_TLS)
		return r;
	r = is_name(image, names, image->dynamic.names_size, symbol.st_name, name);
	if (r == 1)
		*ret = (struct elffile_place){ symbol.st_value, symbol.st_size };
	return r;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static int find_by_gnu_hash(const struct image *image, const char *name, struct elffile_place *ret)
{
	const uint32_t wanted = gnu_hash(name);
	uint32_t head[4], index, hash = 0;
	uint64_t buckets, chains;
	int r = read_entry(image, image->dynamic.gnu_hash, 0, head, sizeof(head));

	if (r || !head[0])
		return r ? r : -ENOENT;
	buckets = image->dynamic.gnu_hash + sizeof(head) + (uint64_t)head[2] * sizeof(uint64_t);
	chains = buckets + (uint64_t)head[0] * sizeof(uint32_t);
	r = read_entry(image, buckets, wanted % head[0], &index, sizeof(index));
	if (r || index < head[1])
		return r ? r : -ENOENT;
	for (size_t i = 0; i < STEPS_MAX && !(hash & 1); i++) {
		r = read_entry(image, chains, (uint64_t)index - head[1] + i, &hash, sizeof(hash));
		if (!r && (hash | 1) == (wanted | 1))
			r = take_symbol(image, (uint64_t)index + i, name, ret);
		if (r)
			return r == 1 ? 0 : r;
	}
	return -ENOENT;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0;

	for (; *name; name++) {
		hash = (hash << 4) + (unsigned char)*name;
		hash ^= (hash & 0xf0000000) >> 24;
		hash &= 0x0fffffff;
	}
	return hash;
}

static int find_by_hash(const struct image *image, const char *name, struct elffile_place *ret)
{
	const uint64_t table = image->dynamic.hash;
	uint32_t head[2], index;
	int r = read_entry(image, table, 0, head, sizeof(head));

	if (r || !head[0])
		return r ? r : -ENOENT;
	r = read_entry(image, table, 2 + (uint64_t)sysv_hash(name) % head[0], &index, sizeof(index));
	for (size_t i = 0; !r && index && i < STEPS_MAX; i++) {
		r = take_symbol(image, index, name, ret);
		if (!r)
			r = read_entry(image, table, 2 + (uint64_t)head[0] + index, &index, sizeof(index));
	}
	return r == 1 ? 0 : r ? r : -ENOENT;
}

int elffile_symbol(int fd, const char *name, struct elffile_place *ret)
{
	struct image image;
	int error = image_open_dynamic(fd, &image);

	if (error)
		return error;
	if (!image.dynamic.symbols || !image.dynamic.names)
		return -ENOENT;
	if (image.dynamic.gnu_hash)
		return find_by_gnu_hash(&image, name, ret);
	return image.dynamic.hash ? find_by_hash(&image, name, ret) : -ENOENT;
}

int elffile_soname(int fd, char *ret, size_t size)
{
	char name[NAME_MAX_LEN + 1];
	struct image image;
	uint64_t names, left;
	size_t len;
	int error = image_open_dynamic(fd, &image);

	if (!error && (!image.dynamic.soname || !image.dynamic.names))
		error = -ENOENT;
	if (!error && image.dynamic.soname >= image.dynamic.names_size)
		error = -EBADMSG;
	if (!error)
		error = to_offset(&image, image.dynamic.names, &names);
	if (error)
		return error;
	left = image.dynamic.names_size - image.dynamic.soname;
	len = left < sizeof(name) ? (size_t)left : sizeof(name);
	error = elffile_read(fd, name, len, names + image.dynamic.soname);
	if (error)
		return error;
	if (strnlen(name, len) == len || strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(ret, name);
	return 0;
}

/* ---- sections ---- */

/* Where their names are; most files have few of them, which are read once: TEXT, of TEXT_LEN bytes. */
struct names {
	uint64_t at, size;
	char text[NAMES_MAX];
	size_t text_len;
};

static int read_names(const struct image *image, struct names *ret)
{
	Elf64_Ehdr header;
	Elf64_Shdr section;
	int r = elffile_read(image->file.fd, &header, sizeof(header), 0);

	if (!r && header.e_shstrndx >= image->file.sections.count)
		r = image->file.sections.count ? -EBADMSG : -ENOENT;
	if (!r)
		r = elffile_read(image->file.fd, &section, sizeof(section),
				 image->file.sections.at + header.e_shstrndx * sizeof(section));
	if (r)
		return r;
	ret->at = section.sh_offset;
	ret->size = section.sh_size;
	ret->text_len = section.sh_size <= sizeof(ret->text) ? (size_t)section.sh_size : 0;
	return ret->text_len ? elffile_read(image->file.fd, ret->text, ret->text_len, ret->at) : 0;
}

/* 1; 0; -errno. */
static int is_called(const struct image *image, const struct names *names, const Elf64_Shdr *section, const char *name)
{
	const size_t len = strlen(name) + 1;

	if (!(section->sh_flags & SHF_ALLOC))
		return 0;
	if (!names->text_len)
		return is_name(image, names->at, names->size, section->sh_name, name);
	return section->sh_name < names->text_len && names->text_len - section->sh_name >= len &&
	       memcmp(names->text + section->sh_name, name, len) == 0;
}

int elffile_section(int fd, const char *name, struct elffile_place *ret)
{
	struct image image;
	struct names names;
	Elf64_Shdr sections[AT_ONCE];
	int r = image_open(fd, &image);
	size_t count = 0;

	if (!r)
		r = read_names(&image, &names);
	if (!r)
		count = image.file.sections.count < SECTIONS_MAX ? image.file.sections.count : SECTIONS_MAX;
	for (size_t i = 0; !r && i < count; i++) {
		const Elf64_Shdr *section = &sections[i % AT_ONCE];
		const size_t left = count - i < AT_ONCE ? count - i : AT_ONCE;

		if (i % AT_ONCE == 0)
			r = elffile_read(fd, sections, left * sizeof(sections[0]),
					 image.file.sections.at + i * sizeof(sections[0]));
		if (!r)
			r = is_called(&image, &names, section, name);
		if (r == 1)
			*ret = (struct elffile_place){ section->sh_addr, section->sh_size };
	}
	return r == 1 ? 0 : r ? r : -ENOENT;
}
