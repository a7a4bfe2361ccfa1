/* loop_private.h: what loop.c (what is added) and loop_run.c (what runs) share: the tables of a loop.
 *
 * The tables may grow and shrink while their callbacks run, so dispatch never keeps a pointer or an index across a
 * callback: every entry has a serial number that is never used twice, and what poll(2) said is looked up by it. */
#ifndef CORE_LOOP_PRIVATE_H
#define CORE_LOOP_PRIVATE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

#include "core/loop.h"

enum { PIDREF_LOOK_MS = 100, LOOP_NS_PER_MS = 1000000 };

enum { POLL_SIGNALS, POLL_TIMER, POLL_FIRST }; /* the slots of poll */

struct entry_fd { uint64_t serial; int fd; short events; loop_fd_fn function; void *context; };
struct entry_timer { uint64_t serial; bool armed, reserved; int64_t when_ns; loop_timer_fn function; void *context; };
struct entry_child { pid_t pid; loop_child_fn function; void *context; };
struct entry_pidref {
	uint64_t serial;
	const struct pidref *ref;
	const struct procfs *proc;
	int64_t look_ns; /* when to look next, where there is no pidfd */
	loop_pidref_fn function;
	void *context;
};
struct entry_signal { loop_signal_fn function; void *context; };

struct loop {
	int signal_fd;
	int timer_fd;        /* -1: there is none to be had */
	int64_t timer_fd_ns; /* what it is set to; 0: not at all */
	sigset_t mask, old_mask;
	bool stopped;
	int status;
	uint64_t serial;
	struct entry_fd *fds;
	size_t fd_count, fd_size;
	struct entry_timer *timers;
	size_t timer_count, timer_size;
	struct entry_child *children;
	size_t child_count, child_size;
	loop_child_fn orphans; /* told of the end of any other child; NULL: nobody */
	void *orphans_context;
	struct entry_pidref *pidrefs;
	size_t pidref_count, pidref_size;
	struct entry_signal signals[_NSIG];
	struct pollfd *poll; /* room for signal_fd, timer_fd, all fds, all pidrefs */
	size_t poll_size;
	uint64_t *polled; /* the serial number of the entry behind each slot of poll */
	size_t polled_size;
};

/* The entry of a timer; NULL: none. */
struct entry_timer *loop_find_timer(struct loop *loop, loop_timer_fn function, const void *context);

/* It is done: the entry goes, unless its room is reserved. */
void loop_drop_timer(struct loop *loop, struct entry_timer *timer);

/* Remove item AT of COUNT items. Their order is kept: callbacks run in the order in which they were added. */
void loop_cut(void *items, size_t *count, size_t at, size_t item_size);
#define LOOP_CUT(loop, items, count, at) loop_cut((loop)->items, &(loop)->count, at, sizeof(*(loop)->items))

#endif
