/* guard_start.c: see guard.h: the start of the program. */
#include "applets/heart/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"

enum { USEC_PER_MS = 1000, VARIABLES = 5 };

/* What the program gets into its environment. An outer guard's values would be lies. */
struct env {
	char usec[sizeof("WATCHDOG_USEC=") + 20];
	char fd[sizeof("HEART_FD=") + 10];
	const char *entries[VARIABLES + 1];
};

static void make_env(const struct guard *guard, struct env *ret)
{
	bool speaks = guard->notify.fd >= 0, timed = speaks && guard->config->timeout_ms != PULSE_NEVER;

	snprintf(ret->usec, sizeof(ret->usec), "WATCHDOG_USEC=%" PRIu64,
		 (uint64_t)guard->config->timeout_ms * USEC_PER_MS);
	snprintf(ret->fd, sizeof(ret->fd), "HEART_FD=%d", guard->voice_child_fd);
	ret->entries[0] = speaks ? guard->notify.env : "NOTIFY_SOCKET";
	ret->entries[1] = timed ? ret->usec : "WATCHDOG_USEC";
	ret->entries[2] = "WATCHDOG_PID";
	ret->entries[3] = guard->voice_child_fd >= 0 ? ret->fd : "HEART_FD";
	ret->entries[4] = guard->control_env[0] ? guard->control_env : "HEART_CONTROL";
	ret->entries[VARIABLES] = NULL;
}

static int start(struct guard *guard)
{
	struct env env;
	struct spawn how = {
		.argv = guard->argv, .env = env.entries, .oomadj = &guard->oomadj,
		.keep = guard->voice_child_fd >= 0 ? guard->voice_child_fd : 0,
		.readable = guard->evidence.directory != NULL,
	};

	make_env(guard, &env);
	if (env.entries[1] == env.usec)
		how.pid_variable = "WATCHDOG_PID";
	return guarded_start(&guard->guarded, &how);
}

/* ERROR of a start. Passing ones mean another try; what cannot pass ends us, as a shell would. */
static void not_started(struct guard *guard, int error)
{
	const char *hint;
	int status = guarded_start_status(error, &hint);

	if (guarded_may_pass(&guard->guarded, error)) {
		guard->failed_starts++;
		log_fail("cannot start '%s': %s (tried again in %lld s)", guard->command, log_errno(error),
			 (long long)limit_pause(guard->failed_starts) / 1000);
		guard_happened(guard, GUARD_NOT_STARTED);
		return;
	}
	log_fail("cannot run '%s': %s %s", guard->command, log_errno(error), hint);
	guard->wanted = guard->restarts == 0;
	guard->cause = REASON_NOT_STARTED;
	guard_end_write_reason(guard, status << 8);
	loop_stop(guard->loop, status);
}

/* Nothing of the one before counts any more. */
static void forget(struct guard *guard)
{
	const struct guard_config *config = guard->config;

	settings_reset(&guard->settings, config->command, config->callback, config->schedulers);
	guard->said = (struct guard_said){ 0 };
	guard->unwell[0] = guard->why[0] = guard->report[0] = '\0';
	guard->asked_to_end = 0;
	guard->caused = guard->overdue = guard->stubborn = guard->reported = false;
}

static void on_start(struct loop *loop, void *context)
{
	struct guard *guard = context;
	int r;

	(void)loop;
	forget(guard);
	guard_voice_open(guard);
	oomkill_start(&guard->oomkill);
	r = start(guard);
	guard_voice_started(guard);
	if (r < 0) {
		not_started(guard, r);
		return;
	}
	guard->failed_starts = 0;
	if (guard->restarts > 0)
		log_line("%s restarted", guard->name);
	guard_happened(guard, GUARD_STARTED);
	guard_beat_start(guard);
}

int guard_start_open(struct guard *guard)
{
	return loop_reserve_timer(guard->loop, on_start, guard);
}

void guard_start_in(struct guard *guard, int64_t delay_ms)
{
	loop_set_timer(guard->loop, delay_ms, on_start, guard);
}
