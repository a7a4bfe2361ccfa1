/* limit.h: at most COUNT events within a period: restarts must not run away (5,000 in a night). Pure. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/units.h"

enum { LIMIT_MAX = 64 }; /* the largest COUNT; units_rate() refuses more */

struct limit {
	int64_t times[LIMIT_MAX]; /* of the newest events, oldest first, milliseconds of one clock */
	int count;
};

/* May one more happen at NOW under RATE? */
bool limit_allows(const struct limit *limit, const struct units_rate *rate, int64_t now_ms);

/* When limit_allows() will say yes, at the earliest: milliseconds from NOW (0: now). */
int64_t limit_wait(const struct limit *limit, const struct units_rate *rate, int64_t now_ms);

/* One happened at NOW. */
void limit_note(struct limit *limit, int64_t now_ms);

/* How long to wait before trying again what has failed FAILURES times in a row: 1 s, doubling to 60 s. */
int64_t limit_pause(int failures);

#endif
