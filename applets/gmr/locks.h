/* locks.h: which thread holds the glibc mutex that another waits for, and who waits for each other.
 *
 * A thread that waits for a mutex sleeps in futex(2), whose first argument is the address of the mutex. The 24 bytes
 * that lie there are read from the process, which may run: they are believed only where all fields fit together, and
 * where the thread still waits behind the reading. */
#ifndef GMR_LOCKS_H
#define GMR_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "applets/gmr/target.h"
#include "core/capture.h"

struct locks;

/* Prepare for the threads of CAPTURE; both arguments stay the caller's, and must live as long. Their ids in the pid
 * namespace of the process are looked up, where it has one of its own. -ENOMEM. Free with locks_free(), which takes
 * NULL. */
int locks_open(const struct target *target, const struct capture *capture, struct locks **ret);
void locks_free(struct locks *locks);

/* The index in CAPTURE->threads of the thread that holds the mutex that thread INDEX waits for; -1: it waits for none,
 * or that cannot be told. May be INDEX itself. */
ssize_t locks_owner(const struct locks *locks, size_t index);

/* Do these COUNT threads wait in a ring, each for the next, the last for the first? Owners that were read one after
 * another may show a ring that never was: here all is read again, and counts where none of them has run meanwhile. */
bool locks_confirm(const struct locks *locks, const size_t *ring, size_t count);

/* A ring in "I waits for OWNERS[I]" (indices of COUNT, -1: for nobody): puts the indices of the next one into RET, its
 * least first, and returns how many; 0: there is none left. MARKS (COUNT long, zeroed) and AT (0) are its own notes
 * from one call to the next; RET is COUNT long. All calls together take a time that grows with COUNT only. Pure. */
size_t lock_ring(const ssize_t *owners, size_t count, size_t *marks, size_t *at, size_t *ret);

/* What lies at the address of a mutex, glibc's struct __pthread_mutex_s of 64-bit processors. */
struct lock_words {
	int lock;
	unsigned count;
	int owner;
	unsigned users;
	int kind;
	int spins;
};

/* Does a thread that called futex(2) with OPERATION and VALUE wait there for a mutex that WORDS are? Its owner, as the
 * process numbers its threads, or 0. Pure. */
pid_t lock_words_owner(const struct lock_words *words, uint64_t operation, uint64_t value);

#endif
