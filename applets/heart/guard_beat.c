/* guard_beat.c: see guard.h: heartbeats, what must be well before one counts, and the deadline for the next. */
#include "applets/heart/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"

enum { VALIDATION_MIN_MS = 1000, VALIDATIONS_A_TIMEOUT = 3, SHORT_MS = 10000, FROZEN_MS = 1000 };

/* ---- the deadline ---- */

static void on_deadline(struct loop *loop, void *context);

static void set_deadline(struct guard *guard)
{
	int64_t left = guard->state == GUARD_RUNNING ? pulse_left(&guard->pulse, loop_now()) : PULSE_NEVER;

	if (left != 0)
		guard->overdue = false;
	if (left == PULSE_NEVER || guard->overdue)
		loop_clear_timer(guard->loop, on_deadline, guard);
	else
		loop_set_timer(guard->loop, left, on_deadline, guard);
}

static void put_down(struct guard *guard, enum reason_cause cause)
{
	guard->cause = cause;
	guard->caused = true;
	guard_happened(guard, GUARD_OVERDUE);
}

/* "overdue: no heartbeat for 60s (callback: exit status 3)" */
static void set_why(struct guard *guard)
{
	const struct pulse *pulse = &guard->pulse;
	int64_t since = pulse->last_ms == PULSE_NEVER ? pulse->started_ms : pulse->last_ms;
	int64_t silent = loop_now() - since, exact = silent < SHORT_MS ? 10 : 1000;
	char time[32];

	units_format_time(silent / exact * exact, time);
	snprintf(guard->why, sizeof(guard->why), "overdue: no heartbeat for %s%s%s%s", time,
		 guard->unwell[0] ? " that counts (" : "", guard->unwell, guard->unwell[0] ? ")" : "");
}

/* We were not run ourselves: stopped with the program (^Z), or frozen with it (a container that is paused, a virtual
 * machine). What it could not say then is not held against it. */
static bool was_frozen(struct guard *guard)
{
	int64_t now = loop_now(), late = pulse_late(&guard->pulse, now);

	if (late < FROZEN_MS)
		return false;
	log_line("%s: the guard was not run for a while: the deadline was %lld s ago, and begins anew", guard->name,
		 (long long)late / 1000);
	pulse_extend(&guard->pulse, now, guard->pulse.timeout_ms);
	return true;
}

/* What was said in time counts, though we have not heard it yet. */
static void on_deadline(struct loop *loop, void *context)
{
	struct guard *guard = context;

	(void)loop;
	guard_voice_drain(guard);
	if (guard->state != GUARD_RUNNING)
		return;
	if (pulse_left(&guard->pulse, loop_now()) != 0 || was_frozen(guard)) {
		set_deadline(guard);
		return;
	}
	guard->overdue = true;
	set_why(guard);
	put_down(guard, REASON_OVERDUE);
}

void guard_beat_triggered(struct guard *guard)
{
	if (guard->state != GUARD_RUNNING && guard->state != GUARD_ENDING)
		return;
	guard->overdue = true;
	snprintf(guard->why, sizeof(guard->why), "it asked to be taken for overdue (WATCHDOG=trigger)");
	put_down(guard, REASON_TRIGGERED);
}

/* ---- a heartbeat ---- */

static void __attribute__((format(printf, 2, 3))) refuse(struct guard *guard, const char *format, ...)
{
	char before[sizeof(guard->unwell)];
	va_list args;

	memcpy(before, guard->unwell, sizeof(before));
	va_start(args, format);
	vsnprintf(guard->unwell, sizeof(guard->unwell), format, args);
	va_end(args);
	if (strcmp(before, guard->unwell) != 0)
		log_line("%s: a heartbeat does not count: %s", guard->name, guard->unwell);
}

static void count(struct guard *guard)
{
	if (guard->unwell[0] || guard->overdue)
		log_line("%s: its heartbeats count again", guard->name);
	guard->unwell[0] = '\0';
	guard->beat_waits = false;
	pulse_beat(&guard->pulse, loop_now());
	if (guard->pulse.beats == 1) /* by now it is where it is to live */
		oomkill_follow(&guard->oomkill, guard->guarded.child.pid);
	set_deadline(guard);
}

static bool gets_on(struct guard *guard)
{
	struct schedulers_thread hung;

	if (!guard->settings.schedulers)
		return true;
	if (schedulers_get_on(&guard->schedulers, guard->guarded.proc, guard->guarded.child.pid, loop_now(), &hung))
		return true;
	refuse(guard, "its thread %d hangs (%s)", (int)hung.tid,
	       hung.state == 'D' ? "uninterruptible" : "stopped");
	return false;
}

