/* units.h: times and rates as people type them. Pure, exact, the same in every locale.
 *
 * -EINVAL: not of that form (negative, empty, white space); -ERANGE: too large. */
#ifndef CORE_UNITS_H
#define CORE_UNITS_H

#include <stdint.h>

/* "500ms", "30s", "5m", "1h", "2d" or a bare number of seconds, with a fraction where wanted ("0.5"): milliseconds.
 * What is finer than a millisecond rounds up: a short time never becomes none. */
int units_time(const char *text, int64_t *ret_ms);

/* At most COUNT within PERIOD: "5/10m". "none" gives a count of -1: no limit. A COUNT or PERIOD of 0 is
 * -EINVAL, a COUNT over LIMIT_MAX (core/limit.h) -ERANGE. */
struct units_rate { int count; int64_t period_ms; };
int units_rate(const char *text, struct units_rate *ret);

/* MS with the largest unit that is exact, as units_time() reads it: "10m", "1500ms". RET has room for 32 bytes. */
void units_format_time(int64_t ms, char ret[32]);

#endif
