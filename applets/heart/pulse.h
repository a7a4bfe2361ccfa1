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
	int64_t timeout_ms;  /* PULSE_NEVER: heartbeats are not waited for */
	int64_t started_ms;
	int64_t last_ms;     /* of the last heartbeat that counted; PULSE_NEVER: none did */
	int64_t deadline_ms; /* PULSE_NEVER: none yet */
	bool stopped;        /* it ends, or reloads no more: no deadline counts */
	uint64_t beats;      /* that counted */
};

/* A program was started at NOW. DEMANDED: a heartbeat is waited for though it may never speak. */
void pulse_start(struct pulse *pulse, int64_t now, int64_t timeout_ms, bool demanded, int64_t grace_ms);

/* READY=1: the deadline runs anew. */
void pulse_ready(struct pulse *pulse, int64_t now);

/* A heartbeat that counts. */
void pulse_beat(struct pulse *pulse, int64_t now);

/* EXTEND_TIMEOUT_USEC=, or a snooze: not overdue before NOW + MS. Moves no deadline nearer; does nothing where there is
 * none. */
void pulse_extend(struct pulse *pulse, int64_t now, int64_t ms);

/* WATCHDOG_USEC=: another time-out from here on, for this program's life. A deadline that runs, runs anew. */
void pulse_set_timeout(struct pulse *pulse, int64_t now, int64_t timeout_ms);

/* It is about to end as it should: never overdue from here on. */
void pulse_stop(struct pulse *pulse);

/* Milliseconds from NOW to the deadline: 0: overdue; PULSE_NEVER: there is none. */
int64_t pulse_left(const struct pulse *pulse, int64_t now);

#endif
