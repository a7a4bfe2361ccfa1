/* opt_private.h: the values of options, and where options may stand. Only core/opt*.c include it. */
#ifndef CORE_OPT_PRIVATE_H
#define CORE_OPT_PRIVATE_H

#include <stdbool.h>

#include "core/opt.h"

/* Put the value TEXT of OPTION into CONFIG. -ENODATA: it is empty; -EINVAL, -ERANGE: it is not of that kind;
 * -ENOMEM. */
int opt_value_set(const struct opt *option, const char *text, void *config);

/* What the value is called in messages ("a time"), and how one looks. Of the kinds that can be wrong. */
const char *opt_value_is(const struct opt *option);
const char *opt_value_use(const struct opt *option);

/* Move the command's name, which stands behind options, before them, as argv[1]. False: there is none. PROGRAM has a
 * lead. */
bool opt_lead(const struct opt_program *program, int argc, char **argv);

#endif
