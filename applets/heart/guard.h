/* guard.h: what the files of `heart run` share: one guarded program.
 *
 * What happens (a signal, an end, a heartbeat or none, a timer) becomes an event; guard_policy.h decides; guard.c has
 * it done. guard_start.c starts the program; guard_voice.c hears it: sd_notify(3), HEART_FD; guard_beat.c is about
 * heartbeats, and what must be well before one counts; guard_dog.c feeds --watchdog; guard_end.c is the way from a
 * failure to what follows, guard_report.c what is reported on it; guard_control.c answers `heart ctl`, guard_gmr.c who
 * asks for a report of ourselves.
 *
 * From a failure to the SIGKILL to the last process nothing is allocated: that must work when memory is gone. */
#ifndef HEART_GUARD_H
#define HEART_GUARD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "applets/heart/control.h"
#include "applets/heart/frame.h"
#include "applets/heart/guard_config.h"
#include "applets/heart/hwdog.h"
#include "applets/heart/pulse.h"
#include "applets/heart/reason.h"
#include "applets/heart/guard_policy.h"
#include "applets/heart/schedulers.h"
#include "applets/heart/settings.h"
#include "applets/heart/validation.h"
#include "core/evidence.h"
#include "core/guarded.h"
#include "core/limit.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/oomadj.h"
#include "core/oomkill.h"
#include "core/selfreport.h"

/* What the program said of itself; forgotten at a restart. */
struct guard_said {
	bool ready, stopping;
	bool spoke;              /* anything at all */
	bool beats;              /* it sends heartbeats of its own, or `heart ctl` does for it */
	int error;               /* ERRNO= */
	char status[NOTIFY_STATUS_MAX + 1];
};

struct guard {
	const struct guard_config *config;
	char *const *argv;
	char command[GUARDED_NAME_SIZE]; /* for messages, where a very long one is cut */
	char name[GUARDED_NAME_SIZE];    /* its base name, the same */
	struct loop *loop;
	struct guarded guarded;
	enum guard_state state;
	struct settings settings;
	struct oomadj oomadj;
	struct oomkill oomkill;
	struct control *control;
	struct selfreport selfreport;
	char control_env[PATH_MAX];  /* HEART_CONTROL=, for the program; empty: none */
	int signal;                  /* the last that we got */
	int asked_to_end;            /* SIGTERM or SIGINT, when this program got it; 0: it did not */

	/* Starts and ends. */
	struct limit limit;
	int restarts;                /* so far */
	int failed_starts;           /* in a row */
	char why[256];               /* it fails, for messages: "overdue: no heartbeat for 60s" */
	enum reason_cause cause;     /* of the end that is under way, or of the last one */
	bool caused;                 /* CAUSE stands: what its end looks like does not change it */
	pid_t command_pid;           /* of the command that runs; 0: none */
	int command_tries;
	int command_status;          /* waitpid(2)'s, of its end */
	bool stubborn;               /* what was killed, or crashes and may not be killed, does not go */
	bool wanted;                 /* our end is no failure */

	/* What is left of a failure to look at. */
	struct evidence evidence;
	char report_directory[PATH_MAX]; /* absolute, for the reason file */
	bool reported;               /* of this program, or that was tried */
	char report[PATH_MAX];       /* the file; empty: none */

	/* Heartbeats. */
	struct pulse pulse;
	struct guard_said said;
	struct validation validation;
	int64_t validated_ms;        /* when the last validation began; PULSE_NEVER: none did */
	bool beat_waits;             /* for the validation */
	char unwell[128];            /* why the last heartbeat did not count; empty: it did */
	struct schedulers schedulers;
	bool overdue;                /* and it may not be killed: that was said */
	struct hwdog hwdog;

	/* Its voices. */
	struct notify notify;
	int voice_fd;                /* our end of HEART_FD; -1: none */
	int voice_child_fd;          /* the other one, until the program is started */
	bool voice_of_other;         /* of the frame that is read some came from a user who is neither ours nor root */
	struct frame_reader reader;
	unsigned char answer[FRAME_MAX]; /* what HEART_FD did not take at once */
	size_t answer_at, answer_len;
};

/* Guard until the end. Returns the exit status. */
int guard_main(const struct guard_config *config, char *const *argv);

/* Something happened: decide, and do it. */
void guard_happened(struct guard *guard, enum guard_event event);

/* ---- guard_start.c ---- */

int guard_start_open(struct guard *guard);

/* Start the program, after DELAY_MS. What cannot be started ends the guard, or is tried again. */
void guard_start_in(struct guard *guard, int64_t delay_ms);

/* ---- guard_voice.c ---- */

/* The sockets of the program that is about to be started. It may do without them: what cannot be had is said. */
void guard_voice_open(struct guard *guard);
void guard_voice_done(struct guard *guard);

/* The program has its end of HEART_FD. */
void guard_voice_started(struct guard *guard);

/* Take what the program has said until now, before its end or its silence is acted upon. Does not block. */
void guard_voice_drain(struct guard *guard);

/* ---- guard_beat.c ---- */

int guard_beat_open(struct guard *guard);

/* A program was started: its pulse. */
void guard_beat_start(struct guard *guard);

/* A heartbeat came, whoever brought it: it is checked, and counts then. */
void guard_beat(struct guard *guard);

/* The settings or the pulse were changed: what waits for a time waits for the right one from now on. */
void guard_changed(struct guard *guard);

/* Nothing is validated or waited for any more: its end has begun. */
void guard_beat_stop(struct guard *guard);

/* WATCHDOG=trigger: as if the deadline were over. */
void guard_beat_triggered(struct guard *guard);

/* ---- guard_dog.c ---- */

/* --watchdog, where it is given. -errno of hwdog_open(). */
int guard_dog_open(struct guard *guard);
void guard_dog_done(struct guard *guard);

/* Pet it, if it is fed: we will not be back in the loop for a while. */
void guard_dog_pet(struct guard *guard);

/* ---- guard_end.c ---- */

int guard_end_open(struct guard *guard);

/* The program ended: what that means. */
enum guard_event guard_end_event(struct guard *guard);

/* Do what was decided, of what follows a failure or an end, in the state that was until now. */
void guard_end_perform(struct guard *guard, enum guard_action action, enum guard_state before);

/* Write --reason-file, where one is given. The program has not ended: STATUS is -1. */
void guard_end_write_reason(struct guard *guard, int status);

/* ---- guard_report.c ---- */

/* --report, where it is given; after guard_dog_open(). -errno: this build makes no reports, which was said; what else
 * is in the way is said, too, and may pass. */
int guard_report_open(struct guard *guard);

/* Right before the first signal for a failure: report the program and all below it, unless that was done already.
 * Blocks, up to --report-deadline. Allocates nothing. */
void guard_report(struct guard *guard);

/* The same when it has ended, of what is left of its tree, and of us: our cgroup is where it was. */
void guard_report_left(struct guard *guard);

/* The time that a report may take, of DEADLINE_MS: --watchdog is not petted meanwhile. */
int64_t guard_report_deadline(const struct guard *guard, int64_t deadline_ms);

/* ---- guard_gmr.c ---- */

/* --gmr-signal, --gmr-file, where they are given; after guard_report_open(). -errno of selfreport.h. */
int guard_gmr_open(struct guard *guard);

/* ---- guard_control.c ---- */

/* For control_open(). */
int guard_control(void *guard, const struct control_request *request, struct buf *ret);

/* Is all well: it runs, is not overdue, and the last heartbeat was no failure. */
bool guard_is_well(const struct guard *guard);

#endif
