/* arguments.h: a command line as a list, without its secrets. */
#ifndef GMR_ARGUMENTS_H
#define GMR_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/value.h"

/* What stands for arguments that are left out. */
#define ARGUMENTS_MORE "..."

/* Add to IN, a map of TREE, the LEN bytes of CMDLINE, arguments that end with NUL as in /proc/PID/cmdline, as a list
 * under KEY, redacted; at most MAX of them. CUT: there was more of it. Empty: an empty list. */
void arguments_add(struct value_tree *tree, struct value *in, const char *key, const char *cmdline, size_t len,
		   bool cut, size_t max);

#endif
