/* guard_status.h: how the guarded program is, for `heart ctl status`.
 *
 *   program: /srv/app                 { "program": "/srv/app",
 *   state: running                      "state": "running",
 *   well: yes                           "well": true, "why": null,
 *   pid: 4711                           "pid": 4711,
 *   uptime: 3605.2s                     "uptime_seconds": 3605.214, ...
 *
 * Nothing is read from anywhere, and nothing waited for. */
#ifndef HEART_GUARD_STATUS_H
#define HEART_GUARD_STATUS_H

#include "applets/heart/guard.h"
#include "core/buf.h"

enum { GUARD_UNWELL_SIZE = 320 };

/* Append the status of GUARD at NOW to RET. -ENOBUFS, -ENOMEM: some of it is missing. */
int guard_status_print(const struct guard *guard, int64_t now, bool json, struct buf *ret);

/* "deadline: in 57.5s": that line of it. */
int guard_status_print_deadline(const struct guard *guard, int64_t now, struct buf *ret);

/* "running"; never NULL. */
const char *guard_status_state(const struct guard *guard);

/* Why it is not well at NOW, in RET; false: it is well. */
bool guard_status_unwell(const struct guard *guard, int64_t now, char ret[GUARD_UNWELL_SIZE]);

#endif
