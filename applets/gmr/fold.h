/* fold.h: which of many threads have the same stack. */
#ifndef GMR_FOLD_H
#define GMR_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/value.h"

/* What has to be the same of two threads. */
struct fold_item {
	const struct value *stack;  /* or NULL: then it is said why: */
	const char *missing;
	const struct value *python; /* what Python says of it, or NULL: a stack, too */
	int64_t other;
};

/* Fill RET, which is empty, for thread INDEX. False: it is not to be folded. */
typedef bool (*fold_fn)(const void *context, size_t index, struct fold_item *ret);

/* Change NEXT (of COUNT threads; each itself) to the next one with the same stack where there is one, IS_FIRST (all
 * true) to false for that. -ENOMEM: nothing is folded. */
int fold_stacks(fold_fn item, const void *context, size_t count, size_t *next, bool *is_first);

#endif
