/* ini_private.h: what core/ini*.c share. Only they include it. */
#ifndef CORE_INI_PRIVATE_H
#define CORE_INI_PRIVATE_H

#include "core/ini.h"

/* A text that was parsed, cut into strings, and the name of its file behind it. */
struct ini_text { struct ini_text *next; char *data; const char *file; };

/* ITEMS, which are COUNT of SIZE bytes, with room for one more. The room doubles whenever it is used up: such an array
 * grows by nothing else. NULL: no memory, ITEMS are as they were. */
void *ini_grown(void *items, size_t count, size_t size);

/* Append a section, an option that has no value yet, a condition. -ENOMEM. */
int ini_section_add(struct ini *ini, const char *name, struct ini_section **ret);
int ini_option_add(struct ini_section *section, const char *name, enum ini_op op, struct ini_option **ret);
int ini_condition_add(struct ini *ini, const struct ini_condition *condition);

/* As ini_option(), of any operation. */
struct ini_option *ini_option_of(const struct ini_section *section, const char *name, enum ini_op op);

/* The length of the white space at AT, in bytes; 0: there is none. As Unicode and Python have it: also the separators
 * of ASCII and the no-break space, which text that was copied from a web page is full of. */
size_t ini_space(const char *at, const char *end);

/* Leave white space out at the beginning, at the end. */
void ini_strip_left(struct span *s);
void ini_strip_right(struct span *s);

#endif
