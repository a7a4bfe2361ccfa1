/* dl.h: libraries that come in at their first use.
 *
 * At start only libc is loaded. A module that needs a library lists its sonames with DL_SONAMES() and the functions
 * that it calls with DL_SYMBOL(); dl_load() finds them: by dlopen(3) (dl_open.c), or, in a static build, among what
 * is linked (dl_linked.c).
 *
 * Static builds define DL_LINKED for every file. */
#ifndef CORE_DL_H
#define CORE_DL_H

#include <stddef.h>

struct dl_symbol {
	const char *name;
	void **slot;        /* where the address goes */
	void *linked;       /* the address in a static build, else NULL */
};

struct dl_library {
	const char *const *sonames; /* tried in order, ends with NULL */
	const struct dl_symbol *symbols;
	size_t count;
};

#ifdef DL_LINKED
#define DL_SYMBOL(table, symbol) { #symbol, (void **)&(table).symbol, (void *)(symbol) }
#define DL_NOTE_(feature, description, priority, first, second)
#else
#define DL_SYMBOL(table, symbol) { #symbol, (void **)&(table).symbol, NULL }

/* One ELF note, owner "FDO", type 0x407c0c0a, that tells packagers what may be opened (systemd.io/ELF_DLOPEN_METADATA):
 *
 *   [{"feature":"rpc","description":"...","priority":"recommended","soname":["libcurl.so.4","libcurl-gnutls.so.4"]}]
 *
 * In assembly, since AddressSanitizer would put a red zone behind a C object and break the note. */
#define DL_QUOTE_(text) "\\\"" text "\\\""
#define DL_NOTE_(feature, description, priority, first, second)                                                      \
	__asm__(".pushsection .note.dlopen, \"a\", %note\n"                                                           \
		".balign 4\n"                                                                                         \
		".long 4, 2f - 1f, 0x407c0c0a\n"                                                                      \
		".asciz \"FDO\"\n"                                                                                    \
		"1: .asciz \"[{" DL_QUOTE_("feature") ":" DL_QUOTE_(feature) ","                                      \
		DL_QUOTE_("description") ":" DL_QUOTE_(description) ","                                               \
		DL_QUOTE_("priority") ":" DL_QUOTE_(priority) ","                                                     \
		DL_QUOTE_("soname") ":[" DL_QUOTE_(first) "," DL_QUOTE_(second) "]}]\"\n"                             \
		"2: .balign 4\n"                                                                                      \
		".popsection\n")
#endif

/* At file level: the array NAME of the two sonames FIRST and SECOND, and the note about them. All but NAME are
 * string literals without quotes or backslashes; PRIORITY is "required", "recommended" or "suggested". */
#define DL_SONAMES(name, feature, description, priority, first, second)                                              \
	DL_NOTE_(feature, description, priority, first, second);                                                      \
	static const char *const name[] = { first, second, NULL }

/* Fill the slots. 0; -ENOENT: no such library; -ENOEXEC: a function is missing in it; the slots are untouched then,
 * and RET_WHY says why (text valid until the next call). The library stays loaded: calling it again costs some
 * microseconds. */
int dl_load(const struct dl_library *library, const char **ret_why);

#endif
