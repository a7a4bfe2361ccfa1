/* grow.h: tables that grow as they fill. */
#ifndef CORE_GROW_H
#define CORE_GROW_H

#include <stddef.h>

/* Room for COUNT items of ITEM_SIZE, doubled each time; ITEMS is the address of the table's pointer, whatever it
 * points to, *SIZE the room that it has. 0, or -ENOMEM: all is as before. */
int grow(void *items, size_t *size, size_t count, size_t item_size);
#define GROW(items, size, count) grow(&(items), &(size), count, sizeof(*(items)))

#endif
