/* The symbol of an address, held against libdwfl's own slow way. */
#include "core/unwind_dw.h"

#include "tests/nest.h"
#include "tests/suite.h"

enum { SAMPLES = 150 }; /* symbols of a module; each is five addresses, and each address a scan of libdwfl's */

static void compare(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc)
{
	const struct unwind_functions *f = &module->unwind->f;
	GElf_Off offset = 0;
	GElf_Sym wanted;
	const char *name = f->dwfl_module_addrinfo(handle, pc, &offset, &wanted, NULL, NULL, NULL);
	const char *ours = unwind_symbol_name(module, handle, pc);

	ck_assert_msg(name == ours || (name && ours && strcmp(name, ours) == 0), "%s at %#llx: %s, but %s",
		      module->file ? module->file->path : "vdso", (unsigned long long)pc, name ? name : "-",
		      ours ? ours : "-");
}

/* The edges of symbols, and what is between them. Sorted after a while: see SYMBOLS_SORT_AT. */
static void compare_module(struct unwind *unwind, struct unwind_module *module)
{
	const struct unwind_functions *f = &unwind->f;
	uint64_t start = module->file ? module->file->start : unwind->capture->vdso_at;
	Dwfl_Module *handle = f->dwfl_addrmodule(unwind->dwfl, start);
	int count = handle ? f->dwfl_module_getsymtab(handle) : 0;

	for (int i = 1; i < count; i += count / SAMPLES + 1) {
		GElf_Sym symbol;
		GElf_Addr value;

		if (!f->dwfl_module_getsym_info(handle, i, &symbol, &value, NULL, NULL, NULL) || !value)
			continue;
		compare(module, handle, value);
		compare(module, handle, value - 1);
		compare(module, handle, value + symbol.st_size / 2);
		compare(module, handle, value + symbol.st_size - 1);
		compare(module, handle, value + symbol.st_size);
	}
}

/* Modules that this program itself has mapped. */
START_TEST(as_libdwfl_names_them)
{
	struct unwind_options options = { .root = -1, .frames_max = 1 };
	struct capture capture = { .pid = getpid() };
	struct unwind *unwind = NULL;
	const char *why = "";

	unwind_read_maps(&capture);
	ck_assert_msg(unwind_open(&capture, &options, &unwind, &why) == 0, "%s", why);
	ck_assert_uint_gt(capture.module_count, 1);
	for (size_t i = 0; i < capture.module_count; i++)
		compare_module(unwind, &unwind->modules[i]);
	unwind_free(unwind);
	unwind_release(&capture);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("unwind_dw_symbols");

	tcase_add_test(tests, as_libdwfl_names_them);
	return suite_run("unwind_dw_symbols", tests);
}
