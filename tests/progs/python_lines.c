/* python_lines.c: python_lines() beside what an interpreter says of itself: stdin is what tests/python/lines.py prints.
 *
 *	2 1 f0030101010102 0*1 1*3
 *
 * Prints how many instructions it has looked at, and what differs. */
#include "core/python_lines.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long looked, wrong;

static unsigned char *from_hex(const char *hex, size_t *ret_len)
{
	size_t len = *hex == '-' ? 0 : strlen(hex) / 2;
	unsigned char *table = malloc(len ? len : 1);

	if (!table)
		exit(1);
	for (size_t i = 0; i < len; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &table[i]) != 1)
			exit(1);
	*ret_len = len;
	return table;
}

/* RUNS: "0*1 1*3". */
static void look(int kind, int first, const char *hex, char *runs)
{
	size_t len;
	unsigned char *table = from_hex(hex, &len);
	int64_t lasti = 0;

	for (char *run = strtok(runs, " \n"); run; run = strtok(NULL, " \n")) {
		int line, count;

		if (sscanf(run, "%d*%d", &line, &count) != 2)
			exit(1);
		for (; count > 0; count--, lasti += 2, looked++) {
			int got = python_lines((enum python_lines_kind)kind, table, len, first, lasti);

			if (got != line && ++wrong < 20)
				printf("%s: first %d, byte %d: %d, not %d\n", hex, first, (int)lasti, got, line);
		}
	}
	free(table);
}

int main(void)
{
	char *text = NULL;
	size_t size = 0;

	while (getline(&text, &size, stdin) > 0) {
		char *save, *kind = strtok_r(text, " ", &save), *first = strtok_r(NULL, " ", &save);
		char *hex = strtok_r(NULL, " ", &save);

		if (!hex)
			return 1;
		look(atoi(kind), atoi(first), hex, save);
	}
	free(text);
	printf("%ld instructions, %ld wrong\n", looked, wrong);
	return wrong || looked == 0;
}
