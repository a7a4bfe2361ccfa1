/* unwind_dw.h: what unwind_dw*.c share: the only files that know libdw. */
#ifndef CORE_UNWIND_DW_H
#define CORE_UNWIND_DW_H

#include "core/demangle.h"
#include "core/unwind.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>

/* libelf's are found through libdw, which needs it. */
#define UNWIND_FUNCTIONS(X)                                                                                            \
	X(elf_version) X(elf_memory) X(elf_end) X(dwelf_elf_gnu_debuglink) X(dwelf_dwarf_gnu_debugaltlink)             \
	X(dwarf_cfi_addrframe) X(dwarf_frame_info) X(dwarf_frame_register)                                             \
	X(dwfl_begin) X(dwfl_end) X(dwfl_report_begin) X(dwfl_report_module) X(dwfl_report_end)                        \
	X(dwfl_attach_state) X(dwfl_getthread_frames) X(dwfl_thread_state_registers)                                   \
	X(dwfl_thread_state_register_pc) X(dwfl_frame_pc) X(dwfl_addrmodule) X(dwfl_module_info)                       \
	X(dwfl_module_getelf) X(dwfl_module_getdwarf) X(dwfl_module_eh_cfi) X(dwfl_module_dwarf_cfi)                   \
	X(dwfl_module_getsymtab) X(dwfl_module_getsymtab_first_global) X(dwfl_module_getsym_info)                      \
	X(dwfl_module_addrinfo) X(dwfl_module_getsrc) X(dwfl_lineinfo) X(dwfl_line_comp_dir) X(dwfl_linecu)            \
	X(dwfl_standard_find_debuginfo) X(dwfl_module_nextcu) X(dwarf_ranges) X(dwarf_haspc) X(dwarf_getsrc_die)       \
	X(dwarf_linesrc) X(dwarf_lineno) X(dwarf_attr) X(dwarf_formstring)                                             \
	X(elf_begin) X(elf_nextscn) X(elf_getshdrstrndx) X(elf_strptr) X(elf_getdata) X(gelf_getshdr)                  \
	X(gelf_getchdr) X(gelf_update_shdr) X(dwarf_begin_elf) X(dwarf_end) X(dwarf_next_lines)                        \
	X(dwarf_getsrcdirs) X(dwarf_onesrcline) X(dwarf_lineaddr) X(dwarf_lineendsequence) X(dwarf_child)              \
	X(dwarf_siblingof) X(dwarf_tag) X(dwarf_formudata) X(dwarf_getsrcfiles) X(dwarf_filesrc)

#define UNWIND_FUNCTION_SLOT(function) __typeof__(function) *function;
struct unwind_functions {
	UNWIND_FUNCTIONS(UNWIND_FUNCTION_SLOT)
};

/* A symbol that may name an address. */
struct unwind_symbol {
	uint64_t value, size;
	uint32_t index;  /* in the module's table */
	uint8_t binding; /* how strongly it is preferred */
};

/* unwind_dw_symbols.c: those of a module in the order of its table, global ones from FIRST_GLOBAL. */
struct unwind_symbols {
	bool loaded;
	struct unwind_symbol *all;
	size_t count, first_global;
	size_t asked;                 /* how many addresses were looked up */
	struct unwind_symbol_order *order;
};

/* unwind_dw_lines.c: what its units say that they cover. */
struct unwind_ranges {
	bool loaded;
	struct unwind_range *all;
	size_t count, size;
};

struct unwind_module {
	struct unwind *unwind;
	const struct capture_module *file; /* NULL: the vdso */
	struct unwind_symbols symbols;
	struct unwind_ranges ranges;
	bool debug_missing;                /* looked for, and not found */
	int debug_fd;                      /* found, or 0 */
	struct unwind_tables *tables;      /* unwind_dw_tables.c */
	struct unwind_unit *units;         /* unwind_dw_inline.c: that have been asked */
	bool debug_searching;
};

/* What is known of an address, unwind_dw_places.c. */
struct unwind_place {
	uint64_t pc; /* that is looked up: within the call, for a caller */
	bool used, outermost_known, outermost;
	uint64_t offset;
	const char *name, *module, *file;
	int line;
};

