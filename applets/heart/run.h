/* run.h: what the files of `heart run` share: one guarded program.
 *
 * What happens (a signal, an end, a heartbeat or none, a timer) becomes an event; run_policy.h decides; run.c has
 * it done. run_voice.c hears the program: sd_notify(3), HEART_FD; run_end.c is the way from a failure to what follows;
 * run_control.c answers `heart ctl`. */
#ifndef HEART_RUN_H
#define HEART_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/heart/control.h"
#include "applets/heart/frame.h"
#include "applets/heart/hwdog.h"
#include "applets/heart/notify.h"
#include "applets/heart/pulse.h"
#include "applets/heart/reason.h"
#include "applets/heart/run_policy.h"
#include "applets/heart/schedulers.h"
#include "applets/heart/settings.h"
#include "applets/heart/validation.h"
#include "core/guarded.h"
#include "core/limit.h"
#include "core/loop.h"
#include "core/oomadj.h"
#include "core/oomkill.h"

/* What the command line says, or the environment where that does not. */
struct run_config {
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
struct run_said {
	bool ready, reloading, stopping;
	bool spoke;              /* anything at all */
	int error;               /* ERRNO= */
	char status[NOTIFY_STATUS_MAX + 1];
};

enum { RUN_NAME_SIZE = 204 };

struct run {
	const struct run_config *config;
	char *const *argv;
	char command[RUN_NAME_SIZE]; /* for messages, where a very long one is cut */
	char name[RUN_NAME_SIZE];    /* its base name, the same */
	struct loop *loop;
	struct guarded guarded;
	enum run_state state;
	struct pulse pulse;
	struct settings settings;
	struct run_said said;
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
int run_main(const struct run_config *config, char *const *argv);

/* Something happened: decide, and do it. */
void run_happened(struct run *run, enum run_event event);

/* ---- run_voice.c ---- */

/* The sockets of the program that is about to be started: the environment for it. -errno of the notify socket is no
 * failure of the start: a program may do without. */
int run_voice_open(struct run *run);
void run_voice_done(struct run *run);

/* Take what the program has said until now, before its end or its silence is acted upon. Does not block. */
void run_voice_drain(struct run *run);

/* A heartbeat came, whoever brought it: it is checked, and counts then. */
void run_voice_beat(struct run *run);

/* ---- run_control.c ---- */

/* For control_open(). */
int run_control(void *run, const struct control_request *request, struct buf *ret);

/* Is all well: it runs, is not overdue, and the last heartbeat was no failure. */
bool run_is_well(const struct run *run);

#endif
