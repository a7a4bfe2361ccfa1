/* dl.h: libraries that come in at their first use.
 *
 * At start only libc is loaded. A table names the functions that are used of a library; dl_load() fills it: by dlopen(3) (dl_open.c), or, in a
 * static build, from what is linked (dl_linked.c). The .note.dlopen ELF note (UAPI group, "ELF dlopen metadata") tells packagers. */
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
#else
#define DL_SYMBOL(table, symbol) { #symbol, (void **)&(table).symbol, NULL }
#endif

/* Fill the slots. 0; -ENOENT: no such library (RET_WHY: dlerror(3)'s text, valid until the next call); -ENOEXEC: a symbol is missing.
 * Stays loaded. Calling it again is cheap. */
int dl_load(const struct dl_library *library, const char **ret_why);

#endif
