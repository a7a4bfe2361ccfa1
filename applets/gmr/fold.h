/* fold.h: which of many threads have the same stack. */
#ifndef GMR_FOLD_H
#define GMR_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/value.h"

/* The stack of thread INDEX; NULL: RET_MISSING says why there is none, or is NULL: it is not to be folded. */
typedef const struct value *(*fold_stack_fn)(const void *context, size_t index, const char **ret_missing);

/* Change NEXT (of COUNT threads; each itself) to the next one with the same stack where there is one, IS_FIRST (all
 * true) to false for that. -ENOMEM: nothing is folded. */
int fold_stacks(fold_stack_fn stack, const void *context, size_t count, size_t *next, bool *is_first);

#endif
