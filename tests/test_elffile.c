/* Notes of ELF files, made here. */
#include "core/elffile.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/suite.h"

/* A file with two notes, which begin at NOTES. */
enum { NOTES = 256, TABLE = 128 };
static const char notes[] =
	"\4\0\0\0\20\0\0\0\1\0\0\0GNU\0" "\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0"
	"\4\0\0\0\3\0\0\0\3\0\0\0GNU\0" "\x0c\x5e\xa1\0"
	"\4\0\0\0\7\0\0\0\x7e\x1a\xfe\xca" "FDO\0" "{\"a\":1}\0";

static int made_file(const void *data, size_t len)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	return fd;
}

static void begin(char *file, unsigned char class)
{
	const unsigned char ident[EI_NIDENT] = { 0x7f, 'E', 'L', 'F', class, ELFDATA2LSB, EV_CURRENT };

	memset(file, 0, NOTES);
	memcpy(file, ident, sizeof(ident));
	memcpy(file + NOTES, notes, sizeof(notes) - 1);
}

/* Of WHAT, Phdr or Shdr, for FIELD, ph or sh: as of a program that has lost its sections, or of separate debug
 * information. */
#define MAKE(name, bits, what, field, ...)                                                           \
	static size_t make_##name##_##bits(char *file, uint64_t at, uint64_t size)                   \
	{                                                                                            \
		const Elf##bits##_##what entry = { __VA_ARGS__ };                                    \
		Elf##bits##_Ehdr header;                                                             \
                                                                                                     \
		begin(file, ELFCLASS##bits);                                                         \
		memcpy(&header, file, sizeof(header));                                               \
		header.e_##field##off = TABLE;                                                       \
		header.e_##field##entsize = sizeof(entry);                                           \
		header.e_##field##num = 1;                                                           \
		memcpy(file, &header, sizeof(header));                                               \
		memcpy(file + TABLE, &entry, sizeof(entry));                                         \
		return NOTES + sizeof(notes) - 1;                                                    \
	}

MAKE(segment, 64, Phdr, ph, .p_type = PT_NOTE, .p_offset = at, .p_filesz = size, .p_align = 4)
MAKE(section, 64, Shdr, sh, .sh_type = SHT_NOTE, .sh_offset = at, .sh_size = size, .sh_addralign = 4)
MAKE(segment, 32, Phdr, ph, .p_type = PT_NOTE, .p_offset = (Elf32_Off)at, .p_filesz = (Elf32_Word)size)
MAKE(section, 32, Shdr, sh, .sh_type = SHT_NOTE, .sh_offset = (Elf32_Off)at, .sh_size = (Elf32_Word)size)

typedef size_t (*make_fn)(char *file, uint64_t at, uint64_t size);
static const make_fn makes[] = { make_segment_64, make_section_64, make_segment_32, make_section_32 };

static int note_of(int fd, const char *owner, uint32_t type, size_t max, char ret[64])
{
	struct buf note = BUF(max);
	int error = elffile_note(fd, owner, type, &note);

	if (!error) {
		ck_assert_uint_lt(note.len, 64);
		memcpy(ret, note.data, note.len + 1);
	} else {
		ck_assert_uint_eq(note.len, 0);
	}
	buf_done(&note);
	return error;
}

START_TEST(found)
{
	char file[1024], id[ELFFILE_BUILD_ID_TEXT], text[64];
	size_t len = makes[_i](file, NOTES, sizeof(notes) - 1);
	int fd = made_file(file, len);

	ck_assert_int_eq(elffile_build_id(fd, id), 0);
	ck_assert_str_eq(id, "0c5ea1");
	ck_assert_int_eq(note_of(fd, "FDO", ELFFILE_NOTE_PACKAGE, 7, text), 0);
	ck_assert_str_eq(text, "{\"a\":1}");
	ck_assert_int_eq(note_of(fd, "FDO", ELFFILE_NOTE_PACKAGE, 6, text), -ENOBUFS);
	ck_assert_int_eq(note_of(fd, "GNU", ELFFILE_NOTE_PACKAGE, 64, text), -ENOENT);
	ck_assert_int_eq(note_of(fd, "FD", ELFFILE_NOTE_PACKAGE, 64, text), -ENOENT);
	close(fd);
}
END_TEST

/* Each beginning of a file is broken, or has what lies before its end. */
START_TEST(cut)
{
	char file[1024], text[64];
	size_t len = makes[_i](file, NOTES, sizeof(notes) - 1);

	for (size_t n = 0; n < len; n++) {
		int fd = made_file(file, n);

		ck_assert_int_eq(note_of(fd, "FDO", ELFFILE_NOTE_PACKAGE, 64, text), -EBADMSG);
		close(fd);
	}
}
END_TEST

/* Offsets and sizes that lead out of the file, or round. */
START_TEST(lying)
{
	static const uint64_t lies[][2] = {
		{ UINT64_MAX, 16 },       { UINT64_MAX - 15, 16 }, { INT64_MAX, 1 },
		{ NOTES + 1, UINT32_MAX }, { NOTES, UINT64_MAX },  { 1 << 30, 100 },
	};
	char file[1024], id[ELFFILE_BUILD_ID_TEXT] = "before";
	size_t len;

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		int fd;

		len = makes[_i](file, lies[i][0], lies[i][1]);
		fd = made_file(file, len);
		ck_assert_int_eq(elffile_build_id(fd, id), -EBADMSG);
		ck_assert_str_eq(id, "before");
		close(fd);
	}
	/* Lengths within a note. */
	len = makes[_i](file, NOTES, sizeof(notes) - 1);
	for (size_t at = 0; at < 8; at++) {
		int fd;

		memcpy(file + NOTES, notes, sizeof(notes) - 1);
		memset(file + NOTES + at, 0xff, 8 - at);
		fd = made_file(file, len);
		ck_assert_int_eq(elffile_build_id(fd, id), -EBADMSG);
		close(fd);
	}
}
END_TEST