/* ---- the validation callback ---- */

static void on_interval(struct loop *loop, void *context);

/* The time between two: --interval, but several within a time-out. Heartbeats may come by the thousand. */
static int64_t validation_pause(const struct guard *guard)
{
	int64_t timeout = guard->pulse.timeout_ms, interval = guard->config->interval_ms;

	if (timeout == PULSE_NEVER || timeout / VALIDATIONS_A_TIMEOUT > interval)
		return interval;
	return timeout / VALIDATIONS_A_TIMEOUT;
}

/* Where the program does not send heartbeats the callback does for it. */
static void set_interval(struct guard *guard)
{
	int64_t last = guard->validated_ms == PULSE_NEVER ? guard->pulse.started_ms : guard->validated_ms;

	if (guard->state == GUARD_RUNNING && settings_callback(&guard->settings) && !guard->said.beats)
		loop_set_timer(guard->loop, last + validation_pause(guard) - loop_now(), on_interval, guard);
	else
		loop_clear_timer(guard->loop, on_interval, guard);
}

static void validate(struct guard *guard)
{
	int64_t interval = guard->config->interval_ms;

	guard->validated_ms = loop_now();
	validation_start(&guard->validation, settings_callback(&guard->settings),
			 interval > VALIDATION_MIN_MS ? interval : VALIDATION_MIN_MS);
	set_interval(guard);
}

static void on_validate(struct loop *loop, void *context)
{
	struct guard *guard = context;

	(void)loop;
	if (guard->state == GUARD_RUNNING && guard->beat_waits && settings_callback(&guard->settings))
		validate(guard);
}

/* One that is under way says it for this heartbeat, too. */
static void validate_soon(struct guard *guard)
{
	int64_t wait = 0;

	guard->beat_waits = true;
	if (validation_runs(&guard->validation))
		return;
	if (guard->validated_ms != PULSE_NEVER)
		wait = guard->validated_ms + validation_pause(guard) - loop_now();
	if (wait > 0)
		loop_set_timer(guard->loop, wait, on_validate, guard);
	else
		validate(guard);
}

static void check_beat(struct guard *guard)
{
	if (!gets_on(guard))
		return;
	if (settings_callback(&guard->settings))
		validate_soon(guard);
	else
		count(guard);
}

static void on_interval(struct loop *loop, void *context)
{
	struct guard *guard = context;

	(void)loop;
	if (guard->state != GUARD_RUNNING || !settings_callback(&guard->settings) || guard->said.beats)
		return;
	if (gets_on(guard))
		validate(guard);
	else
		loop_set_timer(guard->loop, validation_pause(guard), on_interval, guard);
}

static void on_validated(void *context, bool ok, const char *why)
{
	struct guard *guard = context;

	if (guard->state != GUARD_RUNNING)
		return;
	guard->beat_waits = false;
	if (ok)
		count(guard);
	else
		refuse(guard, "callback: %s", why);
}

/* ---- for the others ---- */

void guard_beat(struct guard *guard)
{
	if (guard->state == GUARD_RUNNING)
		check_beat(guard);
}

void guard_changed(struct guard *guard)
{
	if (guard->state == GUARD_RUNNING && guard->beat_waits && !settings_callback(&guard->settings)) {
		validation_cancel(&guard->validation);
		count(guard);
	}
	set_deadline(guard);
	set_interval(guard);
}

int guard_beat_open(struct guard *guard)
{
	int r = loop_reserve_timer(guard->loop, on_deadline, guard);

	if (r == 0)
		r = validation_init(&guard->validation, guard->loop, guard->guarded.proc, &guard->oomadj, on_validated,
				    guard);
	if (r == 0)
		r = loop_reserve_timer(guard->loop, on_interval, guard);
	if (r == 0)
		r = loop_reserve_timer(guard->loop, on_validate, guard);
	return r;
}

void guard_beat_start(struct guard *guard)
{
	const struct guard_config *config = guard->config;

	pulse_start(&guard->pulse, loop_now(), config->timeout_ms, config->demanded, config->grace_start_ms);
	guard->validated_ms = PULSE_NEVER;
	guard->beat_waits = false;
	guard_changed(guard);
}

void guard_beat_stop(struct guard *guard)
{
	pulse_stop(&guard->pulse);
	validation_cancel(&guard->validation);
	loop_clear_timer(guard->loop, on_deadline, guard);
	loop_clear_timer(guard->loop, on_interval, guard);
	loop_clear_timer(guard->loop, on_validate, guard);
}
