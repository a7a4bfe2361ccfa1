/* unwind_dw_tables.c: lines of separate debug information that is compressed, without unpacking all of it.
 *
 * libdw unpacks each section of a file when it opens it: of a libc that takes 40 ms, most of it for .debug_info. A
 * line table of DWARF 5 says all by itself, so here libdw is shown a file without the rest; which table has an address
 * is found by the instructions that begin the tables' sequences. What is not found so is left to who knows the rest.
 *
 * A table, as DWARF 5 has it (6.2.4): its length (4 bytes), version (2), address size (1), ... and instructions, of
 * which this one sets an address: 0, the length of what follows (9), DW_LNE_set_address (2), 8 bytes. */
#include "core/unwind_dw.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/grow.h"
#include "core/sorted.h"

enum {
	SECTION_MAX = 256 << 20, /* unpacked */
	STARTS_MAX = 1024 * 1024,
	TABLE_VERSION = 5,
};

struct start {
	uint64_t address, table; /* offset of the table in .debug_line */
};

struct unwind_tables {
	Elf *elf;
	Dwarf *dwarf;
	struct start *starts;    /* by address */
	size_t count, size;
};

struct needed {
	Elf_Scn *line, *names;
};

/* Hide what is not needed: sections without content are not looked at. 0; -1: nothing is to be gained, or it failed. */
static int hide_sections(const struct unwind_functions *f, Elf *elf, struct needed *ret)
{
	bool is_packed = false;
	Elf_Scn *section = NULL;
	size_t names;

	if (f->elf_getshdrstrndx(elf, &names) != 0)
		return -1;
	while ((section = f->elf_nextscn(elf, section))) {
		GElf_Shdr header;
		GElf_Chdr packed;
		const char *name = f->gelf_getshdr(section, &header) ? f->elf_strptr(elf, names, header.sh_name) : NULL;

		if (!name)
			return -1;
		if (strncmp(name, ".debug_line", strlen(".debug_line")) == 0) {
			if (f->gelf_getchdr(section, &packed) && packed.ch_size > SECTION_MAX)
				return -1;
			*(name[strlen(".debug_line")] ? &ret->names : &ret->line) = section;
			continue;
		}
		is_packed |= strcmp(name, ".debug_info") == 0 && header.sh_flags & SHF_COMPRESSED;
		header.sh_type = SHT_NOBITS;
		if (strncmp(name, ".debug_", strlen(".debug_")) == 0 && !f->gelf_update_shdr(section, &header))
			return -1;
	}
	return is_packed && ret->line && ret->names ? 0 : -1;
}

static int add_start(struct unwind_tables *tables, uint64_t address, uint64_t table)
{
	if (tables->count == STARTS_MAX || GROW(tables->starts, tables->size, tables->count + 1) < 0)
		return -1;
	tables->starts[tables->count++] = (struct start){ address, table };
	return 0;
}

/* Of the table at OFFSET, which has LEN bytes. By the rarest of the instruction's bytes: memmem() takes four times as
 * long. Bytes that only look like it do no harm: a table that has not the address that is looked up says so. */
static int find_starts(struct unwind_tables *tables, const char *data, size_t offset, size_t len)
{
	const char *at = data + offset, *end = at + len;
	uint64_t address;

	while ((at = memchr(at + 1, 9, (size_t)(end - at - 1))) && (size_t)(end - at) >= 2 + sizeof(address)) {
		if (at[-1] != 0 || at[1] != 2)
			continue;
		memcpy(&address, at + 2, sizeof(address));
		if (address && add_start(tables, address, offset) < 0)
			return -1;
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct start *one = a, *other = b;

	return (one->address > other->address) - (one->address < other->address);
}

static int scan(struct unwind_tables *tables, const char *data, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(uint32_t) + sizeof(uint16_t)) {
		uint32_t table_len;
		uint16_t version;

		memcpy(&table_len, data + at, sizeof(table_len));
		memcpy(&version, data + at + sizeof(table_len), sizeof(version));
		if (table_len > len - at - sizeof(table_len)) /* also where lengths have 8 bytes */
			return -1;
		if (version == TABLE_VERSION && find_starts(tables, data, at, sizeof(table_len) + table_len) < 0)
			return -1;
		at += sizeof(table_len) + table_len;
	}
	if (tables->count)
		qsort(tables->starts, tables->count, sizeof(*tables->starts), by_address);
	return 0;
}

