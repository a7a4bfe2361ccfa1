/* unwind_dw.c: a session of libdwfl, elfutils' library of debug information, over what was captured. */
#include "core/unwind_dw.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/dl.h"
#include "core/innermost.h"

DL_SONAMES(dw_sonames, "stack", "Native stacks of processes, with names", "recommended", "libdw.so.1",
	   "libdw.so.1");

static int load_functions(struct unwind_functions *f, const char **ret_why)
{
#define UNWIND_SYMBOL(function) DL_SYMBOL(*f, function),
	const struct dl_symbol symbols[] = { UNWIND_FUNCTIONS(UNWIND_SYMBOL) };
	const struct dl_library library = { dw_sonames, symbols, sizeof(symbols) / sizeof(*symbols) };

	return dl_load(&library, ret_why);
}

/* ET_REL files alone need their sections placed, and unwind_is_ours() refuses these. */
static int no_section_address(Dwfl_Module *handle, void **userdata, const char *name, Dwarf_Addr base,
			      const char *section, GElf_Word index, const GElf_Shdr *header, Dwarf_Addr *ret)
{
	(void)handle;
	(void)userdata;
	(void)name;
	(void)base;
	(void)section;
	(void)index;
	(void)header;
	*ret = (Dwarf_Addr)-1;
	return 0;
}

/* Our own ELF header, as the linker places it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* An ELF file of nothing but a header, to say which processor it is: else libdwfl asks the first module. */
static Elf *own_machine(struct unwind *unwind)
{
	ElfW(Ehdr) header = __ehdr_start;

	header.e_phoff = header.e_shoff = 0;
	header.e_phnum = header.e_shnum = header.e_shstrndx = 0;
	memcpy(unwind->machine_header, &header, sizeof(header));
	return unwind->f.elf_memory(unwind->machine_header, sizeof(header));
}

static int start_session(struct unwind *unwind, const char **ret_why)
{
	static char nowhere[] = "/nonexistent"; /* -ENOENT: another error ends its search before it asks */
	int error;

	/* Files are found by unwind_find_debuginfo(); what libdwfl has besides may only ask servers. */
	unwind->debug_path = nowhere;
	unwind->callbacks = (Dwfl_Callbacks){ unwind_find_elf, unwind_find_debuginfo, no_section_address,
					      &unwind->debug_path };
	*ret_why = "libdw: another version of ELF";
	if (unwind->f.elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	unwind->dwfl = unwind->f.dwfl_begin(&unwind->callbacks);
	if (!unwind->dwfl)
		return -ENOMEM;
	error = unwind_report_modules(unwind);
	if (error)
		return error;
	*ret_why = "libdw does not know this processor";
	unwind->machine = own_machine(unwind);
	if (!unwind->machine || !unwind->f.dwfl_attach_state(unwind->dwfl, unwind->machine, unwind->capture->pid,
							     &unwind_thread_callbacks, unwind))
		return -ENOEXEC;
	return 0;
}

static void end_session(struct unwind *unwind)
{
	if (unwind->dwfl)
		unwind->f.dwfl_end(unwind->dwfl);
	unwind->dwfl = NULL;
	if (unwind->machine)
		unwind->f.elf_end(unwind->machine);
	unwind->machine = NULL;
}

int unwind_open(const struct capture *capture, const struct unwind_options *options, struct unwind **ret,
		const char **ret_why)
{
	struct unwind *unwind = calloc(1, sizeof(*unwind));
	const char *why = NULL;
	int error;

	if (!unwind)
		return -ENOMEM;
	unwind->capture = capture;
	unwind->options = *options;
	unwind->unpacked_left = UNWIND_UNPACKED_MAX;
	error = load_functions(&unwind->f, &why);
	if (!error)
		error = start_session(unwind, &why);
	if (error)
		end_session(unwind);
	if (error == -ENOMEM) {
		unwind_free(unwind);
		return error;
	}
	if (error)
		*ret_why = why;
	*ret = unwind;
	return error;
}

void unwind_free(struct unwind *unwind)
{
	if (!unwind)
		return;
	end_session(unwind);
	for (size_t i = 0; unwind->modules && i <= unwind->capture->module_count; i++) {
		unwind_symbols_done(&unwind->modules[i].symbols);
		unwind_ranges_done(&unwind->modules[i].ranges);
		unwind_tables_done(&unwind->modules[i]);
		unwind_units_done(unwind->modules[i].units);
	}
	free(unwind->modules);
	unwind_places_done(unwind);
	unwind_texts_done(unwind);
	free(unwind);
}
