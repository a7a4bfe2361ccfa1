/* json_flat.h: read strings out of one JSON object (RFC 8259). Pure. */
#ifndef CORE_JSON_FLAT_H
#define CORE_JSON_FLAT_H

#include <stddef.h>

/* Copy the string that the object in the LEN bytes of TEXT has under KEY (the first, where there are several) to RET,
 * as UTF-8. Blanks, and NULs at the end, may stand around the object; of values of other kinds only the ends are looked
 * for. -ENOENT: it has no such string; -EBADMSG: not an object as far as it was read; -ENAMETOOLONG: RET is too small.
 *  */
int json_flat_string(const char *text, size_t len, const char *key, char *ret, size_t size);

#endif
