#include "applets/heart/pulse.h"

/* A program may ask for any time: what is beyond the clock is its end. */
static int64_t later(int64_t time, int64_t ms)
{
	int64_t sum;

	return __builtin_add_overflow(time, ms, &sum) ? INT64_MAX : sum;
}

void pulse_start(struct pulse *pulse, int64_t now, int64_t timeout_ms, bool demanded, int64_t grace_ms)
{
	*pulse = (struct pulse){
		.timeout_ms = timeout_ms,
		.started_ms = now,
		.last_ms = PULSE_NEVER,
		.since_ms = demanded ? later(now, grace_ms) : PULSE_NEVER,
	};
}

void pulse_ready(struct pulse *pulse, int64_t now)
{
	pulse->since_ms = now;
}

void pulse_beat(struct pulse *pulse, int64_t now)
{
	pulse->since_ms = now;
	pulse->last_ms = now;
	pulse->beats++;
}

void pulse_extend(struct pulse *pulse, int64_t now, int64_t ms)
{
	int64_t until = later(now, ms);

	if (until > pulse->not_before_ms)
		pulse->not_before_ms = until;
}

void pulse_snooze(struct pulse *pulse, int64_t now, int64_t ms)
{
	pulse->snoozed_ms = later(now, ms);
}

void pulse_set_timeout(struct pulse *pulse, int64_t now, int64_t timeout_ms)
{
	pulse->timeout_ms = timeout_ms;
	if (pulse->since_ms != PULSE_NEVER && pulse->since_ms < now)
		pulse->since_ms = now;
}

void pulse_stop(struct pulse *pulse)
{
	pulse->stopped = true;
}

static int64_t deadline_of(const struct pulse *pulse)
{
	int64_t deadline;

	if (pulse->stopped || pulse->timeout_ms == PULSE_NEVER || pulse->since_ms == PULSE_NEVER)
		return PULSE_NEVER;
	deadline = later(pulse->since_ms, pulse->timeout_ms);
	if (deadline < pulse->not_before_ms)
		deadline = pulse->not_before_ms;
	return deadline < pulse->snoozed_ms ? pulse->snoozed_ms : deadline;
}

int64_t pulse_left(const struct pulse *pulse, int64_t now)
{
	int64_t deadline = deadline_of(pulse);

	if (deadline == PULSE_NEVER)
		return PULSE_NEVER;
	return deadline > now ? deadline - now : 0;
}

int64_t pulse_late(const struct pulse *pulse, int64_t now)
{
	int64_t deadline = deadline_of(pulse);

	return deadline == PULSE_NEVER || deadline > now ? 0 : now - deadline;
}
