/* sorted.h: look for a place among items that are in order. Pure. */
#ifndef CORE_SORTED_H
#define CORE_SORTED_H

#include <stddef.h>
#include <stdint.h>

/* How many of the COUNT items of SIZE bytes are at VALUE or before it. Each begins with a uint64_t, by which they are
 * in order, the lowest first. */
size_t sorted_up_to(const void *items, size_t count, size_t size, uint64_t value);

#endif
