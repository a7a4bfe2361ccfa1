/* unwind_dw_places.c: what is known of an address, kept by address: threads that wait have most frames in common. */
#include "core/unwind_dw.h"

#include <stdlib.h>

#include "core/cleanup.h"

enum {
	PLACES_FIRST = 256,
	ENTRY_REACH = 64, /* bytes of an entry function that nothing tells the size of */
};

/* As its source has it. */
static const char *name_of(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc)
{
	const char *name = unwind_symbol_name(module, handle, pc), *kept = NULL;
	char *text = name ? demangle(&module->unwind->demangler, name) : NULL;

	if (text)
		kept = unwind_keep_text(module->unwind, "%s", text);
	free(text);
	return kept ? kept : name;
}

static void look_up(struct unwind *unwind, struct unwind_place *place)
{
	Dwfl_Module *handle = unwind->f.dwfl_addrmodule(unwind->dwfl, place->pc);
	struct unwind_module **module;
	const struct capture_module *file;
	GElf_Addr bias;

	if (!handle)
		return;
	unwind->f.dwfl_module_info(handle, (void ***)&module, NULL, NULL, NULL, NULL, NULL, NULL);
	if (!*module)
		return;
	file = (*module)->file;
	place->module = file ? file->path : "[vdso]";
	if (unwind->f.dwfl_module_getelf(handle, &bias)) {
		place->offset = place->pc - bias;
		place->name = name_of(*module, handle, place->pc);
		if (unwind->options.lines)
			unwind_find_line(*module, handle, place);
	} else {
		place->offset = file ? place->pc - file->start + file->offset : place->pc - unwind->capture->vdso_at;
	}
}

/* --- the table --- */

static struct unwind_place *slot_of(struct unwind_place *places, size_t size, uint64_t pc)
{
	size_t at = (size_t)((pc * 0x9e3779b97f4a7c15) >> 32) & (size - 1);

	while (places[at].used && places[at].pc != pc)
		at = (at + 1) & (size - 1);
	return &places[at];
}

static int grow(struct unwind *unwind)
{
	size_t size = unwind->place_size ? 2 * unwind->place_size : PLACES_FIRST;
	struct unwind_place *places = calloc(size, sizeof(*places));

	if (!places)
		return -1;
	for (size_t i = 0; i < unwind->place_size; i++)
		if (unwind->places[i].used)
			*slot_of(places, size, unwind->places[i].pc) = unwind->places[i];
	free(unwind->places);
	unwind->places = places;
	unwind->place_size = size;
	return 0;
}

static struct unwind_place *find_place(struct unwind *unwind, uint64_t pc)
{
	struct unwind_place *place;

	if (2 * unwind->place_count >= unwind->place_size && grow(unwind) < 0)
		return NULL;
	place = slot_of(unwind->places, unwind->place_size, pc);
	if (!place->used) {
		*place = (struct unwind_place){ .used = true, .pc = pc };
		unwind->place_count++;
		look_up(unwind, place);
	}
	return place;
}

const struct unwind_place *unwind_place(struct unwind *unwind, uint64_t pc)
{
	return find_place(unwind, pc);
}

void unwind_places_done(struct unwind *unwind)
{
	free(unwind->places);
	unwind->places = NULL;
}

/* --- outermost frames --- */

/* What one table of call frame information says of PC: 1: that the return address is undefined, or that the rules which
 * hold at the entry point hold here, too, which is the same function; 0: neither; -1: nothing. */
static int cfi_is_outermost(const struct unwind *unwind, Dwarf_CFI *cfi, uint64_t pc, uint64_t entry)
{
	CLEANUP(free_done) Dwarf_Frame *frame = NULL;
	Dwarf_Op memory[3], *ops = NULL;
	Dwarf_Addr start = 0, end = 0;
	size_t count = 0;
	int column;

	if (!cfi || unwind->f.dwarf_cfi_addrframe(cfi, pc, &frame) != 0)
		return -1;
	column = unwind->f.dwarf_frame_info(frame, &start, &end, NULL);
	if (column < 0)
		return -1;
	if (unwind->f.dwarf_frame_register(frame, column, memory, &ops, &count) == 0 && count == 0 && ops == memory)
		return 1;
	return entry >= start && entry < end && pc >= start && pc < end;
}

/* By the symbols: PC is in the function that begins at the entry point. One without a size, as assembly has, or without
 * a symbol reaches as far as such a function does. */
static bool symbol_is_entry(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc)
{
	uint64_t entry = module->unwind->capture->entry, start;
	GElf_Sym symbol;

	if (!entry || pc < entry)
		return false;
	if (unwind_symbol_at(module, handle, pc, &symbol, &start) && symbol.st_size)
		return start <= entry && entry - start < symbol.st_size;
	return pc - entry < ENTRY_REACH;
}

static bool find_outermost(struct unwind *unwind, uint64_t pc)
{
	Dwfl_Module *handle = unwind->f.dwfl_addrmodule(unwind->dwfl, pc);
	const uint64_t entry = unwind->capture->entry;
	struct unwind_module **module;
	Dwarf_Addr bias = 0;
	Dwarf_CFI *cfi;
	int outermost;

	if (!handle)
		return false;
	unwind->f.dwfl_module_info(handle, (void ***)&module, NULL, NULL, NULL, NULL, NULL, NULL);
	cfi = unwind->f.dwfl_module_eh_cfi(handle, &bias);
	outermost = cfi_is_outermost(unwind, cfi, pc - bias, entry - bias);
	if (outermost < 0) {
		cfi = unwind->f.dwfl_module_dwarf_cfi(handle, &bias);
		outermost = cfi_is_outermost(unwind, cfi, pc - bias, entry - bias);
	}
	if (outermost > 0)
		return true;
	return *module && symbol_is_entry(*module, handle, pc);
}

bool unwind_is_outermost(struct unwind *unwind, uint64_t pc)
{
	struct unwind_place *place = find_place(unwind, pc);

	if (!place)
		return false;
	if (!place->outermost_known) {
		place->outermost = find_outermost(unwind, pc);
		place->outermost_known = true;
	}
	return place->outermost;
}
