/* guard_status.c: see guard_status.h. */
#include "applets/heart/guard_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"

/* Text or JSON; the first error stays, and what follows is left out. */
struct view {
	struct buf *buf;
	bool json;
	int error;
};

static const char *const state_names[GUARD_STATES] = {
	[GUARD_PAUSING] = "pausing",
	[GUARD_RUNNING] = "running",
	[GUARD_ENDING] = "ending",
	[GUARD_DUMPING] = "dumping",
	[GUARD_TERMINATING] = "terminating",
	[GUARD_KILLING] = "killing",
	[GUARD_COMMAND] = "command",
	[GUARD_CLEARING] = "clearing",
	[GUARD_CUTTING] = "cutting",
};

const char *guard_status_state(const struct guard *guard)
{
	return guard->state < GUARD_STATES ? state_names[guard->state] : "unknown";
}

/* ---- how it is ---- */

bool guard_status_unwell(const struct guard *guard, int64_t now, char ret[GUARD_UNWELL_SIZE])
{
	if (guard->state == GUARD_ENDING)
		return false;
	if (guard->state != GUARD_RUNNING)
		snprintf(ret, GUARD_UNWELL_SIZE, "%s%s%s", guard_status_state(guard), guard->why[0] ? ": " : "",
			 guard->why);
	else if (guard->overdue)
		snprintf(ret, GUARD_UNWELL_SIZE, "%s", guard->why);
	else if (pulse_left(&guard->pulse, now) == 0)
		snprintf(ret, GUARD_UNWELL_SIZE, "overdue");
	else if (guard->unwell[0])
		snprintf(ret, GUARD_UNWELL_SIZE, "the last heartbeat did not count: %s", guard->unwell);
	else
		return false;
	return true;
}

bool guard_is_well(const struct guard *guard)
{
	char why[GUARD_UNWELL_SIZE];

	return !guard_status_unwell(guard, loop_now(), why);
}

static bool has_program(const struct guard *guard)
{
	return guard->guarded.child.pid > 0;
}

/* ---- lines and members ---- */

static void __attribute__((format(printf, 2, 3))) put(struct view *view, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (view->error == 0)
		view->error = buf_vprintf(view->buf, format, args);
	va_end(args);
}

/* "last heartbeat: ", or "last_heartbeat" and UNIT as a member's name. */
static void put_key(struct view *view, const char *key, const char *unit)
{
	char name[32];
	size_t at = 0;

	if (view->error < 0)
		return;
	if (!view->json) {
		put(view, "%s: ", key);
		return;
	}
	for (; at < sizeof(name) - 1 && key[at]; at++)
		name[at] = key[at] == ' ' ? '_' : key[at];
	name[at] = '\0';
	put(view, "%s\"%s%s\": ", view->buf->data[view->buf->len - 1] == '{' ? "" : ", ", name, unit);
}

static void put_end(struct view *view)
{
	if (!view->json)
		put(view, "\n");
}

/* VALUE NULL: none. One that is overlong is cut. */
static void put_text(struct view *view, const char *key, const char *value)
{
	size_t len = value ? strnlen(value, SETTINGS_TEXT_MAX) : 0;

	put_key(view, key, "");
	if (!value)
		put(view, view->json ? "null" : "none");
	else if (view->error == 0)
		view->error = view->json ? json_add_string(view->buf, value, len)
					 : buf_add_escaped(view->buf, value, len, false);
	put_end(view);
}

static void put_number(struct view *view, const char *key, int64_t value)
{
	put_key(view, key, "");
	put(view, "%" PRId64, value);
	put_end(view);
}

static void put_bool(struct view *view, const char *key, bool value)
{
	put_key(view, key, "");
	put(view, "%s", view->json ? (value ? "true" : "false") : value ? "yes" : "no");
	put_end(view);
}

/* MS negative: none. BEFORE and BEHIND are for the text. */
static void put_time(struct view *view, const char *key, int64_t ms, const char *before, const char *behind)
{
	put_key(view, key, "_seconds");
	if (ms < 0)
		put(view, view->json ? "null" : "none");
	else if (view->json)
		put(view, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
	else
		put(view, "%s%" PRId64 ".%ds%s", before, ms / 1000, (int)(ms % 1000 / 100), behind);
	put_end(view);
}

static void put_options(struct view *view, const struct settings *settings)
{
	put_key(view, "options", "");
	if (view->json)
		put(view, settings->schedulers ? "[\"%s\"]" : "[]", settings_options(settings));
	else
		put(view, "%s", settings_options(settings));
	put_end(view);
}

/* ---- all of it ---- */

static void put_health(struct view *view, const struct guard *guard, int64_t now)
{
	char why[GUARD_UNWELL_SIZE];
	bool unwell = guard_status_unwell(guard, now, why);

	put_text(view, "program", guard->command);
	put_text(view, "state", guard_status_state(guard));
	put_bool(view, "well", !unwell);
	if (unwell || view->json)
		put_text(view, "why", unwell ? why : NULL);
	if (has_program(guard))
		put_number(view, "pid", guard->guarded.child.pid);
	else
		put_text(view, "pid", NULL);
	put_time(view, "uptime", has_program(guard) ? now - guard->guarded.started_ms : -1, "", "");
	put_number(view, "restarts", guard->restarts);
	put_text(view, "last end",
		 guard->restarts > 0 || guard->caused ? reason_cause_name(guard->cause) : NULL);
}

static void put_deadline(struct view *view, const struct guard *guard, int64_t now)
{
	int64_t left = guard->state == GUARD_RUNNING ? pulse_left(&guard->pulse, now) : PULSE_NEVER;

	put_time(view, "deadline", left, "in ", "");
}

static void put_pulse(struct view *view, const struct guard *guard, int64_t now)
{
	const struct pulse *pulse = &guard->pulse;
	bool asked = settings_callback(&guard->settings) && pulse->timeout_ms != PULSE_NEVER;
	bool beats = asked || pulse_left(pulse, now) != PULSE_NEVER;

	put_bool(view, "ready", guard->said.ready);
	put_text(view, "guarded by", beats ? "heartbeats" : "its end alone");
	put_number(view, "heartbeats", (int64_t)pulse->beats);
	put_time(view, "last heartbeat", pulse->last_ms == PULSE_NEVER ? -1 : now - pulse->last_ms, "", " ago");
	put_deadline(view, guard, now);
}

int guard_status_print(const struct guard *guard, int64_t now, bool json, struct buf *ret)
{
	struct view view = { .buf = ret, .json = json };

	if (json)
		put(&view, "{");
	put_health(&view, guard, now);
	put_pulse(&view, guard, now);
	put_text(&view, "callback", settings_callback(&guard->settings));
	put_options(&view, &guard->settings);
	put_text(&view, "command", settings_command(&guard->settings));
	put_text(&view, "status", guard->said.status);
	if (json)
		put(&view, "}\n");
	return view.error;
}

int guard_status_print_deadline(const struct guard *guard, int64_t now, struct buf *ret)
{
	struct view view = { .buf = ret };

	put_deadline(&view, guard, now);
	return view.error;
}
