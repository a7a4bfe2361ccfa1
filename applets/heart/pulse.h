/* pulse.h: when is a guarded program overdue? Pure: times in milliseconds of one clock (loop_now()).
 *
 * The deadline runs from READY=1 or the first heartbeat; where a heartbeat was asked for (demanded), from the end of
 * the start grace at the latest. A program that never speaks, and of which nothing was asked, is never overdue. */
#ifndef HEART_PULSE_H
#define HEART_PULSE_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_NEVER = -1 };

struct pulse {
	int64_t timeout_ms;    /* PULSE_NEVER: heartbeats are not waited for */
	int64_t started_ms;
	int64_t last_ms;       /* of the last heartbeat that counted; PULSE_NEVER: none did */
	int64_t since_ms;      /* where the time-out begins, be it ahead; PULSE_NEVER: it does not run yet */
	int64_t not_before_ms; /* never overdue before; of pulse_extend() */
	int64_t snoozed_ms;    /* the same, of pulse_snooze() */
	bool stopped;          /* it ends: no deadline counts */
	uint64_t beats;        /* that counted */
};

/* A program was started at NOW. DEMANDED: a heartbeat is waited for though it may never speak, the time-out begins
 * GRACE_MS from now. */
void pulse_start(struct pulse *pulse, int64_t now, int64_t timeout_ms, bool demanded, int64_t grace_ms);

/* READY=1: the time-out begins anew. */
void pulse_ready(struct pulse *pulse, int64_t now);

/* A heartbeat that counts. */
void pulse_beat(struct pulse *pulse, int64_t now);

/* EXTEND_TIMEOUT_USEC=: not overdue before NOW + MS, heartbeats or none. Moves no deadline nearer, and makes none where
 * there is none. */
void pulse_extend(struct pulse *pulse, int64_t now, int64_t ms);

/* The same for who is at the keyboard, where the last word counts: 10m takes back a snooze of 10h, and 0 any. */
void pulse_snooze(struct pulse *pulse, int64_t now, int64_t ms);

/* WATCHDOG_USEC=: another time-out from here on, for this program's life. One that runs begins anew. */
void pulse_set_timeout(struct pulse *pulse, int64_t now, int64_t timeout_ms);

/* It is about to end as it should: never overdue from here on. */
void pulse_stop(struct pulse *pulse);

/* Milliseconds from NOW to the deadline: 0: overdue; PULSE_NEVER: there is none. */
int64_t pulse_left(const struct pulse *pulse, int64_t now);

/* Milliseconds from the deadline to NOW; 0: it is not overdue. */
int64_t pulse_late(const struct pulse *pulse, int64_t now);

#endif
