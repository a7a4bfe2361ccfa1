/* unwind_dw_inline.c: code of a function that was inlined: where the function that stands in the frame calls it.
 *
 * The line of such an address is the inlined function's, which the frame does not name. In .debug_info:
 *
 *   DW_TAG_subprogram loop_run         (has the address)
 *     DW_TAG_lexical_block             (may have it)
 *       DW_TAG_inlined_subroutine mid  DW_AT_call_file 1, DW_AT_call_line 18
 *
 * Functions are kept by unit: clang's have nothing that leads past what is in one, so that each look for one reads all
 * that lies before it. */
#include "core/unwind_dw.h"

#include <dwarf.h>
#include <stdlib.h>

#include "core/grow.h"

enum {
	STEPS_MAX = 1024 * 1024,   /* entries that are looked at of a unit: they may lead in a circle */
	FUNCTIONS_MAX = 256 * 1024,
	DEPTH_MAX = 32,
};

struct function {
	uint64_t start, end;
	Dwarf_Die die;
};

struct unwind_unit {
	struct unwind_unit *next;
	const void *at;            /* of its entry */
	struct function *functions;
	size_t count, size;
	unsigned steps_left;
};

static int add_function(struct unwind_unit *unit, uint64_t start, uint64_t end, const Dwarf_Die *die)
{
	if (unit->count == FUNCTIONS_MAX || GROW(unit->functions, unit->size, unit->count + 1) < 0)
		return -1;
	unit->functions[unit->count++] = (struct function){ start, end, *die };
	return 0;
}

static int add_ranges(const struct unwind_functions *f, struct unwind_unit *unit, Dwarf_Die *die)
{
	Dwarf_Addr base = 0, start, end;
	ptrdiff_t at = 0;

	while ((at = f->dwarf_ranges(die, at, &base, &start, &end)) > 0)
		if (add_function(unit, start, end, die) < 0)
			return -1;
	return 0;
}

/* Those in DIE, also in namespaces, where Rust has them. */
static int add_functions(const struct unwind_functions *f, struct unwind_unit *unit, Dwarf_Die *die, int depth)
{
	Dwarf_Die child;
	int r = depth > 0 ? f->dwarf_child(die, &child) : -1;

	for (; r == 0; r = f->dwarf_siblingof(&child, &child)) {
		int tag = f->dwarf_tag(&child), error = 0;

		if (unit->steps_left == 0)
			return -1;
		unit->steps_left--;
		if (tag == DW_TAG_subprogram)
			error = add_ranges(f, unit, &child);
		else if (tag == DW_TAG_namespace || tag == DW_TAG_module)
			error = add_functions(f, unit, &child, depth - 1);
		if (error)
			return error;
	}
	return 0;
}

static struct unwind_unit *unit_of(struct unwind_module *module, Dwarf_Die *die)
{
	struct unwind_unit *unit = module->units;

	while (unit && unit->at != die->addr)
		unit = unit->next;
	if (unit)
		return unit;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	*unit = (struct unwind_unit){ .next = module->units, .at = die->addr, .steps_left = STEPS_MAX };
	module->units = unit;
	(void)add_functions(&module->unwind->f, unit, die, DEPTH_MAX); /* those that were found count */
	return unit;
}

/* The outermost call within DIE that has PC; true: in RET. */
static bool find_call(const struct unwind_functions *f, struct unwind_unit *unit, Dwarf_Die *die, uint64_t pc,
		      int depth, Dwarf_Die *ret)
{
	Dwarf_Die child;
	int r = depth > 0 ? f->dwarf_child(die, &child) : -1;

	for (; r == 0 && unit->steps_left > 0; r = f->dwarf_siblingof(&child, &child)) {
		int tag = f->dwarf_tag(&child);

		unit->steps_left--;
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block)
			continue;
		if (f->dwarf_haspc(&child, pc) <= 0)
			continue;
		if (tag == DW_TAG_lexical_block)
			return find_call(f, unit, &child, pc, depth - 1, ret);
		*ret = child;
		return true;
	}
	return false;
}

static bool find_in_functions(const struct unwind_functions *f, struct unwind_unit *unit, uint64_t pc, Dwarf_Die *ret)
{
	for (size_t i = 0; i < unit->count; i++)
		if (pc >= unit->functions[i].start && pc < unit->functions[i].end)
			return find_call(f, unit, &unit->functions[i].die, pc, DEPTH_MAX, ret);
	return false;
}

bool unwind_inline_call(struct unwind_module *module, Dwarf_Die *die, uint64_t pc, struct unwind_line *ret)
{
	const struct unwind_functions *f = &module->unwind->f;
	struct unwind_unit *unit = unit_of(module, die);
	Dwarf_Die call;
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word file, line;
	const char *name;
	size_t count;

	if (!unit || !find_in_functions(f, unit, pc, &call) ||
	    f->dwarf_formudata(f->dwarf_attr(&call, DW_AT_call_file, &attribute), &file) != 0 ||
	    f->dwarf_formudata(f->dwarf_attr(&call, DW_AT_call_line, &attribute), &line) != 0 ||
	    f->dwarf_getsrcfiles(die, &files, &count) != 0 || file >= count || line == 0 || line > INT32_MAX)
		return false;
	name = f->dwarf_filesrc(files, (size_t)file, NULL, NULL);
	if (!name)
		return false;
	ret->file = name;
	ret->number = (int)line;
	return true;
}

void unwind_units_done(struct unwind_unit *units)
{
	while (units) {
		struct unwind_unit *next = units->next;

		free(units->functions);
		free(units);
		units = next;
	}
}
