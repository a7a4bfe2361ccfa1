/* unwind_dw_symbols.c: which symbol an address belongs to.
 *
 * dwfl_module_addrinfo() reads the whole table for each address: 0.3 s for 500 threads. Here it is read once. As there:
 * the global and weak symbols come first, the local ones count where none of those has the address; the nearest start
 * wins, then the stronger binding, then the smaller size, then who comes first in the table, where each is held against
 * the best before it. A label without a size counts only where nothing else does, and then that function is asked. */
#include "core/unwind_dw.h"

#include <stdlib.h>
#include <string.h>

#include "core/sorted.h"

enum {
	SYMBOLS_MAX = 8 * 1024 * 1024, /* of a table */
	SYMBOLS_SORT_AT = 64,          /* so many addresses are worth sorting it */
	SYMBOLS_OVERLAP_MAX = 64,      /* symbols around one address */
};

/* By start; END is how far this one or any before it reaches. */
struct unwind_symbol_order {
	uint64_t value, end;
	uint32_t at; /* in .all */
};

static uint8_t binding_rank(unsigned char info)
{
	switch (GELF_ST_BIND(info)) {
	case STB_GLOBAL:
		return 3;
	case STB_WEAK:
		return 2;
	case STB_LOCAL:
		return 1;
	default:
		return 0;
	}
}

/* Sections, files and thread-local variables are not at an address; nor is what another module has. */
static bool may_name(const char *name, const GElf_Sym *symbol)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);

	return name && *name && symbol->st_shndx != SHN_UNDEF && type != STT_SECTION && type != STT_FILE &&
	       type != STT_TLS;
}

static void load(struct unwind_module *module, Dwfl_Module *handle)
{
	const struct unwind_functions *f = &module->unwind->f;
	struct unwind_symbols *symbols = &module->symbols;
	int count = f->dwfl_module_getsymtab(handle), first_global = f->dwfl_module_getsymtab_first_global(handle);

	symbols->loaded = true;
	if (count <= 0 || count > SYMBOLS_MAX || first_global < 0)
		return;
	symbols->all = malloc((size_t)count * sizeof(*symbols->all));
	if (!symbols->all)
		return;
	for (int i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr value;
		const char *name = f->dwfl_module_getsym_info(handle, i, &symbol, &value, NULL, NULL, NULL);

		if (may_name(name, &symbol) && i < first_global)
			symbols->first_global = symbols->count + 1;
		if (may_name(name, &symbol))
			symbols->all[symbols->count++] = (struct unwind_symbol){ value, symbol.st_size, (uint32_t)i,
										 binding_rank(symbol.st_info) };
	}
}

/* --- which one --- */

static bool has_address(const struct unwind_symbol *symbol, uint64_t pc)
{
	return pc >= symbol->value && pc - symbol->value < symbol->size;
}

static const struct unwind_symbol *better(const struct unwind_symbol *best, const struct unwind_symbol *next)
{
	if (!best || best->value < next->value || best->binding < next->binding)
		return next;
	return best->value == next->value && best->binding == next->binding && best->size > next->size ? next : best;
}

/* Both kinds, of symbols that come in the order of the table. */
struct choice {
	const struct unwind_symbol *global, *local;
};

static void choose(const struct unwind_symbols *symbols, struct choice *choice, const struct unwind_symbol *next)
{
	const struct unwind_symbol **best =
		(size_t)(next - symbols->all) >= symbols->first_global ? &choice->global : &choice->local;

	*best = better(*best, next);
}

/* All of them in turn. NULL: none has the address; RET_LABEL: a label without a size may. */
static const struct unwind_symbol *scan(const struct unwind_symbols *symbols, uint64_t pc, bool *ret_label)
{
	uint64_t label = 0, end = 0;
	bool has_label = false;
	struct choice choice = { NULL, NULL };

	for (size_t i = 0; i < symbols->count; i++) {
		const struct unwind_symbol *symbol = &symbols->all[i];

		if (pc < symbol->value)
			continue;
		if (pc - symbol->value < symbol->size)
			choose(symbols, &choice, symbol);
		else if (symbol->size && symbol->value + symbol->size > end)
			end = symbol->value + symbol->size;
		else if (!symbol->size && (!has_label || symbol->value > label)) {
			has_label = true;
			label = symbol->value;
		}
	}
	*ret_label = has_label && label >= end;
	return choice.global ? choice.global : choice.local;
}

/* --- sorted --- */

static int by_value(const void *a, const void *b)
{
	const struct unwind_symbol_order *one = a, *other = b;

	if (one->value != other->value)
		return one->value < other->value ? -1 : 1;
	return one->at < other->at ? -1 : 1;
}

static void sort(struct unwind_symbols *symbols)
{
	struct unwind_symbol_order *order = malloc(symbols->count * sizeof(*order));
	uint64_t end = 0;

	if (!order)
		return;
	for (size_t i = 0; i < symbols->count; i++)
		order[i] = (struct unwind_symbol_order){ .value = symbols->all[i].value, .at = (uint32_t)i };
	qsort(order, symbols->count, sizeof(*order), by_value);
	for (size_t i = 0; i < symbols->count; i++) {
		const struct unwind_symbol *symbol = &symbols->all[order[i].at];
		uint64_t own = symbol->size > UINT64_MAX - symbol->value ? UINT64_MAX : symbol->value + symbol->size;

		end = own > end ? own : end;
		order[i].end = end;
	}
	symbols->order = order;
}

static int by_place(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

/* NULL: none has the address, or too many. */
static const struct unwind_symbol *search(const struct unwind_symbols *symbols, uint64_t pc)
{
	struct choice choice = { NULL, NULL };
	uint32_t around[SYMBOLS_OVERLAP_MAX] = { 0 };
	size_t count = 0, i = sorted_up_to(symbols->order, symbols->count, sizeof(*symbols->order), pc);

	for (; i > 0 && symbols->order[i - 1].end > pc; i--) {
		if (!has_address(&symbols->all[symbols->order[i - 1].at], pc))
			continue;
		if (count == SYMBOLS_OVERLAP_MAX)
			return NULL;
		around[count++] = symbols->order[i - 1].at;
	}
	qsort(around, count, sizeof(*around), by_place);
	for (i = 0; i < count; i++)
		choose(symbols, &choice, &symbols->all[around[i]]);
	return choice.global ? choice.global : choice.local;
}

const char *unwind_symbol_at(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc, GElf_Sym *ret,
			     uint64_t *ret_start)
{
	const struct unwind_functions *f = &module->unwind->f;
	struct unwind_symbols *symbols = &module->symbols;
	const struct unwind_symbol *found = NULL;
	const char *name;
	GElf_Addr offset;
	bool label = false;

	if (!symbols->loaded)
		load(module, handle);
	if (++symbols->asked == SYMBOLS_SORT_AT && symbols->count)
		sort(symbols);
	if (symbols->order)
		found = search(symbols, pc);
	if (!found)
		found = scan(symbols, pc, &label);
	if (found)
		return f->dwfl_module_getsym_info(handle, (int)found->index, ret, ret_start, NULL, NULL, NULL);
	name = label || !symbols->all ? f->dwfl_module_addrinfo(handle, pc, &offset, ret, NULL, NULL, NULL) : NULL;
	if (name)
		*ret_start = pc - offset;
	return name;
}

const char *unwind_symbol_name(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc)
{
	GElf_Sym symbol;
	uint64_t start;

	return unwind_symbol_at(module, handle, pc, &symbol, &start);
}

void unwind_symbols_done(struct unwind_symbols *symbols)
{
	free(symbols->all);
	free(symbols->order);
}
