#include "core/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limit.h"

enum { FRACTION_DIGITS = 9 }; /* 10^9 times the milliseconds of a day still fits into 64 bits */

struct unit { const char *name; int64_t size; };

static const struct unit time_units[] = { /* milliseconds */
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 }, { "d", 24 * 60 * 60 * 1000 },
	{ "", 1000 },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9'; /* not isdigit(3): no locale here */
}

/* The digits at *TEXT, which moves behind them. */
static int whole_number(const char **text, uint64_t *ret)
{
	uint64_t n = 0;

	if (!is_digit(**text))
		return -EINVAL;
	for (; is_digit(**text); ++*text)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(**text - '0'), &n))
			return -ERANGE;
	*ret = n;
	return 0;
}

/* ".25" at *TEXT as 250,000,000 billionths; what is finer rounds up, so that a short time never becomes none. */
static int fraction(const char **text, uint64_t *ret_billionths)
{
	uint64_t n = 0;
	bool finer = false;
	int digits = 0;

	if (**text != '.') {
		*ret_billionths = 0;
		return 0;
	}
	++*text;
	if (!is_digit(**text))
		return -EINVAL;
	for (; is_digit(**text); ++*text) {
		if (digits++ < FRACTION_DIGITS)
			n = n * 10 + (uint64_t)(**text - '0');
		else
			finer |= **text != '0';
	}
	for (; digits < FRACTION_DIGITS; digits++)
		n *= 10;
	*ret_billionths = n + finer;
	return 0;
}

static int unit_size(const char *name, uint64_t *ret)
{
	for (size_t i = 0; i < COUNT_OF(time_units); i++)
		if (!strcmp(name, time_units[i].name)) {
			*ret = (uint64_t)time_units[i].size;
			return 0;
		}
	return -EINVAL;
}

int units_time(const char *text, int64_t *ret_ms)
{
	uint64_t whole = 0, billionths, unit, ms;
	int range = whole_number(&text, &whole), r;

	/* "99999999999999999999x" is not a time that is too large: look at the rest before saying so. */
	if (range == -EINVAL)
		return -EINVAL;
	while (is_digit(*text))
		text++;
	r = fraction(&text, &billionths);
	if (r < 0)
		return r;
	r = unit_size(text, &unit);
	if (r < 0)
		return r;
	if (range < 0 || __builtin_mul_overflow(whole, unit, &ms))
		return -ERANGE;
	billionths = (billionths * unit + 999999999) / 1000000000;
	if (__builtin_add_overflow(ms, billionths, &ms) || ms > INT64_MAX)
		return -ERANGE;
	*ret_ms = (int64_t)ms;
	return 0;
}

int units_rate(const char *text, struct units_rate *ret)
{
	uint64_t count = 0;
	int64_t period;
	int range, r;

	if (!strcmp(text, "none")) {
		*ret = (struct units_rate){ .count = -1 };
		return 0;
	}
	range = whole_number(&text, &count);
	if (range == -EINVAL)
		return -EINVAL;
	while (is_digit(*text))
		text++;
	if (*text++ != '/')
		return -EINVAL;
	r = units_time(text, &period);
	if (r < 0)
		return r;
	if (range < 0 || count > LIMIT_MAX)
		return -ERANGE;
	if (count == 0 || period == 0)
		return -EINVAL;
	*ret = (struct units_rate){ .count = (int)count, .period_ms = period };
	return 0;
}

void units_format_time(int64_t ms, char ret[32])
{
	const struct unit *unit = &time_units[0];

	for (size_t i = 0; i < COUNT_OF(time_units); i++)
		if (time_units[i].name[0] && time_units[i].size > unit->size && ms % time_units[i].size == 0)
			unit = &time_units[i];
	if (ms == 0)
		unit = &time_units[1];
	snprintf(ret, 32, "%" PRId64 "%s", ms / unit->size, unit->name);
}
