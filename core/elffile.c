/* elffile.c: notes and compressed sections of an ELF file, elf(5).
 *
 * A note is three words, its owner's name and its descriptor, both padded:
 *
 *   04 00 00 00  14 00 00 00  03 00 00 00  "GNU\0"  0c 5e 1a ... (20 bytes: a build-id)
 *
 * Notes are looked for in sections of type SHT_NOTE, where the file has sections: in a file of separate debug
 * information the offsets of the program headers lead nowhere. Else in segments of type PT_NOTE. */
#include "core/elffile_private.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum {
	ELFFILE_HEADERS_MAX = 4096,       /* sections or segments that are looked at */
	ELFFILE_NOTES_MAX = 64 * 1024,    /* bytes of notes in one of them */
	ELFFILE_BUILD_ID_MAX = (ELFFILE_BUILD_ID_TEXT - 1) / 2,
};

/* Where notes lie. */
struct area {
	uint64_t at, size, align;
};

int elffile_read(int fd, void *data, size_t size, uint64_t at)
{
	size_t have = 0;

	if (at > INT64_MAX - size)
		return -EBADMSG;
	while (have < size) {
		ssize_t n = pread(fd, (char *)data + have, size - have, (off_t)(at + have));

		if (n == 0)
			return -EBADMSG;
		if (n < 0 && errno != EINTR)
			return -errno;
		have += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int open_64(struct elffile *file)
{
	Elf64_Ehdr header;
	int error = elffile_read(file->fd, &header, sizeof(header), 0);

	if (error)
		return error;
	file->sections = (struct elffile_headers){ header.e_shoff, sizeof(Elf64_Shdr), header.e_shnum };
	file->segments = (struct elffile_headers){ header.e_phoff, sizeof(Elf64_Phdr), header.e_phnum };
	return (header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr)) ||
	       (header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr)) ? -EBADMSG : 0;
}

static int open_32(struct elffile *file)
{
	Elf32_Ehdr header;
	int error = elffile_read(file->fd, &header, sizeof(header), 0);

	if (error)
		return error;
	file->sections = (struct elffile_headers){ header.e_shoff, sizeof(Elf32_Shdr), header.e_shnum };
	file->segments = (struct elffile_headers){ header.e_phoff, sizeof(Elf32_Phdr), header.e_phnum };
	return (header.e_shnum && header.e_shentsize != sizeof(Elf32_Shdr)) ||
	       (header.e_phnum && header.e_phentsize != sizeof(Elf32_Phdr)) ? -EBADMSG : 0;
}

int elffile_open(int fd, struct elffile *ret)
{
	const unsigned char data = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	unsigned char ident[EI_NIDENT];
	int error = elffile_read(fd, ident, sizeof(ident), 0);

	if (error)
		return error;
	if (memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != data || ident[EI_VERSION] != EV_CURRENT ||
	    (ident[EI_CLASS] != ELFCLASS64 && ident[EI_CLASS] != ELFCLASS32))
		return -EBADMSG;
	*ret = (struct elffile){ .fd = fd, .is_64 = ident[EI_CLASS] == ELFCLASS64 };
	return ret->is_64 ? open_64(ret) : open_32(ret);
}

/* The header at AT: 1: it is of notes, which lie in RET; 0: it is not; -errno. */
typedef int (*area_fn)(const struct elffile *file, uint64_t at, struct area *ret);

static int read_section(const struct elffile *file, uint64_t at, Elf64_Shdr *ret)
{
	Elf32_Shdr small;
	int error = file->is_64 ? elffile_read(file->fd, ret, sizeof(*ret), at) :
				  elffile_read(file->fd, &small, sizeof(small), at);

	if (!error && !file->is_64)
		*ret = (Elf64_Shdr){ .sh_type = small.sh_type, .sh_flags = small.sh_flags,
				     .sh_offset = small.sh_offset, .sh_size = small.sh_size,
				     .sh_addralign = small.sh_addralign };
	return error;
}

