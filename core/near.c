#include "core/near.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 63 };

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make B of A (optimal string alignment). The rows
 * are those of the characters I, I-1 and I-2 of A. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint8_t rows[3][LONGEST + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a_length; i++) {
		uint8_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice_above = rows[(i + 1) % 3];

		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned char c = lower(a[i - 1]), d = lower(b[j - 1]);

			row[j] = least((uint8_t)(above[j - 1] + (c != d)),
				       (uint8_t)(least(above[j], row[j - 1]) + 1));
			if (i > 1 && j > 1 && c == lower(b[j - 2]) && lower(a[i - 2]) == d)
				row[j] = least(row[j], (uint8_t)(twice_above[j - 2] + 1));
		}
	}
	return rows[a_length % 3][b_length];
}

void near_offer(struct near *near, const char *candidate)
{
	size_t length = candidate ? strlen(candidate) : 0, longer, d;

	if (length == 0 || length > LONGEST || near->length == 0 || near->length > LONGEST)
		return;
	d = distance(near->typed, near->length, candidate, length);
	longer = length > near->length ? length : near->length;

	/* A third of the word may be wrong, one letter of a short one; but not all of it. */
	if (d > (longer < 3 ? 1 : longer / 3) || d >= longer)
		return;
	if (!near->best || d < near->distance) {
		near->best = candidate;
		near->distance = d;
	}
}
