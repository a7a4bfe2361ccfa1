/* elf_image.h: a small ELF file that defines _PyRuntime and Py_Version. */
#ifndef TESTS_ELF_IMAGE_H
#define TESTS_ELF_IMAGE_H

#include <check.h>
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ELF_BASE = 0x400000, RUNTIME_HASH = (int)0x88b5a111, VERSION_HASH = 0x433d953 };

/* Symbols: none, an undefined one, _PyRuntime, Py_Version. */
struct elf_image {
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

static const char elf_names[] = "\0_PyRuntime\0Py_Version\0libpython3.10.so.1.0";
static const char elf_section_names[] = "\0.PyRuntime\0.shstrtab";

static inline uint64_t elf_at(size_t offset)
{
	return ELF_BASE + offset;
}

#define ELF_AT(member) elf_at(offsetof(struct elf_image, member))

static inline void elf_tables(struct elf_image *ret)
{
	static const uint32_t gnu_hash[] = { 1, 2, 1, 6, 0, 0, 2, 0, 0 };
	static const uint32_t hash[] = { 1, 4, 3, 0, 0, 1, 2 }; /* 3, 2, 1 */

	memcpy(ret->names, elf_names, sizeof(elf_names));
	memcpy(ret->section_names, elf_section_names, sizeof(elf_section_names));
	memcpy(ret->gnu_hash, gnu_hash, sizeof(gnu_hash));
	ret->gnu_hash[7] = (uint32_t)RUNTIME_HASH & ~1u;
	ret->gnu_hash[8] = (uint32_t)VERSION_HASH | 1;
	memcpy(ret->hash, hash, sizeof(hash));
	ret->symbols[1] = (Elf64_Sym){ .st_name = 1, .st_shndx = SHN_UNDEF, .st_value = 7 };
	ret->symbols[2] = (Elf64_Sym){ .st_name = 1, .st_shndx = 1, .st_value = ELF_BASE + 0x5000, .st_size = 0x100 };
	ret->symbols[3] = (Elf64_Sym){ .st_name = 12, .st_shndx = 1, .st_value = ELF_BASE + 0x6000, .st_size = 8 };
	ret->sections[1] = (Elf64_Shdr){ .sh_name = 1, .sh_flags = SHF_ALLOC, .sh_addr = ELF_BASE + 0x5000,
					 .sh_size = 0x100 };
	ret->sections[2] = (Elf64_Shdr){ .sh_name = 12, .sh_offset = offsetof(struct elf_image, section_names),
					 .sh_size = sizeof(elf_section_names) };
}

/* HASH: DT_GNU_HASH or DT_HASH. */
static inline struct elf_image elf_make(int64_t hash)
{
	struct elf_image ret = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_phoff = offsetof(struct elf_image, segments), .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3, .e_shoff = offsetof(struct elf_image, sections),
			    .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2 },
		.segments = {
			{ .p_type = PT_LOAD, .p_vaddr = ELF_BASE, .p_filesz = sizeof(ret), .p_memsz = sizeof(ret) },
			{ .p_type = PT_DYNAMIC, .p_offset = offsetof(struct elf_image, dynamic),
			  .p_filesz = sizeof(ret.dynamic) },
			{ .p_type = PT_LOAD, .p_offset = 0x20dc8, .p_vaddr = ELF_BASE + 0x21dc8, .p_filesz = 0x1000 },
		},
		.dynamic = {
			{ .d_tag = hash, .d_un.d_ptr = hash == DT_HASH ? ELF_AT(hash) : ELF_AT(gnu_hash) },
			{ .d_tag = DT_SYMTAB, .d_un.d_ptr = ELF_AT(symbols) },
			{ .d_tag = DT_STRTAB, .d_un.d_ptr = ELF_AT(names) },
			{ .d_tag = DT_STRSZ, .d_un.d_val = sizeof(elf_names) },
			{ .d_tag = DT_SONAME, .d_un.d_val = 23 },
		},
	};

	elf_tables(&ret);
	return ret;
}

static inline int elf_file(const struct elf_image *image, size_t len)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, image, len), (ssize_t)len);
	return fd;
}

#endif