static int section_area(const struct elffile *file, uint64_t at, struct area *ret)
{
	Elf64_Shdr header = { 0 };
	int error = read_section(file, at, &header);

	if (error)
		return error;
	if (header.sh_type != SHT_NOTE)
		return 0;
	*ret = (struct area){ header.sh_offset, header.sh_size, header.sh_addralign };
	return 1;
}

static int segment_area(const struct elffile *file, uint64_t at, struct area *ret)
{
	Elf64_Phdr header = { 0 };
	Elf32_Phdr small;
	int error = file->is_64 ? elffile_read(file->fd, &header, sizeof(header), at) :
				  elffile_read(file->fd, &small, sizeof(small), at);

	if (error)
		return error;
	if (!file->is_64)
		header = (Elf64_Phdr){ .p_type = small.p_type, .p_offset = small.p_offset,
				       .p_filesz = small.p_filesz, .p_align = small.p_align };
	if (header.p_type != PT_NOTE)
		return 0;
	*ret = (struct area){ header.p_offset, header.p_filesz, header.p_align };
	return 1;
}

/* --- notes --- */

struct wanted {
	const char *owner;
	uint32_t type;
};

/* SIZE rounded up to ALIGN, which is 4 or 8. */
static size_t padded(size_t size, size_t align)
{
	return (size + align - 1) & ~(align - 1);
}

/* Look through the LEN bytes of DATA. Lengths are below 4 GiB, so that their sums fit 64 bits; where size_t has 32,
 * none above ELFFILE_NOTES_MAX gets as far as a sum. */
static int find_in(const struct wanted *wanted, const char *data, size_t len, size_t align, struct buf *ret)
{
	const size_t owner_len = strlen(wanted->owner) + 1;

	for (size_t at = 0; len - at >= sizeof(Elf32_Nhdr);) {
		Elf32_Nhdr note;
		size_t name, content, next;

		memcpy(&note, data + at, sizeof(note));
		if (note.n_namesz > len || note.n_descsz > len)
			return -EBADMSG;
		name = at + sizeof(note);
		content = padded(name + note.n_namesz, align);
		if (content > len || note.n_descsz > len - content)
			return -EBADMSG;
		/* Go's linker counts the padding behind the owner's NUL. */
		if (note.n_type == wanted->type && note.n_namesz >= owner_len &&
		    note.n_namesz <= padded(owner_len, sizeof(note.n_namesz)) &&
		    memcmp(data + name, wanted->owner, owner_len) == 0)
			return buf_add(ret, data + content, note.n_descsz);
		next = padded(content + note.n_descsz, align);
		at = next < len ? next : len;
	}
	return -ENOENT;
}

static int find_in_area(const struct elffile *file, const struct area *area, const struct wanted *wanted,
			struct buf *ret)
{
	char data[ELFFILE_NOTES_MAX];
	size_t size = area->size < sizeof(data) ? (size_t)area->size : sizeof(data);
	int error = elffile_read(file->fd, data, size, area->at);

	return error ? error : find_in(wanted, data, size, area->align == 8 ? 8 : 4, ret);
}

/* A broken area does not hide what stands in another, but an error of reading or of memory ends it. */
static int find_in_table(const struct elffile *file, const struct elffile_headers *table, area_fn find_area,
			 const struct wanted *wanted, struct buf *ret)
{
	int found = -ENOENT;

	for (size_t i = 0; i < table->count && i < ELFFILE_HEADERS_MAX; i++) {
		struct area area;
		int r = find_area(file, table->at + i * table->size, &area);

		if (r == 1)
			r = find_in_area(file, &area, wanted, ret);
		else if (r == 0)
			continue;
		if (r != -ENOENT && r != -EBADMSG)
			return r;
		found = r == -EBADMSG ? r : found;
	}
	return found;
}

int elffile_note(int fd, const char *owner, uint32_t type, struct buf *ret)
{
	const struct wanted wanted = { owner, type };
	struct elffile file;
	int error = elffile_open(fd, &file);

	if (error)
		return error;
	error = find_in_table(&file, &file.sections, section_area, &wanted, ret);
	if (error == -ENOENT || error == -EBADMSG) {
		int other = find_in_table(&file, &file.segments, segment_area, &wanted, ret);

		error = other == -ENOENT ? error : other;
	}
	return error;
}