START_TEST(long_build_id)
{
	static const unsigned char head[] = { 4, 0, 0, 0, 65, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };
	char file[1024] = "", id[ELFFILE_BUILD_ID_TEXT] = "before";
	int fd;

	make_segment_64(file, NOTES, sizeof(head) + 68);
	memcpy(file + NOTES, head, sizeof(head));
	fd = made_file(file, sizeof(file));
	ck_assert_int_eq(elffile_build_id(fd, id), -ENAMETOOLONG);
	ck_assert_str_eq(id, "before");
	file[NOTES + 4] = 64;
	ck_assert_int_eq(pwrite(fd, file, sizeof(file), 0), (ssize_t)sizeof(file));
	ck_assert_int_eq(elffile_build_id(fd, id), 0);
	ck_assert_uint_eq(strlen(id), 128);
	file[NOTES + 4] = 0;
	ck_assert_int_eq(pwrite(fd, file, sizeof(file), 0), (ssize_t)sizeof(file));
	ck_assert_int_eq(elffile_build_id(fd, id), -EBADMSG);
	close(fd);
}
END_TEST

START_TEST(no_file_of_elf)
{
	char id[ELFFILE_BUILD_ID_TEXT], file[1024] = "";
	int fd = made_file("#!/bin/sh\nexec true # and a little more\n", 38);

	ck_assert_int_eq(elffile_build_id(fd, id), -EBADMSG);
	close(fd);
	ck_assert_int_eq(elffile_build_id(-1, id), -EBADF);
	/* Of the other byte order. */
	make_segment_64(file, NOTES, sizeof(notes) - 1);
	file[EI_DATA] = ELFDATA2MSB;
	fd = made_file(file, sizeof(file));
	ck_assert_int_eq(elffile_build_id(fd, id), -EBADMSG);
	close(fd);
	/* This very program. */
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(note_of(fd, "nobody", 77, 64, file), -ENOENT);
	close(fd);
}
END_TEST

/* Sections that are compressed as ELF has it, one as GNU tools had it, and none; with MANY, e_shnum is 0. */
static int packed_file(bool many, uint64_t size, uint64_t flags)
{
	static const unsigned char gnu[13] = { 'Z', 'L', 'I', 'B', 0, 0, 0, 0, 0, 0, 1, 2 };
	const Elf64_Chdr head = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = size };
	const Elf64_Shdr sections[] = {
		{ .sh_type = SHT_NULL, .sh_size = many ? 4 : 0 },
		{ .sh_type = SHT_PROGBITS, .sh_flags = flags, .sh_offset = 600, .sh_size = sizeof(head) },
		{ .sh_type = SHT_PROGBITS, .sh_offset = 700, .sh_size = sizeof(gnu) },
		{ .sh_type = SHT_NOBITS, .sh_flags = SHF_COMPRESSED, .sh_offset = 600, .sh_size = sizeof(head) },
	};
	Elf64_Ehdr header;
	char file[1024] = "";

	begin(file, ELFCLASS64);
	memcpy(&header, file, sizeof(header));
	header.e_shoff = NOTES;
	header.e_shentsize = sizeof(*sections);
	header.e_shnum = many ? 0 : 4;
	memcpy(file, &header, sizeof(header));
	memcpy(file + NOTES, sections, sizeof(sections));
	memcpy(file + 600, &head, sizeof(head));
	memcpy(file + 700, gnu, sizeof(gnu));
	return made_file(file, sizeof(file));
}

static void unpacks_to(int fd, int error, uint64_t size)
{
	uint64_t sum = 77;

	ck_assert_int_eq(elffile_unpacked_size(fd, &sum), error);
	ck_assert_uint_eq(sum, error ? 77 : size);
	close(fd);
}

