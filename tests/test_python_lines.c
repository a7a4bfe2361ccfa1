/* test_python_lines.c: line tables made by hand; tests/python_lines.sh has those of interpreters. */
#include "core/python_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

enum { ROOM = 16 };

static const struct sample {
	enum python_lines_kind kind;
	size_t len;
	unsigned char table[ROOM];
	int first;
	int64_t lasti;
	int line;
} samples[] = {
	/* From byte 0 on line 11, 6: 12, 14: 10. */
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, -1, 10 },
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, 0, 11 },
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, 5, 11 },
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, 6, 12 },
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, 13, 12 },
	{ PYTHON_LINES_LNOTAB, 6, { 0x00, 0x01, 0x06, 0x01, 0x08, 0xfe }, 10, INT64_MAX, 10 },
	/* More than a byte holds: 300 of code, 200 lines. */
	{ PYTHON_LINES_LNOTAB, 6, { 0xff, 0x00, 0x2d, 0x7f, 0x00, 0x49 }, 7, 299, 7 },
	{ PYTHON_LINES_LNOTAB, 6, { 0xff, 0x00, 0x2d, 0x7f, 0x00, 0x49 }, 7, 300, 207 },
	/* Half a pair, nothing, a line below the first. */
	{ PYTHON_LINES_LNOTAB, 3, { 0x00, 0x01, 0x06 }, 10, 8, 11 },
	{ PYTHON_LINES_LNOTAB, 0, { 0 }, 10, 8, 10 },
	{ PYTHON_LINES_LNOTAB, 2, { 0x00, 0x80 }, 10, 8, 0 },
	{ PYTHON_LINES_LNOTAB, 2, { 0x00, 0x7f }, INT_MAX, 8, 0 },

	/* To byte 3 line 10, to 9 none, to 17: 142. */
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, -1, 10 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 3, 10 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 4, 0 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 9, 0 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 10, 142 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 17, 142 },
	{ PYTHON_LINES_RANGES, 8, { 0x04, 0x00, 0x06, 0x80, 0x00, 0x7f, 0x08, 0x05 }, 10, 18, 0 },
	/* One that goes back; half a pair. */
	{ PYTHON_LINES_RANGES, 4, { 0x04, 0x02, 0x04, 0xff }, 10, 4, 11 },
	{ PYTHON_LINES_RANGES, 3, { 0x04, 0x02, 0x04 }, 10, 4, 0 },

	/* To byte 1 line 10, to 5: 11, to 7 none, to 9: 6. */
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, -1, 10 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 0, 10 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 2, 11 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 5, 11 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 6, 0 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 8, 6 },
	{ PYTHON_LINES_ENTRIES, 8, { 0x80, 0x00, 0xd9, 0x05, 0x08, 0xf8, 0xe8, 0x0b }, 10, 10, 0 },
	/* The long form (14), by 100 lines: 8 + 3 * 64. */
	{ PYTHON_LINES_ENTRIES, 6, { 0xf7, 0x48, 0x03, 0x00, 0x01, 0x02 }, 10, 15, 110 },
	/* A module's first instruction is in line 0 from 3.11 on. */
	{ PYTHON_LINES_ENTRIES, 5, { 0xf0, 0x03, 0x01, 0x01, 0x01 }, 1, 0, 0 },
	/* The table ends in a number (2 + 2 * 64: 65 lines), one of too many bits, no number where one should be. */
	{ PYTHON_LINES_ENTRIES, 3, { 0xe8, 0x42, 0x42 }, 10, 0, 75 },
	{ PYTHON_LINES_ENTRIES, 8, { 0xe8, 0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f }, 10, 0, 0 },
	{ PYTHON_LINES_ENTRIES, 2, { 0xe8, 0x80 }, 10, 0, 10 },
	{ PYTHON_LINES_ENTRIES, 1, { 0xe8 }, 10, 0, 10 },
	{ PYTHON_LINES_ENTRIES, 0, { 0 }, 10, 0, 0 },
	{ PYTHON_LINES_ENTRIES, 1, { 0x80 }, 10, INT64_MAX, 0 },
	{ (enum python_lines_kind)77, 2, { 0, 0 }, 10, 0, 0 },
};

/* In memory of just its size, so that the sanitizer sees who reads beyond. */
START_TEST(sample)
{
	const struct sample *s = &samples[_i];
	unsigned char *table = malloc(s->len ? s->len : 1);

	ck_assert_ptr_nonnull(table);
	memcpy(table, s->table, s->len);
	ck_assert_int_eq(python_lines(s->kind, table, s->len, s->first, s->lasti), s->line);
	free(table);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, sample, 0, sizeof samples / sizeof *samples);
	return suite_run("python_lines", t);
}
