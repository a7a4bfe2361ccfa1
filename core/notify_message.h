/* notify_message.h: one datagram of sd_notify(3): assignments, one a line.
 *
 *   READY=1
 *   STATUS=Processing requests...
 *   MAINPID=4711
 *
 * Pure. What is unknown is passed over, as sd_notify(3) asks for; where a value is given twice the last one counts. */
#ifndef CORE_NOTIFY_MESSAGE_H
#define CORE_NOTIFY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NOTIFY_MESSAGE_MAX = 4096, NOTIFY_STATUS_MAX = 512 };

struct notify_message {
	bool ready, reloading, stopping;
	bool beat;             /* WATCHDOG=1 */
	bool trigger;          /* WATCHDOG=trigger */
	bool barrier;          /* BARRIER=1 */
	pid_t main_pid;        /* MAINPID=; 0: not said */
	int64_t watchdog_ms;   /* WATCHDOG_USEC=, rounded up; 0: not said; INT64_MAX: no time-out */
	int64_t extend_ms;     /* EXTEND_TIMEOUT_USEC=, rounded up; 0: not said */
	int error;             /* ERRNO=; 0: not said */
	bool has_status;       /* STATUS=, may be empty */
	const char *status;    /* in the text that was parsed; no NUL behind it; at most NOTIFY_STATUS_MAX bytes */
	size_t status_len;
};

/* Parse the LEN bytes of TEXT. Numbers that are none, or out of range, are as if not said; a NUL anywhere but at the
 * end makes it no message. Returns how many assignments were understood. */
int notify_message_parse(const char *text, size_t len, struct notify_message *ret);

#endif
