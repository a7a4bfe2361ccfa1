/* unwind_dw_lines.c: where code was written.
 *
 * libdwfl finds the unit of an address by .debug_aranges. clang writes none, so where that has nothing the units are
 * asked for their ranges themselves, once. */
#include "core/unwind_dw.h"

#include <dwarf.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/grow.h"

enum { RANGES_MAX = 1024 * 1024 };

struct unwind_range {
	uint64_t start, end; /* as the debug information counts */
	Dwarf_Die *unit;
};

struct unwind_text {
	struct unwind_text *next;
	char text[];
};

const char *unwind_keep_text(struct unwind *unwind, const char *format, ...)
{
	struct unwind_text *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = len < 0 ? NULL : malloc(sizeof(*text) + (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text->text, (size_t)len + 1, format, args);
	va_end(args);
	text->next = unwind->texts;
	unwind->texts = text;
	return text->text;
}

/* PATH below DIR; NULL: no memory. */
static const char *join_path(struct unwind *unwind, const char *dir, const char *path)
{
	return unwind_keep_text(unwind, "%.*s/%.*s", PATH_MAX, dir, PATH_MAX, path);
}

static void set(struct unwind *unwind, struct unwind_place *place, const char *dir, const char *file, int number)
{
	if (!file || number <= 0)
		return;
	place->file = *file == '/' || !dir ? file : join_path(unwind, dir, file);
	place->line = place->file ? number : 0;
}

/* --- units by their own ranges --- */

static int add_range(struct unwind_ranges *ranges, uint64_t start, uint64_t end, Dwarf_Die *unit)
{
	if (ranges->count == RANGES_MAX || GROW(ranges->all, ranges->size, ranges->count + 1) < 0)
		return -1;
	ranges->all[ranges->count++] = (struct unwind_range){ start, end, unit };
	return 0;
}

static void load_ranges(struct unwind_module *module, Dwfl_Module *handle)
{
	const struct unwind_functions *f = &module->unwind->f;
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	while ((unit = f->dwfl_module_nextcu(handle, unit, &bias))) {
		Dwarf_Addr base = 0, start, end;
		ptrdiff_t at = 0;

		while ((at = f->dwarf_ranges(unit, at, &base, &start, &end)) > 0)
			if (add_range(&module->ranges, start, end, unit) < 0)
				return;
	}
}

static Dwarf_Die *find_unit(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc)
{
	struct unwind_ranges *ranges = &module->ranges;

	if (!ranges->loaded)
		load_ranges(module, handle);
	ranges->loaded = true;
	for (size_t i = 0; i < ranges->count; i++)
		if (pc >= ranges->all[i].start && pc < ranges->all[i].end)
			return ranges->all[i].unit;
	return NULL;
}

/* LINE of an address in UNIT, or of the call that put it there. */
static void set_in_unit(struct unwind_module *module, struct unwind_place *place, Dwarf_Die *unit, uint64_t bias,
			struct unwind_line *line)
{
	if (unit)
		(void)unwind_inline_call(module, unit, place->pc - bias, line);
	set(module->unwind, place, line->dir, line->file, line->number);
}

static void find_in_units(struct unwind_module *module, Dwfl_Module *handle, struct unwind_place *place)
{
	const struct unwind_functions *f = &module->unwind->f;
	Dwarf_Addr bias = 0;
	Dwarf_Attribute dir;
	Dwarf_Die *unit;
	Dwarf_Line *line;
	struct unwind_line found;

	if (!f->dwfl_module_getdwarf(handle, &bias))
		return;
	unit = find_unit(module, handle, place->pc - bias);
	line = unit ? f->dwarf_getsrc_die(unit, place->pc - bias) : NULL;
	if (!line || f->dwarf_lineno(line, &found.number) != 0)
		return;
	found.dir = f->dwarf_formstring(f->dwarf_attr(unit, DW_AT_comp_dir, &dir));
	found.file = f->dwarf_linesrc(line, NULL, NULL);
	set_in_unit(module, place, unit, bias, &found);
}

/* Between units there may be code that nothing is known of, as _start of the C library behind a program's main(): for
 * libdwfl it has the last line before it. */
static bool is_behind_its_unit(struct unwind_module *module, Dwfl_Module *handle, Dwfl_Line *line, uint64_t pc)
{
	const struct unwind_functions *f = &module->unwind->f;
	Dwarf_Die *unit = f->dwfl_linecu(line);
	Dwarf_Addr bias, base = 0, start, end;

	return unit && f->dwfl_module_getdwarf(handle, &bias) && f->dwarf_ranges(unit, 0, &base, &start, &end) > 0 &&
	       f->dwarf_haspc(unit, pc - bias) == 0;
}

void unwind_find_line(struct unwind_module *module, Dwfl_Module *handle, struct unwind_place *place)
{
	const struct unwind_functions *f = &module->unwind->f;
	struct unwind_line found = { .number = 0 };
	Dwarf_Addr bias = 0;
	Dwfl_Line *line;

	if (unwind_tables_line(module, place->offset, &found)) {
		set(module->unwind, place, found.dir, found.file, found.number);
		return;
	}
	line = f->dwfl_module_getsrc(handle, place->pc);
	if (line && is_behind_its_unit(module, handle, line, place->pc))
		return;
	if (!line || !f->dwfl_module_getdwarf(handle, &bias)) {
		find_in_units(module, handle, place);
		return;
	}
	found.file = f->dwfl_lineinfo(line, NULL, &found.number, NULL, NULL, NULL);
	found.dir = f->dwfl_line_comp_dir(line);
	set_in_unit(module, place, f->dwfl_linecu(line), bias, &found);
}

void unwind_ranges_done(struct unwind_ranges *ranges)
{
	free(ranges->all);
}

void unwind_texts_done(struct unwind *unwind)
{
	for (struct unwind_text *text = unwind->texts, *next; text; text = next) {
		next = text->next;
		free(text);
	}
	unwind->texts = NULL;
}
