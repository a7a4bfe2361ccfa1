/* Symbols, sections and segments of ELF files, made here. */
#include "core/elffile.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/elf_image.h"
#include "tests/suite.h"

static const int64_t hashes[] = { DT_GNU_HASH, DT_HASH };

START_TEST(found)
{
	const struct elf_image image = elf_make(hashes[_i]);
	int fd = elf_file(&image, sizeof(image));
	struct elffile_place place;
	char soname[32];

	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), 0);
	ck_assert_uint_eq(place.address, ELF_BASE + 0x5000);
	ck_assert_uint_eq(place.size, 0x100);
	ck_assert_int_eq(elffile_symbol(fd, "Py_Version", &place), 0);
	ck_assert_uint_eq(place.address, ELF_BASE + 0x6000);
	ck_assert_int_eq(elffile_symbol(fd, "Py_Versio", &place), -ENOENT);
	ck_assert_int_eq(elffile_symbol(fd, "", &place), -ENOENT);
	ck_assert_int_eq(elffile_section(fd, ".PyRuntime", &place), 0);
	ck_assert_uint_eq(place.address, ELF_BASE + 0x5000);
	ck_assert_int_eq(elffile_section(fd, ".shstrtab", &place), -ENOENT); /* not loaded */
	ck_assert_int_eq(elffile_soname(fd, soname, sizeof(soname)), 0);
	ck_assert_str_eq(soname, "libpython3.10.so.1.0");
	ck_assert_int_eq(elffile_soname(fd, soname, 20), -ENAMETOOLONG);
	close(fd);
}
END_TEST

START_TEST(loaded)
{
	const struct elf_image image = elf_make(DT_HASH);
	int fd = elf_file(&image, sizeof(image));
	uint64_t address = 77;

	ck_assert_int_eq(elffile_loaded_at(fd, 0, &address), 0);
	ck_assert_uint_eq(address, ELF_BASE);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x20000, &address), 0);
	ck_assert_uint_eq(address, ELF_BASE + 0x21000);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x21dc7, &address), 0);
	ck_assert_uint_eq(address, ELF_BASE + 0x22dc7);
	ck_assert_int_eq(elffile_loaded_at(fd, 0x21dc8, &address), -ENOENT);
	ck_assert_int_eq(elffile_loaded_at(fd, UINT64_MAX, &address), -ENOENT);
	close(fd);
}
END_TEST

/* All of them, whatever they say. */
static void look(const struct elf_image *image, size_t len)
{
	static const char *const wanted[] = { "_PyRuntime", "Py_Version", "none", "" };
	int fd = elf_file(image, len);
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
	const struct elf_image image = elf_make(hashes[_i]);
	struct elffile_place place = { 77, 77 };

	for (size_t n = 0; n < sizeof(image); n += 4) {
		int fd = elf_file(&image, n);

		if (n < offsetof(struct elf_image, names))
			ck_assert_int_ne(elffile_symbol(fd, "_PyRuntime", &place), 0);
		close(fd);
		look(&image, n);
	}
	ck_assert_uint_eq(place.address, 77);
	for (size_t n = sizeof(image.header.e_ident); n < sizeof(image); n += 4) {
		struct elf_image lying = image;

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
	struct elf_image image = elf_make(DT_HASH);
	struct elffile_place place;
	int fd;

	image.hash[3 + 3] = 3;
	fd = elf_file(&image, sizeof(image));
	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), -ENOENT);
	close(fd);
	image = elf_make(DT_GNU_HASH);
	image.gnu_hash[8] &= ~1u;
	fd = elf_file(&image, sizeof(image));
	ck_assert_int_lt(elffile_symbol(fd, "none", &place), 0);
	close(fd);
}
END_TEST

START_TEST(other_files)
{
	struct elf_image image = elf_make(DT_HASH);
	struct elffile_place place;
	int fd;

	image.header.e_ident[EI_CLASS] = ELFCLASS32;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	((Elf32_Ehdr *)(void *)&image.header)->e_phnum = 0;
	((Elf32_Ehdr *)(void *)&image.header)->e_shnum = 0;
	fd = elf_file(&image, sizeof(image));
	ck_assert_int_eq(elffile_symbol(fd, "_PyRuntime", &place), -ENOTSUP);
	ck_assert_int_eq(elffile_section(fd, ".PyRuntime", &place), -ENOTSUP);
	close(fd);
	ck_assert_int_eq(elffile_symbol(-1, "_PyRuntime", &place), -EBADF);
	/* Linked statically. */
	image = elf_make(DT_HASH);
	image.segments[1].p_type = PT_NOTE;
	fd = elf_file(&image, sizeof(image));
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