/* The names must end where their section does: some versions of libdw would read on. */
static int open_tables(const struct unwind_functions *f, int fd, struct unwind_tables *tables)
{
	struct needed needed = { NULL, NULL };
	Elf_Data *line, *names;

	tables->elf = f->elf_begin(fd, ELF_C_READ, NULL);
	if (!tables->elf || hide_sections(f, tables->elf, &needed) < 0)
		return -1;
	tables->dwarf = f->dwarf_begin_elf(tables->elf, DWARF_C_READ, NULL);
	if (!tables->dwarf)
		return -1;
	line = f->elf_getdata(needed.line, NULL);
	names = f->elf_getdata(needed.names, NULL);
	if (!line || !line->d_buf || !names || !names->d_buf || !names->d_size ||
	    ((const char *)names->d_buf)[names->d_size - 1] != '\0')
		return -1;
	return scan(tables, line->d_buf, line->d_size);
}

static const struct start *start_of(const struct unwind_tables *tables, uint64_t address)
{
	size_t count = sorted_up_to(tables->starts, tables->count, sizeof(*tables->starts), address);

	return count ? &tables->starts[count - 1] : NULL;
}

/* The last line of LINES, which are sorted, that begins at ADDRESS or before it. */
static Dwarf_Line *line_of(const struct unwind_functions *f, Dwarf_Lines *lines, size_t count, uint64_t address)
{
	Dwarf_Line *found = NULL;
	size_t low = 0, high = count;
	bool is_end = true;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		Dwarf_Line *line = f->dwarf_onesrcline(lines, middle);
		Dwarf_Addr at;

		if (!line || f->dwarf_lineaddr(line, &at) != 0)
			return NULL;
		if (at <= address) {
			found = line;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return found && f->dwarf_lineendsequence(found, &is_end) == 0 && !is_end ? found : NULL;
}

static struct unwind_tables *tables_of(struct unwind_module *module)
{
	const struct unwind_functions *f = &module->unwind->f;

	if (module->tables || module->debug_fd <= 0)
		return module->tables;
	module->tables = calloc(1, sizeof(*module->tables));
	if (module->tables && open_tables(f, module->debug_fd, module->tables) < 0)
		module->tables->count = 0;
	return module->tables;
}

bool unwind_tables_line(struct unwind_module *module, uint64_t address, struct unwind_line *ret)
{
	const struct unwind_functions *f = &module->unwind->f;
	struct unwind_tables *tables = tables_of(module);
	const struct start *start = tables ? start_of(tables, address) : NULL;
	const char *const *dirs;
	Dwarf_CU *unit;
	Dwarf_Files *files;
	Dwarf_Lines *lines;
	Dwarf_Line *line;
	size_t line_count, dir_count, file_count;
	Dwarf_Off next;

	if (!start || f->dwarf_next_lines(tables->dwarf, start->table, &next, &unit, &files, &file_count, &lines,
					  &line_count) != 0)
		return false;
	line = line_of(f, lines, line_count, address);
	if (!line || f->dwarf_lineno(line, &ret->number) != 0 || f->dwarf_getsrcdirs(files, &dirs, &dir_count) != 0)
		return false;
	ret->dir = dir_count ? dirs[0] : NULL;
	ret->file = f->dwarf_linesrc(line, NULL, NULL);
	return ret->file && ret->number > 0;
}

/* MODULE may be one that was never told of, without .unwind. */
void unwind_tables_done(struct unwind_module *module)
{
	struct unwind_tables *tables = module->tables;

	if (tables && tables->dwarf)
		module->unwind->f.dwarf_end(tables->dwarf);
	if (tables && tables->elf)
		module->unwind->f.elf_end(tables->elf);
	if (tables)
		free(tables->starts);
	free(tables);
	if (module->debug_fd > 0)
		close(module->debug_fd);
}
