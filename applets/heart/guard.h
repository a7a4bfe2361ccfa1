/* guard.h: what the files of `heart run` share: one guarded program.
 *
 * What happens (a signal, an end, a heartbeat or none, a timer) becomes an event; guard_policy.h decides; guard.c has
 * it done. guard_voice.c hears the program: sd_notify(3), HEART_FD; guard_end.c is the way from a failure to what follows;
 * guard_control.c answers `heart ctl`. */
#ifndef HEART_GUARD_H
#define HEART_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/heart/control.h"
#include "applets/heart/frame.h"
#include "applets/heart/hwdog.h"
#include "applets/heart/notify.h"
#include "applets/heart/pulse.h"
#include "applets/heart/reason.h"
#include "applets/heart/guard_policy.h"
#include "applets/heart/schedulers.h"
#include "applets/heart/settings.h"
#include "applets/heart/validation.h"
#include "core/guarded.h"
#include "core/limit.h"
#include "core/loop.h"
#include "core/oomadj.h"
#include "core/oomkill.h"

/* What the command line says, or the environment where that does not. */
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
};

/* What the program said of itself; forgotten at a restart. */
struct guard_said {
	bool ready, reloading, stopping;
	bool spoke;              /* anything at all */
	int error;               /* ERRNO= */
	char status[NOTIFY_STATUS_MAX + 1];
};

enum { GUARD_NAME_SIZE = 204 };

struct guard {
	const struct guard_config *config;
	char *const *argv;
	char command[GUARD_NAME_SIZE]; /* for messages, where a very long one is cut */
	char name[GUARD_NAME_SIZE];    /* its base name, the same */
	struct loop *loop;
	struct guarded guarded;
	enum guard_state state;
	struct pulse pulse;
	struct settings settings;
	struct guard_said said;
	struct notify notify;
	struct validation validation;
	bool beat_waits;             /* for the validation */
	char unwell[128];            /* why the last heartbeat did not count; empty: it did */
	struct schedulers schedulers;
	struct hwdog hwdog;
	struct control *control;
	struct oomadj oomadj;
	struct oomkill oomkill;
	struct limit limit;
	int restarts;                /* so far */
	enum reason_cause cause;     /* of the end that is under way, or of the last one */
	int signal;                  /* the last that we got */

	int voice_fd;                /* our end of HEART_FD; -1: none */
	struct frame_reader reader;
};

/* Guard until the end. Returns the exit status. */
int guard_main(const struct guard_config *config, char *const *argv);

/* Something happened: decide, and do it. */
void guard_happened(struct guard *guard, enum guard_event event);

/* ---- guard_voice.c ---- */

/* The sockets of the program that is about to be started: the environment for it. -errno of the notify socket is no
 * failure of the start: a program may do without. */
int guard_voice_open(struct guard *guard);
void guard_voice_done(struct guard *guard);

/* Take what the program has said until now, before its end or its silence is acted upon. Does not block. */
void guard_voice_drain(struct guard *guard);

/* A heartbeat came, whoever brought it: it is checked, and counts then. */
void guard_voice_beat(struct guard *guard);

/* ---- guard_control.c ---- */

/* For control_open(). */
int guard_control(void *guard, const struct control_request *request, struct buf *ret);

/* Is all well: it runs, is not overdue, and the last heartbeat was no failure. */
bool guard_is_well(const struct guard *guard);

#endif
