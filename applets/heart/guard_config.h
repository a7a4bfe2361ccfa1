/* guard_config.h: what the command line of `heart run` says, or the environment where that does not. */
#ifndef HEART_GUARD_CONFIG_H
#define HEART_GUARD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/opt.h"
#include "core/units.h"

struct guard_config {
	int64_t timeout_ms;        /* -t; PULSE_NEVER: none */
	bool demanded;             /* a heartbeat must come, also of a program that never spoke */
	int64_t grace_start_ms;    /* --start-grace */
	const char *callback;      /* --callback */
	int64_t interval_ms;       /* --interval */
	bool schedulers;           /* --check-schedulers */
	const char *command;       /* --command, HEART_COMMAND; NULL: none; empty counts as set */
	const char *on_failure;    /* --on-failure; NULL: restart, or command where there is one */
	int kill_signal;           /* --kill-signal */
	int64_t grace_ms;          /* --grace */
	bool no_kill;              /* --no-kill */
	int dump_seconds;          /* --dump-seconds; 0: as --grace; negative: without limit */
	struct units_rate max_restarts;
	int64_t restart_delay_ms;  /* --restart-delay */
	const char *watchdog;      /* --watchdog */
	const char *reason_file;   /* --reason-file */
	const char *control;       /* --control */
	const char *report;        /* --report; NULL: no reports are made */
	int64_t report_deadline_ms; /* --report-deadline */
	int report_keep;           /* --report-keep */
	int gmr_signal;            /* --gmr-signal; 0: none */
	const char *gmr_file;      /* --gmr-file */
};

/* Before the options are parsed: what is not given can be told from what is. */
void guard_config_init(struct guard_config *ret);

/* Behind it: what was not given comes from the environment, a value there that is none is said and passed over; else it
 * is the default. 0, or 2 for a usage error, which was said. */
int guard_config_finish(struct guard_config *config, const struct opt_program *program);

#endif
