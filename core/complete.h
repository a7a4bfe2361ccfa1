/* complete.h: shell completion from the option tables that parse. */
#ifndef CORE_COMPLETE_H
#define CORE_COMPLETE_H

#include "core/opt.h"

/* One word that completes like PROGRAM: "oome" and "oome_monitor" have the same program. */
struct complete_word { const char *word; const struct opt_program *program; };

/* Print a completion script for SHELL ("bash", "zsh", "fish") to OUT: for `NAME WORD ...` and for each word called as a
 * command of its own. NAME_OPTIONS are NAME's own options, a table that ends with OPT_END. -EINVAL: unknown shell.
 * That OUT took it all is the caller's to ask: ferror(3). */
int complete_print(FILE *out, const char *shell, const char *name, const struct opt *name_options,
		   const struct complete_word *words, size_t count);

#endif
