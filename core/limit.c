#include "core/limit.h"

#include <string.h>

int64_t limit_wait(const struct limit *limit, const struct units_rate *rate, int64_t now_ms)
{
	int most = rate->count < LIMIT_MAX ? rate->count : LIMIT_MAX; /* no more are remembered: the safe side */
	int64_t again;

	if (most < 0 || limit->count < most)
		return 0;
	if (most == 0 || __builtin_add_overflow(limit->times[limit->count - most], rate->period_ms, &again))
		return INT64_MAX;
	if (again <= now_ms)
		return 0;
	return __builtin_sub_overflow(again, now_ms, &again) ? INT64_MAX : again;
}

bool limit_allows(const struct limit *limit, const struct units_rate *rate, int64_t now_ms)
{
	return limit_wait(limit, rate, now_ms) == 0;
}

void limit_note(struct limit *limit, int64_t now_ms)
{
	if (limit->count == LIMIT_MAX) {
		memmove(limit->times, limit->times + 1, (LIMIT_MAX - 1) * sizeof(limit->times[0]));
		limit->count--;
	}
	limit->times[limit->count++] = now_ms;
}

int64_t limit_pause(int failures)
{
	const int64_t first_ms = 1000, longest_ms = 60000;
	int64_t pause = first_ms;

	for (int i = 1; i < failures && pause < longest_ms; i++)
		pause *= 2;
	return pause < longest_ms ? pause : longest_ms;
}
