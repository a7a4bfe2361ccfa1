/* helper.h: what setup, handler, helper, generators and reporter share. The library's state is here and in the
 * registry: a signal handler and a child of fork(2) must find it without being given anything.
 *
 * Threads: the helper waits and reports; it takes no lock, allocates nothing and is in no generator, so it always comes
 * back. Generators are called by others, of which up to GENERATE_THREADS may be kept by generators that hang. */
#ifndef INSIDE_HELPER_H
#define INSIDE_HELPER_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "core/inside/inside.h"

enum {
	GENERATE_THREADS = REGISTRY_HELPERS_MAX - 1,
	GENERATE_TIME_MS = 1000,  /* of one generator */
	HELPER_STACK = 256 << 10, /* besides what libc takes of it */
};

/* What gmr_setup_autorun() was told; written once, before there is a helper. */
struct inside_config {
	int signal;               /* or GMR_NO_SIGNAL */
	int format;
	unsigned interval_ms, deadline_ms, flags;
	char log_dir[PATH_MAX];   /* or "" */
	char watch_file[PATH_MAX];
	char watch_dir[PATH_MAX]; /* where it is */
};
extern struct inside_config inside_config;

/* ---- thread.c ---- */

/* A detached thread that runs RUN(CONTEXT) with all signals blocked but those of faults. -EAGAIN, -ENOMEM. May wait for
 * malloc's lock. */
int thread_start(void *(*run)(void *context), void *context);
void thread_name(void);

/* FUTEX_WAIT and FUTEX_WAKE of futex(2): until *WORD is not VALUE, at most to UNTIL_NS, or for no reason. */
void thread_wait(const uint32_t *word, uint32_t value, int64_t until_ns);
void thread_wake(const uint32_t *word);

/* ---- descriptor.c: descriptors that the program may close, and whose numbers it may use again ---- */

/* FD where it is above 2, else another for the same: what is written to stderr must not come into a file of ours. */
int descriptor_high(int fd);

/* What /proc/self/fdinfo/FD says of one that is no file, to know it by. */
struct descriptor {
	int fd;          /* or -1 */
	size_t length;
	char info[512];
};
#define DESCRIPTOR_NONE ((struct descriptor){ .fd = -1 })

void descriptor_keep(int fd, struct descriptor *ret);
bool descriptor_is_ours(const struct descriptor *d);
void descriptor_close(struct descriptor *d); /* unless it is another's by now */

/* ---- memfile.c ---- */

/* Have gmr's file in memory: makes it, or makes it anew where it was lost. The descriptor, or -errno as
 * gmr_setup_autorun() has it. */
int memfile_get(void);
void memfile_make_room(void);

/* ---- signal.c ---- */

/* Before there is a helper: have the descriptor. 0 or -EMFILE. */
int signal_prepare(void);

/* Behind that: set the handler. 0 or -errno. */
int signal_install(void);

/* Is a report asked for? Takes the request. */
bool signal_take(void);
bool signal_is_asked(void);

/* For the helper. Wait until something may have to be done, at most to UNTIL_NS (0: for good); EXTRA: a descriptor that
 * ends the wait, or -1. */
void signal_wait(int extra, int64_t until_ns);

/* In a child of fork(2). */
void signal_forked(void);

/* Close what may be had again, for a report that finds no descriptor free. */
void signal_make_room(void);

/* ---- watch.c: the watched file; all of it is called by the helper alone ---- */

int watch_begin(void);            /* remember how the file is now; 0 or -EMFILE; before there is a helper */
void watch_forked(void);
int watch_descriptor(void);       /* to wait for, or -1 */
int64_t watch_look(int64_t now_ns, bool *ret_touched); /* when to look again; 0: nothing is watched */
void watch_make_room(void);

/* ---- helper.c ---- */

int helper_start(void);  /* make the threads: 0 or -errno */
void helper_forked(void); /* in a child of fork(2) */

/* ---- generate.c ---- */

/* A section as its generator left it. */
struct generated {
	const struct registry_section *section;
	const struct gmr_section *content; /* NULL: LATE or UNASKED */
	uint32_t late;                     /* the thread that is in it still */
};

/* Call all generators, one after the other, and TAKE what each has written, before the next is called. */
typedef void (*generate_fn)(void *context, const struct generated *generated);
void generate_all(generate_fn take, void *context);

int generate_start(void);  /* have a thread for them: 0 or -errno; nothing where no section is registered */
void generate_forked(void);

/* ---- reporter.c ---- */

void reporter_run(void); /* make one report */
void reporter_forked(void);

/* ---- say.c: lines on stderr by write(2), at most one a second ---- */

/* "gmr: WHAT: strerror\n"; ERROR 0: without. */
void say(const char *what, int error);

/* A section on stderr, where no gmr can write it. CONTEXT: a bool, false at first: once nobody reads, it is let be. */
void say_section(void *context, const struct generated *generated);

#endif
