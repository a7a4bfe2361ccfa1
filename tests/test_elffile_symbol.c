/* Symbols, sections and segments of ELF files, made here. */
#include "core/elffile.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/suite.h"

enum { BASE = 0x400000, RUNTIME_HASH = (int)0x88b5a111, VERSION_HASH = 0x433d953 };

/* Symbols: none, an undefined one, _PyRuntime, Py_Version. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	Elf64_Dyn dynamic[7];
	Elf64_Sym symbols[4];
	char names[48];
	uint32_t gnu_hash[9];
	uint32_t hash[7];
	Elf64_Shdr sections[3];
	char section_names[32];
};

static const char names[] = "\0_PyRuntime\0Py_Version\0libpython3.10.so.1.0";
static const char section_names[] = "\0.PyRuntime\0.shstrtab";

static uint64_t at(size_t offset)
{
	return BASE + offset;
}

#define AT(member) at(offsetof(struct image, member))

static void make_tables(struct image *ret)
{
	static const uint32_t gnu_hash[] = { 1, 2, 1, 6, 0, 0, 2, 0, 0 };
	static const uint32_t hash[] = { 1, 4, 3, 0, 0, 1, 2 }; /* 3, 2, 1 */

	memcpy(ret->names, names, sizeof(names));
	memcpy(ret->section_names, section_names, sizeof(section_names));
	memcpy(ret->gnu_hash, gnu_hash, sizeof(gnu_hash));
	ret->gnu_hash[7] = (uint32_t)RUNTIME_HASH & ~1u;
	ret->gnu_hash[8] = (uint32_t)VERSION_HASH | 1;
	memcpy(ret->hash, hash, sizeof(hash));
	ret->symbols[1] = (Elf64_Sym){ .st_name = 1, .st_shndx = SHN_UNDEF, .st_value = 7 };
	ret->symbols[2] = (Elf64_Sym){ .st_name = 1, .st_shndx = 1, .st_value = BASE + 0x5000, .st_size = 0x100 };
	ret->symbols[3] = (Elf64_Sym){ .st_name = 12, .st_shndx = 1, .st_value = BASE + 0x6000, .st_size = 8 };
	ret->sections[1] = (Elf64_Shdr){ .sh_name = 1, .sh_flags = SHF_ALLOC, .sh_addr = BASE + 0x5000,
					 .sh_size = 0x100 };
	ret->sections[2] = (Elf64_Shdr){ .sh_name = 12, .sh_offset = offsetof(struct image, section_names),
					 .sh_size = sizeof(section_names) };
}

/* HASH: DT_GNU_HASH or DT_HASH. */
static struct image make(int64_t hash)
{
	struct image ret = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_phoff = offsetof(struct image, segments), .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3, .e_shoff = offsetof(struct image, sections),
			    .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2 },
		.segments = {
			{ .p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = sizeof(ret), .p_memsz = sizeof(ret) },
			{ .p_type = PT_DYNAMIC, .p_offset = offsetof(struct image, dynamic),
			  .p_filesz = sizeof(ret.dynamic) },
			{ .p_type = PT_LOAD, .p_offset = 0x20dc8, .p_vaddr = BASE + 0x21dc8, .p_filesz = 0x1000 },
		},
		.dynamic = {
			{ .d_tag = hash, .d_un.d_ptr = hash == DT_HASH ? AT(hash) : AT(gnu_hash) },
			{ .d_tag = DT_SYMTAB, .d_un.d_ptr = AT(symbols) },
			{ .d_tag = DT_STRTAB, .d_un.d_ptr = AT(names) },
			{ .d_tag = DT_STRSZ, .d_un.d_val = sizeof(names) },
			{ .d_tag = DT_SONAME, .d_un.d_val = 23 },
		},
	};

	make_tables(&ret);
	return ret;
}

static int file_of(const struct image *image, size_t len)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, image, len), (ssize_t)len);
	return fd;
}

static const int64_t hashes[] = { DT_GNU_HASH, DT_HASH };

START_TEST(found)
{
	const struct image image = make(hashes[_i]);
	int fd = file_of(&image, sizeof(image));
	struct elffile_place place;
	char soname[32];

	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), 0);
	ck_assert_uint_eq(place.address, BASE + 0x5000);
	ck_assert_uint_eq(place.size, 0x100);
	ck_assert_int_eq(elffile_symbol(fd, "Py_Version", &place), 0);
	ck_assert_uint_eq(place.address, BASE + 0x6000);
	ck_assert_int_eq(elffile_symbol(fd, "Py_Versio", &place), -ENOENT);
	ck_assert_int_eq(elffile_symbol(fd, "", &place), -ENOENT);
	ck_assert_int_eq(elffile_section(fd, ".PyRuntime", &place), 0);
	ck_assert_uint_eq(place.address, BASE + 0x5000);
	ck_assert_int_eq(elffile_section(fd, ".shstrtab", &place), -ENOENT); /* not loaded */
	ck_assert_int_eq(elffile_soname(fd, soname, sizeof(soname)), 0);
	ck_assert_str_eq(soname, "libpython3.10.so.1.0");
	ck_assert_int_eq(elffile_soname(fd, soname, 20), -ENAMETOOLONG);
	close(fd);
}
END_TEST

