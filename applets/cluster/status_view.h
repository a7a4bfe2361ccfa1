/* status_view.h: what `status` knows, as a table for a person and as JSON for a program. Pure.
 *
 *	NAME          PID   KIND        STATE     SINCE                 FOR   MEMORY    LAST EXIT
 *	worker        4720  background  sleeping  2025-11-21T16:20:00Z  3m2s  12.5 MiB  -
 *	redis-server  4725  daemon      ended     2025-11-21T16:21:57Z  1m5s  -         SIGKILL */
#ifndef CLUSTER_STATUS_VIEW_H
#define CLUSTER_STATUS_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/cluster/roster.h"
#include "core/buf.h"

enum { STATUS_TEXT_MAX = 16 << 20 };

/* A member, and what /proc says of it. */
struct status_member {
	const struct member *member;
	char state;     /* of its stat: R, S, D...; 0: it has ended */
	int64_t memory; /* bytes that are resident, of it and all below it; -1: not known */
};

/* A process that a daemon has left. */
struct status_left { char name[ROSTER_NAME_SIZE]; pid_t pid; };

struct status {
	const char *state;    /* "starting", "running", "stopping", "stopped", "dead", "unknown" */
	pid_t pid;            /* the daemon's; 0: there is none */
	const char *pid_file;
	const char *why;      /* of "dead" and "unknown"; else NULL */
	struct status_member *members;
	size_t count;
	struct status_left *left;
	size_t left_count;
};

/* What a state letter of proc(5) means: "running", "sleeping", "stopped", "zombie"; of 0 "ended". */
const char *status_word(char state);

/* "12s", "5m12s", "3h5m", "2d3h"; what is negative is "0s". RET is returned. */
enum { STATUS_CELL_SIZE = 64 };
const char *status_duration(int64_t seconds, char ret[STATUS_CELL_SIZE]);

/* "812 KiB", "12.5 MiB". */
const char *status_size(int64_t bytes, char ret[STATUS_CELL_SIZE]);

/* Append the table, the JSON of STATUS to RET; NOW_S as time(2). -ENOMEM, -ENOBUFS. */
int status_table(const struct status *status, int64_t now_s, struct buf *ret);
int status_json(const struct status *status, int64_t now_s, struct buf *ret);

#endif
