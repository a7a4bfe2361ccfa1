/* json.h: strings of JSON (RFC 8259). Pure. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stddef.h>

#include "core/buf.h"

/* Append the LEN bytes of TEXT, whatever they are, to RET as a string in its quotes. Control characters (C1 too) are
 * escaped, each byte that is not UTF-8 becomes U+FFFD. -ENOBUFS, -ENOMEM: the content is as before. */
int json_add_string(struct buf *ret, const char *text, size_t len);

#endif
