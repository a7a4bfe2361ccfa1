/* redact.h: what both scanners of core/redact.h have to bear. */
#ifndef TESTS_REDACT_H
#define TESTS_REDACT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* 128 KiB of PIECE again and again. */
static inline void redact_hostile(int (*function)(const char *text, size_t len, struct buf *ret), const char *piece)
{
	enum { SIZE = 128 << 10 };
	struct buf ret = BUF(4 * SIZE);
	size_t len = strlen(piece);
	char *text = malloc(SIZE);

	ck_assert_ptr_nonnull(text);
	for (size_t at = 0; at < SIZE; at++)
		text[at] = piece[at % len];
	ck_assert_int_eq(function(text, SIZE, &ret), 0);
	buf_done(&ret);
	free(text);
}

#endif
