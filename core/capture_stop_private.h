/* capture_stop_private.h: what the child that stops threads shares with us: memory that nobody else has. */
#ifndef CORE_CAPTURE_STOP_PRIVATE_H
#define CORE_CAPTURE_STOP_PRIVATE_H

#include <sys/uio.h>

#include "core/capture_private.h"
#include "core/procfs.h"

enum { CAPTURE_IOV = 1024 }; /* IOV_MAX of the kernel */

/* A thread that is to be stopped. */
struct capture_slot {
	pid_t tid;
	bool late;        /* it is held in the kernel: the others do not wait for it */
	bool asked;       /* to stop */
	bool held;        /* it stands still */
	bool at_hook;     /* it did when options.hook->stopped was called */
	bool read;        /* what was read of it is here, or ERROR says why nothing is */
	bool done;        /* the same, and it goes on */
	int error;
	int signal;       /* that it was about to receive when it stopped */
	int64_t asked_ns;
	struct regs regs;
	struct procparse_syscall call;
};

struct capture_stopping {
	int64_t beat_ns;           /* when it has last gone on */
	int64_t hold_until_ns;     /* threads stand still, and are to go on then; 0: none does */
	struct capture_pool pool;
	unsigned stops, stopped;
	int64_t first_ns, last_ns; /* first interrupt, last detach */
	int64_t longest_ns, all_stopped_ns;
	bool hooked;               /* options.hook->stopped was called */
	bool all;                  /* threads that appear meanwhile are wanted, too: behind the others */
	size_t room, known, count; /* slots: in all; of threads that were known before; in use */
	struct iovec iov[2 * CAPTURE_IOV];
	struct capture_piece *pieces; /* of each slot; from the ROOMth on, of stacks that signals interrupted */
	struct capture_slot slots[];
};

/* The child's own. */
struct capture_stopper {
	struct capture *c;
	struct capture_stopping *s;
	int64_t budget_ns, cost_ns;
	bool has_late;            /* one that was asked did not stop in time */
	struct procfs_iter tasks; /* opened before the stop */
};

/* capture_slot.c: attach, which does not stop it; tell it to stop; has it stopped (then it was read), or ended; wait
 * for that; let it go. What befalls it stands in SLOT. */
void capture_slot_seize(const struct capture_stopper *st, struct capture_slot *slot);
void capture_slot_interrupt(struct capture_slot *slot);
bool capture_slot_check(struct capture_stopper *st, struct capture_slot *slot);
void capture_slot_await(struct capture_stopper *st, struct capture_slot *slot, int64_t until);
void capture_slot_let_go(struct capture_stopper *st, struct capture_slot *slot);
void capture_slot_end(struct capture_slot *slot, int error);

/* Until one may have stopped. */
void capture_slot_nap(void);

/* capture_watch.c: wait until the child PID has ended, whose end of PIPE closes then, and see to it that it does. */
void capture_watch(const struct capture *c, const struct capture_stopping *s, pid_t pid, int pipe);

/* capture_stopper.c: the child. Whoever is not let go by then is when it exits: the kernel sees to that. */
void capture_stopper(struct capture *c, struct capture_stopping *s);

#endif
