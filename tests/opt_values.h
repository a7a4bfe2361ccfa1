/* opt_values.h: an option of each kind whose text is more than a text. */
#ifndef TESTS_OPT_VALUES_H
#define TESTS_OPT_VALUES_H

#include <stdint.h>

#include "core/opt.h"

struct values {
	int64_t timeout;
	const char *choice;
	int signal, number;
};

#define V(kind, letter, name, argument, member, help) OPT(kind, letter, name, argument, struct values, member, help)

static const struct opt value_options[] = {
	V(OPT_TIMEOUT, 't', "timeout", "TIME", timeout, "how long"),
	V(OPT_CHOICE, 0, "on", "once|twice", choice, "when"),
	V(OPT_SIGNAL, 's', "signal", "SIGNAL", signal, "which"),
	V(OPT_NUMBER, 'n', NULL, "N", number, "how many"),
	{ .kind = OPT_END },
};

#endif