struct unwind_text;

struct unwind {
	const struct capture *capture;
	struct unwind_options options;
	struct unwind_functions f;
	Dwfl_Callbacks callbacks;
	char *debug_path;              /* for CALLBACKS */
	Dwfl *dwfl;                    /* NULL: without libdw, the innermost frame only */
	Elf *machine;
	char machine_header[sizeof(Elf64_Ehdr)];
	struct unwind_module *modules;
	uint64_t unpacked_left;        /* of UNWIND_UNPACKED_MAX, for all mapped files */
	struct unwind_place *places;   /* a hash table */
	size_t place_count, place_size;
	struct unwind_text *texts;     /* strings of ours that places point to */
	struct demangler demangler;
	struct unwind_walk *walk;      /* the thread that is being unwound */
};

/* unwind_dw_modules.c: tell libdwfl of all modules. -ENOMEM. */
int unwind_report_modules(struct unwind *unwind);
int unwind_find_elf(Dwfl_Module *handle, void **userdata, const char *name, Dwarf_Addr base, char **ret_name,
		    Elf **ret_elf);

/* Is the header of FD that of a program or library for the processor and word size that we have? */
bool unwind_is_ours(int fd, bool debug);

/* unwind_dw_packed.c: has FD more to unpack than LIMIT_LEFT, or cannot be asked? Else it is taken off LIMIT_LEFT. */
enum { UNWIND_UNPACKED_MAX = 512 << 20 };
bool unwind_is_too_packed(int fd, uint64_t *limit_left);

/* FD without its compressed sections; NULL: it cannot be opened so. */
Elf *unwind_hide_packed(const struct unwind_functions *f, int fd);

/* unwind_dw_debug.c */
int unwind_find_debuginfo(Dwfl_Module *handle, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *link, GElf_Word crc, char **ret_name);

/* unwind_dw_frames.c: the callbacks by which libdwfl reads a thread. */
extern const Dwfl_Thread_Callbacks unwind_thread_callbacks;

/* unwind_dw_symbols.c: the name that dwfl_module_addrinfo() gives to PC, without its scan of all symbols; or NULL. */
const char *unwind_symbol_name(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc);
/* The same with where it begins. */
const char *unwind_symbol_at(struct unwind_module *module, Dwfl_Module *handle, uint64_t pc, GElf_Sym *ret,
			     uint64_t *ret_start);
void unwind_symbols_done(struct unwind_symbols *symbols);

/* unwind_dw_lines.c: source file and line of PLACE, absolute where it can be. */
void unwind_find_line(struct unwind_module *module, Dwfl_Module *handle, struct unwind_place *place);
void unwind_ranges_done(struct unwind_ranges *ranges);

/* A text of ours, valid until unwind_free(); NULL: no memory. */
const char *unwind_keep_text(struct unwind *unwind, const char *format, ...) __attribute__((format(printf, 2, 3)));
void unwind_texts_done(struct unwind *unwind);

struct unwind_line {
	const char *dir, *file; /* of the compilation, or NULL; FILE may be relative to it */
	int number;
};

/* unwind_dw_inline.c: is PC, as the debug information counts, in code of another function that was inlined into its
 * own? Then .file and .number of RET are those of the call. DIE: its unit. */
bool unwind_inline_call(struct unwind_module *module, Dwarf_Die *die, uint64_t pc, struct unwind_line *ret);
void unwind_units_done(struct unwind_unit *units);

/* unwind_dw_tables.c: the line of ADDRESS, as the file of MODULE counts, quickly; false: look elsewhere. */
bool unwind_tables_line(struct unwind_module *module, uint64_t address, struct unwind_line *ret);
void unwind_tables_done(struct unwind_module *module);

/* unwind_dw_places.c: what is known of PC; NULL: no memory. Valid until the next call. */
const struct unwind_place *unwind_place(struct unwind *unwind, uint64_t pc);

/* Is PC in a function that nobody called: of the entry point, or one whose CFI says so? */
bool unwind_is_outermost(struct unwind *unwind, uint64_t pc);
void unwind_places_done(struct unwind *unwind);

#endif
