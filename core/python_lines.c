/* python_lines.c: see python_private.h: from where in the code to a line of the source. Pure.
 *
 * All three tables are lists of steps: how many bytes of code, how many lines. What is behind the end of a table has
 * the line of its last step to 3.9, and none later, as the interpreter itself has it. */
#include "core/python_private.h"

#include <limits.h>

static int as_line(int64_t line)
{
	return line > 0 && line <= INT_MAX ? (int)line : 0;
}

/* Objects/lnotab_notes.txt: pairs, a byte of code and a signed one of lines. Code that begins in line 10 and has
 *
 *	00 01  06 01  08 fe
 *
 * is in line 11 from byte 0 on, 12 from byte 6, 10 from byte 14: each pair says where its line begins. */
static int64_t of_lnotab(const unsigned char *table, size_t len, int64_t line, int64_t lasti)
{
	int64_t at = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		at += table[i];
		if (at > lasti)
			break;
		line += (int8_t)table[i + 1];
	}
	return line;
}

/* PEP 626: pairs, too, but each says where its line ends. Code that begins in line 10 and has
 *
 *	04 00  06 80  00 7f  08 05
 *
 * is in line 10 to byte 3, in none (80) to byte 9, and in 10 + 127 + 5 to byte 17: what is of no length only counts. */
static int64_t of_ranges(const unsigned char *table, size_t len, int64_t line, int64_t lasti)
{
	int64_t end = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		bool has_line = table[i + 1] != 0x80;

		if (has_line)
			line += (int8_t)table[i + 1];
		end += table[i];
		if (lasti < end)
			return has_line ? line : 0;
	}
	return 0;
}

/* What follows an entry's first byte: six bits a byte, the least first; bit 6: there is more. Signed ones have their
 * sign in bit 0: 0b is -5. */
static int64_t read_signed(const unsigned char *at, const unsigned char *end)
{
	uint64_t value = 0;

	for (unsigned shift = 0; at < end && *at < 0x80 && shift <= 30; shift += 6) {
		value |= (uint64_t)(*at & 0x3f) << shift;
		if (!(*at++ & 0x40))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

enum { SHORT_LAST = 9, SAME_LINE = 10, SAME_LINE_LAST = 12, NO_LOCATION = 15 };

/* Objects/locations.md: entries of a byte with bit 7 set (bits 3 to 6 say what it is, 0 to 2 how many units of two
 * bytes of code it is of, less one) and some without: columns, which we skip. Code that begins in line 10 and has
 *
 *	80 00  d9 05 08  f8  e8 0b
 *
 * is in line 10 to byte 1 (0: a short form), in 11 to byte 5 (11: one line down), in none to byte 7 (15), and in 6 to
 * byte 9 (13: by -5 lines). */
static int64_t of_entries(const unsigned char *table, size_t len, int64_t line, int64_t lasti)
{
	const unsigned char *at = table, *end = table + len;
	int64_t code_end = 0;

	while (at < end) {
		unsigned kind = *at >> 3 & 15, units = (*at & 7) + 1;

		at++;
		if (kind > SAME_LINE_LAST && kind != NO_LOCATION)
			line += read_signed(at, end);
		else if (kind > SHORT_LAST && kind != NO_LOCATION)
			line += kind - SAME_LINE;
		code_end += units * 2;
		if (lasti < code_end)
			return kind == NO_LOCATION ? 0 : line;
		while (at < end && *at < 0x80)
			at++;
	}
	return 0;
}

int python_lines(enum python_lines_kind kind, const unsigned char *table, size_t len, int first, int64_t lasti)
{
	if (lasti < 0)
		return as_line(first);
	switch (kind) {
	case PYTHON_LINES_LNOTAB:
		return as_line(of_lnotab(table, len, first, lasti));
	case PYTHON_LINES_RANGES:
		return as_line(of_ranges(table, len, first, lasti));
	case PYTHON_LINES_ENTRIES:
		return as_line(of_entries(table, len, first, lasti));
	}
	return 0;
}
