/* guard_control.c: see guard.h: what `heart ctl` asks for is done here. */
#include <errno.h>
#include <string.h>

#include "applets/heart/guard.h"
#include "applets/heart/guard_status.h"

enum { TIME_MAX = 64 };

/* ---- answers ---- */

/* Nothing on stdout but a line on stderr. Where there is no room for it the exit status says enough. */
static int __attribute__((format(printf, 2, 3))) refuse(struct buf *ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (buf_add(ret, "", 1) == 0)
		buf_vprintf(ret, format, args);
	va_end(args);
	return 1;
}

static int answer_text(struct buf *ret, const char *text)
{
	if (buf_printf(ret, "%s\n", text) == 0)
		return 0;
	return refuse(ret, "too long for an answer, or no memory");
}

/* What is set is gone at the next start. */
static bool is_before_start(const struct guard *guard)
{
	return guard->state == GUARD_PAUSING;
}

static int refuse_before_start(struct buf *ret)
{
	return refuse(ret, "not set: the program is about to be started, with what the command line says");
}

/* NAME: as OTP's heart(3) has it: bad_cmd. */
static int refuse_text(struct buf *ret, const char *name, int error, const char *clear)
{
	if (error == -EMSGSIZE)
		return refuse(ret, "%s: it has %d bytes or more", name, SETTINGS_TEXT_MAX + 1);
	return refuse(ret, "%s: it is empty, or has a NUL in it (%s removes it)", name, clear);
}

/* ---- the command, the callback, the options ---- */

static int set_cmd(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	int r;

	if (is_before_start(guard))
		return refuse_before_start(ret);
	r = settings_set_command(&guard->settings, request->argument, request->len);
	return r < 0 ? refuse_text(ret, "bad_cmd", r, "clear-cmd") : 0;
}

static int get_cmd(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	const char *command = settings_command(&guard->settings);

	(void)request;
	return answer_text(ret, command ? command : "");
}

static int clear_cmd(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	(void)request, (void)ret;
	settings_clear_command(&guard->settings);
	return 0;
}

static int set_callback(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	int r;

	if (is_before_start(guard))
		return refuse_before_start(ret);
	r = settings_set_callback(&guard->settings, request->argument, request->len);
	if (r < 0)
		return refuse_text(ret, "bad_callback", r, "clear-callback");
	guard_changed(guard);
	return 0;
}

static int get_callback(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	const char *callback = settings_callback(&guard->settings);

	(void)request;
	return answer_text(ret, callback ? callback : "none");
}

static int clear_callback(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	(void)request;
	if (is_before_start(guard))
		return refuse_before_start(ret);
	settings_clear_callback(&guard->settings);
	guard_changed(guard);
	return 0;
}

static int set_options(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	if (is_before_start(guard))
		return refuse_before_start(ret);
	if (settings_set_options(&guard->settings, request->argument, request->len) < 0)
		return refuse(ret, "bad_options: %.*s (there is only check_schedulers)", (int)request->len,
			      request->argument);
	guard_changed(guard);
	return 0;
}

static int get_options(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	(void)request;
	return answer_text(ret, settings_options(&guard->settings));
}

/* ---- status, snooze, beat ---- */

static int status(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	char why[GUARD_UNWELL_SIZE];
	int64_t now = loop_now();
	size_t before = ret->len;

	if (guard_status_print(guard, now, request->verb == CONTROL_STATUS_JSON, ret) < 0) {
		ret->len = before;
		return refuse(ret, "no memory for an answer");
	}
	if (guard_status_unwell(guard, now, why))
		return refuse(ret, "%s is not well: %s", guard->name, why);
	return 0;
}

static bool lives(const struct guard *guard)
{
	return guard->state == GUARD_RUNNING || guard->state == GUARD_ENDING;
}

static int refuse_dead(const struct guard *guard, struct buf *ret)
{
	return refuse(ret, "there is no living program to do it for (state: %s)", guard_status_state(guard));
}

static int snooze(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	char text[TIME_MAX + 1] = "";
	int64_t ms;

	if (request->len <= TIME_MAX && !memchr(request->argument, '\0', request->len))
		memcpy(text, request->argument, request->len);
	if (units_time(text, &ms) < 0)
		return refuse(ret, "that is no time: %.*s", (int)request->len, request->argument);
	if (!lives(guard))
		return refuse_dead(guard, ret);
	pulse_snooze(&guard->pulse, loop_now(), ms);
	guard_changed(guard);
	return guard_status_print_deadline(guard, loop_now(), ret) < 0 ? 1 : 0;
}

static int beat(struct guard *guard, const struct control_request *request, struct buf *ret)
{
	(void)request;
	if (!lives(guard))
		return refuse_dead(guard, ret);
	guard->said.beats = true;
	guard_beat(guard);
	if (guard->unwell[0] && !guard->beat_waits)
		return refuse(ret, "the heartbeat does not count: %s", guard->unwell);
	return 0;
}

int guard_control(void *context, const struct control_request *request, struct buf *ret)
{
	static int (*const functions[CONTROL_VERBS])(struct guard *, const struct control_request *, struct buf *) = {
		[CONTROL_SET_CMD] = set_cmd,
		[CONTROL_GET_CMD] = get_cmd,
		[CONTROL_CLEAR_CMD] = clear_cmd,
		[CONTROL_SET_CALLBACK] = set_callback,
		[CONTROL_GET_CALLBACK] = get_callback,
		[CONTROL_CLEAR_CALLBACK] = clear_callback,
		[CONTROL_SET_OPTIONS] = set_options,
		[CONTROL_GET_OPTIONS] = get_options,
		[CONTROL_STATUS] = status,
		[CONTROL_STATUS_JSON] = status,
		[CONTROL_SNOOZE] = snooze,
		[CONTROL_BEAT] = beat,
	};

	return functions[request->verb](context, request, ret);
}
