#include "applets/heart/guard_config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "applets/heart/port_policy.h"
#include "applets/heart/pulse.h"
#include "core/evidence.h"
#include "core/log.h"
#include "core/selfreport.h"
#include "core/sig.h"

enum {
	NOT_GIVEN = -2, /* of times; PULSE_NEVER is "none" */
	TIMEOUT_DEFAULT = 60,
	DECIMAL = 10,
};

static const int64_t time_min_ms = 10, time_max_ms = 1000 * (int64_t)(24 * 60 * 60) * 1000;
static const int64_t report_deadline_max_ms = 10 * 60 * 1000;

void guard_config_init(struct guard_config *ret)
{
	*ret = (struct guard_config){
		.timeout_ms = NOT_GIVEN,
		.grace_start_ms = NOT_GIVEN,
		.interval_ms = 5000,
		.grace_ms = 5000,
		.dump_seconds = INT_MIN,
		.max_restarts = { .count = 5, .period_ms = 600000 },
		.restart_delay_ms = 100,
		.report_deadline_ms = EVIDENCE_DEADLINE_MS,
		.report_keep = EVIDENCE_KEEP,
	};
}

/* The variable NAME; NULL: it is not set, or empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void read_timeout(struct guard_config *config)
{
	const char *value = variable("HEART_BEAT_TIMEOUT");
	int seconds = value ? port_timeout(value) : 0;

	if (value && seconds == 0)
		log_fail("HEART_BEAT_TIMEOUT=%s is not from 11 to 65535 seconds: %d is used", value, TIMEOUT_DEFAULT);
	config->timeout_ms = (int64_t)(seconds ? seconds : TIMEOUT_DEFAULT) * 1000;
	if (seconds)
		config->demanded = true;
}

static void read_kill_signal(struct guard_config *config)
{
	const char *value = variable("HEART_KILL_SIGNAL");

	if (value && strcmp(value, "SIGABRT") != 0 && strcmp(value, "SIGKILL") != 0)
		log_fail("HEART_KILL_SIGNAL=%s: SIGKILL is used; only SIGABRT is another choice (or --kill-signal)",
			 value);
	config->kill_signal = port_kill_signal(value);
}

static void read_no_kill(struct guard_config *config)
{
	const char *value = variable("HEART_NO_KILL");

	config->no_kill = value && !strcmp(value, "TRUE");
	if (value && !config->no_kill)
		log_fail("HEART_NO_KILL=%s does nothing: only TRUE counts", value);
}

static void read_dump_seconds(struct guard_config *config)
{
	const char *value = variable("ERL_CRASH_DUMP_SECONDS");
	char *end;
	long seconds;

	config->dump_seconds = 0;
	if (!value)
		return;
	errno = 0;
	seconds = strtol(value, &end, DECIMAL);
	if (errno || end == value || *end || seconds < INT_MIN || seconds > INT_MAX)
		log_fail("ERL_CRASH_DUMP_SECONDS=%s is no number: it does nothing", value);
	else
		config->dump_seconds = (int)seconds;
}

static void read_environment(struct guard_config *config)
{
	config->demanded = config->timeout_ms != NOT_GIVEN || config->grace_start_ms != NOT_GIVEN || config->callback;
	if (config->timeout_ms == NOT_GIVEN)
		read_timeout(config);
	if (config->grace_start_ms == NOT_GIVEN)
		config->grace_start_ms = 0;
	if (!config->command)
		config->command = getenv("HEART_COMMAND");
	if (!config->kill_signal)
		read_kill_signal(config);
	if (!config->no_kill)
		read_no_kill(config);
	if (config->dump_seconds == INT_MIN)
		read_dump_seconds(config);
}

int guard_config_finish(struct guard_config *config, const struct opt_program *program)
{
	char name[24];

	read_environment(config);
	if (config->timeout_ms != PULSE_NEVER &&
	    (config->timeout_ms < time_min_ms || config->timeout_ms > time_max_ms))
		return opt_usage(program, "-t takes a time from 10ms to 1000d, or none");
	if (config->interval_ms < time_min_ms || config->interval_ms > time_max_ms)
		return opt_usage(program, "--interval takes a time from 10ms to 1000d");
	if (config->report_deadline_ms < 1 || config->report_deadline_ms > report_deadline_max_ms)
		return opt_usage(program, "--report-deadline takes a time from 1ms to 10m");
	if (config->report_keep < 1)
		return opt_usage(program, "--report-keep takes a number from 1 on");
	if (config->gmr_signal && selfreport_check_signal(config->gmr_signal) < 0)
		return opt_usage(program, "--gmr-signal: heart needs %s itself (take USR2, USR1, WINCH, RTMIN+1...)",
				 sig_name(config->gmr_signal, name));
	if (config->gmr_file && strlen(config->gmr_file) >= PATH_MAX)
		return opt_usage(program, "--gmr-file: the name of the file is too long");
	return 0;
}
