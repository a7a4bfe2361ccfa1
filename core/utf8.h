/* utf8.h: is it UTF-8? Pure. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the start of the LEN bytes of TEXT, and its code point in RET_CODE; 0: no well-formed one
 * (RFC 3629: not overlong, no surrogate, at most U+10FFFF), or no text. A NUL is a character. */
size_t utf8_char(const char *text, size_t len, uint32_t *ret_code);

#endif
