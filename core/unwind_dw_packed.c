/* unwind_dw_packed.c: files with more compressed than we have memory and time for.
 *
 * libdw unpacks all debug sections of a file before it looks at one, 0.3 GB a second, and a process may map a file of
 * 2 MB that has 2 GB in it. The largest of a distribution, which describes a JVM, has 0.4 GB. What is unpacked is
 * never more than its header says: libelf takes that as an error. */
#include "core/unwind_dw.h"

#include <string.h>

#include "core/elffile.h"

bool unwind_is_too_packed(int fd, uint64_t *limit_left)
{
	uint64_t size;

	if (elffile_unpacked_size(fd, &size) < 0 || size > *limit_left)
		return true;
	*limit_left -= size;
	return false;
}

/* Is it compressed, or may be: .gnu_debugdata is a file with symbols, by xz. */
static bool is_packed(const GElf_Shdr *header, const char *name)
{
	static const char prefix[] = ".zdebug";

	return header->sh_flags & SHF_COMPRESSED ||
	       (name && (strncmp(name, prefix, strlen(prefix)) == 0 || strcmp(name, ".gnu_debugdata") == 0));
}

/* Sections without content are not looked at. */
static bool hide(const struct unwind_functions *f, Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names = 0;

	if (f->elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((section = f->elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!f->gelf_getshdr(section, &header))
			return false;
		if (!is_packed(&header, f->elf_strptr(elf, names, header.sh_name)))
			continue;
		header.sh_type = SHT_NOBITS;
		header.sh_size = 0;
		if (!f->gelf_update_shdr(section, &header))
			return false;
	}
	return true;
}

Elf *unwind_hide_packed(const struct unwind_functions *f, int fd)
{
	Elf *elf = f->elf_begin(fd, ELF_C_READ, NULL);

	if (elf && hide(f, elf))
		return elf;
	if (elf)
		f->elf_end(elf);
	return NULL;
}