START_TEST(loaded)
{
	const struct image image = make(DT_HASH);
	int fd = file_of(&image, sizeof(image));
	uint64_t address = 77;

	ck_assert_int_eq(elffile_loaded_at(fd, 0, &address), 0);
	ck_assert_uint_eq(address, BASE);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x20000, &address), 0);
	ck_assert_uint_eq(address, BASE + 0x21000);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x21dc7, &address), 0);
	ck_assert_uint_eq(address, BASE + 0x22dc7);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x21dc8, &address), -ENOENT);
	ck_assert_int_eq(elffile_loaded_at(fd, UINT64_MAX, &address), -ENOENT);
	close(fd);
}
END_TEST

/* All of them, whatever they say. */
static void look(const struct image *image, size_t len)
{
	static const char *const wanted[] = { "_PyRuntime", "Py_Version", "none", "" };
	int fd = file_of(image, len);
	char soname[16];
	uint64_t address;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct elffile_place place;

		ck_assert_int_le(elffile_symbol(fd, wanted[i], &place), 0);
		ck_assert_int_le(elffile_section(fd, wanted[i], &place), 0);
	}
	ck_assert_int_le(elffile_soname(fd, soname, sizeof(soname)), 0);
	ck_assert_int_le(elffile_loaded_at(fd, 4096, &address), 0);
	close(fd);
}

START_TEST(broken)
{
	const struct image image = make(hashes[_i]);
	struct elffile_place place = { 77, 77 };

	for (size_t n = 0; n < sizeof(image); n += 4) {
		int fd = file_of(&image, n);

		if (n < offsetof(struct image, names))
			ck_assert_int_ne(elffile_symbol(fd, "_PyRuntime", &place), 0);
		close(fd);
		look(&image, n);
	}
	ck_assert_uint_eq(place.address, 77);
	for (size_t n = sizeof(image.header.e_ident); n < sizeof(image); n += 4) {
		struct image lying = image;

		memset((char *)&lying + n, 0xff, 4);
		look(&lying, sizeof(lying));
		memset((char *)&lying + n, 0, 4);
		look(&lying, sizeof(lying));
	}
}
END_TEST

/* A chain that goes round, and a bucket without an end. */
START_TEST(endless)
{
	struct image image = make(DT_HASH);
	struct elffile_place place;
	int fd;

	image.hash[3 + 3] = 3;
	fd = file_of(&image, sizeof(image));
	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), -ENOENT);
	close(fd);
	image = make(DT_GNU_HASH);
	image.gnu_hash[8] &= ~1u;
	fd = file_of(&image, sizeof(image));
	ck_assert_int_lt(elffile_symbol(fd, "none", &place), 0);
	close(fd);
}
END_TEST

START_TEST(other_files)
{
	struct image image = make(DT_HASH);
	struct elffile_place place;
	int fd;

	image.header.e_ident[EI_CLASS] = ELFCLASS32;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	((Elf32_Ehdr *)(void *)&image.header)->e_phnum = 0;
	((Elf32_Ehdr *)(void *)&image.header)->e_shnum = 0;
	fd = file_of(&image, sizeof(image));
	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), -ENOTSUP);
	ck_assert_int_eq(elffile_section(fd, ".PyRuntime", &place), -ENOTSUP);
	close(fd);
	ck_assert_int_eq(elffile_symbol(-1, "_PyRuntime", &place), -EBADF);
	/* Linked statically. */
	image = make(DT_HASH);
	image.segments[1].p_type = PT_NOTE;
	fd = file_of(&image, sizeof(image));
	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), -ENOENT);
	ck_assert_int_eq(elffile_section(fd, ".PyRuntime", &place), 0);
	close(fd);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("elffile_symbol");

	tcase_add_loop_test(tests, found, 0, 2);
	tcase_add_test(tests, loaded);
	tcase_add_loop_test(tests, broken, 0, 2);
	tcase_add_test(tests, endless);
	tcase_add_test(tests, other_files);
	return suite_run("elffile_symbol", tests);
}