START_TEST(packed)
{
	char file[1024] = "";
	Elf64_Shdr section = { .sh_type = SHT_PROGBITS, .sh_flags = SHF_COMPRESSED, .sh_offset = 1000, .sh_size = 24 };

	unpacks_to(packed_file(false, 1 << 20, SHF_COMPRESSED), 0, (1 << 20) + 0x102);
	unpacks_to(packed_file(true, 1 << 20, SHF_COMPRESSED), 0, (1 << 20) + 0x102);
	unpacks_to(packed_file(false, UINT64_MAX - 7, SHF_COMPRESSED), 0, UINT64_MAX);
	unpacks_to(packed_file(false, 1 << 20, 0), 0, 0x102);
	for (size_t i = 0; i < sizeof(makes) / sizeof(*makes); i++)
		unpacks_to(made_file(file, makes[i](file, NOTES, 16)), 0, 0);
	/* Cut in its header. */
	make_section_64(file, NOTES, 16);
	memcpy(file + TABLE, &section, sizeof(section));
	unpacks_to(made_file(file, 1023), -EBADMSG, 0);
	unpacks_to(made_file(file, 1024), 0, 0);
	section = (Elf64_Shdr){ .sh_size = UINT64_MAX };
	memcpy(file + TABLE, &section, sizeof(section));
	((Elf64_Ehdr *)(void *)file)->e_shnum = 0;
	unpacks_to(made_file(file, sizeof(file)), -E2BIG, 0);
}
END_TEST

/* As .gnu_debugdata has it: 100000 zeros, in two blocks. */
START_TEST(packed_by_xz)
{
	static const unsigned char stream[] = {
		253, 55, 122, 88, 90, 0, 0, 1, 105, 34, 222, 54, 2, 0, 33, 1, 12, 0, 0, 0, 143, 152, 65, 156, 224,
		234, 95, 0, 75, 93, 0, 0, 111, 253, 255, 255, 163, 183, 255, 71, 62, 72, 21, 114, 57, 97, 81, 184,
		146, 40, 230, 163, 134, 7, 249, 238, 228, 30, 130, 211, 47, 197, 58, 60, 1, 75, 177, 126, 201, 138,
		138, 77, 47, 163, 13, 217, 127, 166, 227, 140, 35, 17, 83, 224, 89, 24, 197, 117, 138, 226, 119, 248,
		182, 148, 127, 12, 106, 192, 222, 116, 68, 201, 233, 133, 0, 0, 0, 0, 5, 170, 39, 81, 2, 0, 33, 1,
		12, 0, 0, 0, 143, 152, 65, 156, 224, 156, 63, 0, 69, 93, 0, 0, 111, 253, 255, 255, 163, 183, 255, 71,
		62, 72, 21, 114, 57, 97, 81, 184, 146, 40, 230, 163, 134, 7, 249, 238, 228, 30, 130, 211, 47, 197,
		58, 60, 1, 75, 177, 126, 201, 138, 138, 77, 47, 163, 13, 217, 127, 166, 227, 140, 35, 17, 83, 224,
		89, 24, 197, 117, 138, 226, 119, 248, 182, 148, 122, 99, 29, 78, 0, 0, 0, 0, 0, 0, 121, 68, 169, 230,
		0, 2, 99, 224, 212, 3, 93, 192, 184, 2, 0, 0, 164, 98, 167, 18, 155, 227, 81, 64, 3, 0, 0, 0, 0, 1,
		89, 90,
	};
	static const unsigned char alone[] = { 0x5d, 0, 0, 128, 0, 255, 255, 255, 255, 255, 255, 255, 255 };
	Elf64_Shdr section = { .sh_type = SHT_PROGBITS, .sh_offset = NOTES, .sh_size = sizeof(stream) };
	char file[1024] = "";

	make_section_64(file, NOTES, 16);
	memcpy(file + TABLE, &section, sizeof(section));
	memcpy(file + NOTES, stream, sizeof(stream));
	unpacks_to(made_file(file, sizeof(file)), 0, 100000);
	/* Up to its index it says what there is. */
	section.sh_size = 40;
	memcpy(file + TABLE, &section, sizeof(section));
	unpacks_to(made_file(file, sizeof(file)), -EBADMSG, 0);
	memcpy(file + NOTES, alone, sizeof(alone));
	unpacks_to(made_file(file, sizeof(file)), 0, UINT64_MAX);
	file[NOTES + 12] = 1; /* no size that it could have: other bytes that begin so */
	unpacks_to(made_file(file, sizeof(file)), 0, 0);
}
END_TEST

START_TEST(packed_32)
{
	const Elf32_Shdr section = { .sh_type = SHT_PROGBITS, .sh_flags = SHF_COMPRESSED, .sh_offset = 600,
				     .sh_size = 12 };
	const Elf32_Chdr head = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = UINT32_MAX };
	char file[1024] = "";

	make_section_32(file, NOTES, 16);
	memcpy(file + TABLE, &section, sizeof(section));
	memcpy(file + 600, &head, sizeof(head));
	unpacks_to(made_file(file, sizeof(file)), 0, UINT32_MAX);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("elffile");
	const int count = sizeof(makes) / sizeof(*makes);

	tcase_add_loop_test(tests, found, 0, count);
	tcase_add_loop_test(tests, cut, 0, count);
	tcase_add_loop_test(tests, lying, 0, count);
	tcase_add_test(tests, long_build_id);
	tcase_add_test(tests, no_file_of_elf);
	tcase_add_test(tests, packed);
	tcase_add_test(tests, packed_by_xz);
	tcase_add_test(tests, packed_32);
	return suite_run("elffile", tests);
}
