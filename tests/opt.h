/* opt.h: option tables that the tests of opt are about: what options of each kind, and commands, look like. */
#ifndef TESTS_OPT_H
#define TESTS_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/opt.h"
#include "core/units.h"

struct config {
	bool dry;
	const char *file;
	struct opt_list names;
	int64_t timeout;
	int64_t wait;
	struct units_rate rate;
};

#define O(kind, letter, name, argument, member, help) OPT(kind, letter, name, argument, struct config, member, help)
#define DRY O(OPT_FLAG, 'd', "dry", NULL, dry, "only say what would be done")

static const struct opt one_options[] = {
	O(OPT_LIST, 'n', "name", "NAME", names, "a name; may be repeated"),
	O(OPT_STRING, 'f', "file", "FILE", file, "the file"),
	DRY,
	O(OPT_TIME, 't', "timeout", "TIME", timeout,
	  "how long at most, said in so many words that they do not fit (60s)"),
	O(OPT_TIME, 0, "max-wait", "TIME", wait, "how much"),
	O(OPT_RATE, 0, "max-rate", "N/PERIOD", rate, "how often"),
	O(OPT_FLAG, 'q', NULL, NULL, dry, "no long form"),
	{ .kind = OPT_END },
};
static const struct opt two_options[] = { DRY, { .kind = OPT_END } };

static const struct opt_command commands[] = {
	{ "single", "-n NAME [-n NAME]... [-f FILE] [-t TIME] [--max-wait TIME] [options]", "do one", one_options,
	  0, 0, NULL },
	{ "run", "[-d] [--] COMMAND [ARG]...", "run it", two_options, 1, -1, NULL },
	{ "pair", "A B", "take two", two_options, 2, 2, NULL },
	{ 0 },
};
static const struct opt_program program = { "pg app", "Do things.", commands, "The end.", NULL };

#endif