int elffile_build_id(int fd, char ret[ELFFILE_BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char bytes[ELFFILE_BUILD_ID_MAX + 1];
	struct buf id = BUF(ELFFILE_BUILD_ID_MAX);
	size_t len;
	int error = elffile_note(fd, "GNU", NT_GNU_BUILD_ID, &id);

	if (!error && id.len)
		memcpy(bytes, id.data, id.len);
	len = id.len;
	buf_done(&id);
	if (error)
		return error == -ENOBUFS ? -ENAMETOOLONG : error;
	if (len == 0)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		ret[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
	}
	ret[2 * len] = '\0';
	return 0;
}

/* --- compressed sections --- */

/* By Elf64_Chdr or Elf32_Chdr. */
static int chdr_size(const struct elffile *file, const Elf64_Shdr *section, uint64_t *ret)
{
	Elf64_Chdr header = { 0 };
	Elf32_Chdr small = { 0 };
	int error;

	if (section->sh_size < (file->is_64 ? sizeof(header) : sizeof(small)))
		return -EBADMSG;
	error = file->is_64 ? elffile_read(file->fd, &header, sizeof(header), section->sh_offset) :
			      elffile_read(file->fd, &small, sizeof(small), section->sh_offset);
	if (!error)
		*ret = file->is_64 ? header.ch_size : small.ch_size;
	return error;
}

/* .zdebug_info and the like, of GNU tools before there was SHF_COMPRESSED: "ZLIB" and 8 bytes, big-endian; and
 * .gnu_debugdata. By how they begin, not by their names. */
static int other_size(const struct elffile *file, const Elf64_Shdr *section, uint64_t *ret)
{
	static const char magic[] = { 'Z', 'L', 'I', 'B' };
	unsigned char head[ELFFILE_XZ_HEAD];
	uint64_t size = 0;
	int error;

	if (section->sh_flags & SHF_ALLOC || section->sh_size < sizeof(head))
		return 0;
	error = elffile_read(file->fd, head, sizeof(head), section->sh_offset);
	if (error)
		return error;
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return elffile_xz_size(file->fd, section->sh_offset, section->sh_size, head, ret);
	for (size_t i = sizeof(magic); i < sizeof(magic) + sizeof(size); i++)
		size = size << 8 | head[i];
	*ret = size;
	return 0;
}

static int unpacked_size(const struct elffile *file, uint64_t at, uint64_t *ret)
{
	Elf64_Shdr section = { 0 };
	int error = read_section(file, at, &section);

	*ret = 0;
	if (error || section.sh_type == SHT_NULL || section.sh_type == SHT_NOBITS)
		return error;
	return section.sh_flags & SHF_COMPRESSED ? chdr_size(file, &section, ret) : other_size(file, &section, ret);
}

/* Where e_shnum is too small for it, the first section's header has the number. */
static int count_sections(const struct elffile *file, uint64_t *ret)
{
	Elf64_Shdr first = { 0 };
	int error = 0;

	if (!file->sections.count && file->sections.at)
		error = read_section(file, file->sections.at, &first);
	if (!error)
		*ret = file->sections.count ? file->sections.count : first.sh_size;
	return error;
}

int elffile_unpacked_size(int fd, uint64_t *ret)
{
	struct elffile file;
	uint64_t count = 0, sum = 0, size;
	int error = elffile_open(fd, &file);

	if (!error)
		error = count_sections(&file, &count);
	if (!error && count > ELFFILE_HEADERS_MAX)
		error = -E2BIG;
	for (size_t i = 0; !error && i < count; i++) {
		error = unpacked_size(&file, file.sections.at + i * file.sections.size, &size);
		sum = size > UINT64_MAX - sum ? UINT64_MAX : sum + size;
	}
	if (!error)
		*ret = sum;
	return error;
}
