/* log.h: lines for the person who reads stderr.
 *
 * One line is one write(2) to stderr, its control characters escaped, so that what a process calls itself cannot
 * forge or tear a line. errno is kept. Only applets log (and core/opt.h); core returns -errno.
 *
 * The write may block as stderr does: on a full pipe until it is read; where that is non-blocking, and for who asked
 * never to block, it gives up after a second. Nothing is allocated and nothing returned: where a line cannot be
 * written there is nobody to be told. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stddef.h>

/* What error lines begin with, for example "procguard oome". The string must outlive the log. This and the next are
 * the globals of core: set once at the start, and handed down to nobody. */
void log_prefix(const char *prefix);

/* For a guard: from here on, what a full pipe does not take within a second is lost, and so is what follows at once,
 * until somebody reads. */
void log_never_block(void);

/* A line of the applet's contract, as it is: "webapp restarted". */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line with the prefix, for errors and warnings: what, why, what to do:
 * "procguard oome: cannot read '/proc/7/environ': Permission denied (run as root or as uid 33)". */
void log_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* LEN bytes as they are, newline included, in one write(2): for an applet whose lines have a form of their own, and
 * which has escaped them. */
void log_bytes(const char *data, size_t len);

/* The text of -ERRNO or ERRNO, as strerror(3); never NULL. */
const char *log_errno(int error);

#endif
