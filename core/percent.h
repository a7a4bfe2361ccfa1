/* percent.h: any text as one word of [A-Za-z0-9_-] and %XX: for file names and "key=value" lines. Pure. */
#ifndef CORE_PERCENT_H
#define CORE_PERCENT_H

#include <stddef.h>

/* Bytes outside [A-Za-z0-9_-] (and so '/', '.', blanks, newlines) become %XX. Each text has one code, and decoding
 * gives it back. -ENAMETOOLONG: RET is too small; -EINVAL: an empty text, a code that encoding does not give. */
int percent_encode(const char *text, char *ret, size_t ret_size);
int percent_decode(const char *code, char *ret, size_t ret_size);

#endif
