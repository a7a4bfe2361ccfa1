/* selfreport.h: a guard that reports itself: on a signal, or when a file appears or is touched.
 *
 * Our guards are loops of one thread, in the binary that gmr is in. So a report of one is a child as in evidence.h,
 * `gmr --inside FD PID`, which reads through FD a section that only the guard can write (statement.h), then looks at
 * the guard from outside. It goes to our stderr, never to our stdout, which may carry a protocol; or into a directory.
 * The guard waits for it, up to the deadline: whatever becomes of gmr costs no more than that. At most one report a
 * second, and no more than half of the time; what is asked for meanwhile is one report later. */
#ifndef CORE_SELFREPORT_H
#define CORE_SELFREPORT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/evidence.h"
#include "core/limit.h"
#include "core/loop.h"

enum { SELFREPORT_DEADLINE_MAX_MS = 10000, SELFREPORT_KEY_MAX = 255, SELFREPORT_VALUE_MAX = 2047 };

/* What FILL writes to: one after another, valid until it returns. */
struct selfreport_section;

struct selfreport {
	/* The caller's, before selfreport_open(); what is pointed to must outlive it. */
	struct loop *loop;
	const char *title;        /* of the section: "Heart" */
	void (*fill)(void *context, struct selfreport_section *section); /* from the loop; blocks for nothing */
	void (*say)(void *context, const char *line);                    /* where it is, or why there is none */
	void *context;
	const char *directory;    /* as in struct evidence; NULL: our stderr */
	int64_t deadline_ms;      /* SELFREPORT_DEADLINE_MAX_MS at most counts */
	int keep;                 /* as in struct evidence */

	/* Its own. Zeros, but of SELFREPORT_NONE. */
	char binary[PATH_MAX];    /* as it was at the start, so that its successor will do; "": not to be had */
	bool has_gmr;             /* it said so */
	int64_t not_before_ms;    /* loop_now() */
	int signal;               /* 0: none is taken */
	const char *file;         /* NULL: none is watched */
	int inotify, watch;       /* -1: none, so that FILE is looked at now and then */
	bool settling;            /* FILE is looked at in a moment */
	bool present;             /* FILE was, at the last look, and was this: */
	struct stat seen;
};

#define SELFREPORT_NONE .inotify = -1, .watch = -1

/* Make ready. -ENOMEM: of the loop. Starts nothing: that is left for when a report is wanted. */
int selfreport_open(struct selfreport *s);

/* May a guard report on SIGNAL? -EINVAL: it is not to be caught, tells of a fault, or every guard needs it itself:
 * TERM, INT, HUP, QUIT, CHLD, CONT, PIPE and those of a terminal. */
int selfreport_check_signal(int signal);

/* Report whenever SIGNAL comes; who took it in the loop before has it no more. -errno of loop_add_signal(). */
int selfreport_take_signal(struct selfreport *s, int signal);

/* Report whenever FILE appears or is touched (not: is there already). It and its directory may be missing, be removed
 * and made again, or be elsewhere as a link on the path was changed. Where inotify cannot watch it is looked at each
 * second. -ENOMEM, -ENAMETOOLONG. */
int selfreport_watch_file(struct selfreport *s, const char *file);

/* All of that: selfreport_open(), SIGNAL (0: none), FILE (NULL: none). */
int selfreport_start(struct selfreport *s, int signal, const char *file);

/* Report now, or as soon as that is due. Blocks as said above. */
void selfreport_ask(struct selfreport *s);

/* The signal is ignored from here on. Before loop_free(). Takes NULL, and what was not opened. */
void selfreport_done(struct selfreport *s);

/* For FILL: a line "KEY: ..." of the section; both are cut where they are longer than above.
 * Passwords and the like are masked. */
void selfreport_put(struct selfreport_section *section, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for each line "key: value" of TEXT; what is behind the last newline is left out. */
void selfreport_put_lines(struct selfreport_section *section, const char *text);

/* "3.2 s ago", "in 3.2 s", "never": how far AT_MS is from NOW_MS; negative: never. */
enum { SELFREPORT_TIME_SIZE = 40 };
const char *selfreport_time(int64_t at_ms, int64_t now_ms, char ret[SELFREPORT_TIME_SIZE]);

/* When one more may happen: "at any time", "in 3.2 s or later", "never". */
const char *selfreport_next(const struct limit *limit, const struct units_rate *rate, int64_t now_ms,
			    char ret[SELFREPORT_TIME_SIZE]);

#endif
