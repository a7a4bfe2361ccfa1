/* Who holds the mutex that another thread waits for, with real ones; and rings of who waits for whom. */
#include "applets/gmr/locks.h"

#include <check.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "tests/captured.h"
#include "tests/child.h"
#include "tests/deadlock.h"
#include "tests/suite.h"

/* ---- rings ---- */

enum { COUNT = 8 };

static const struct {
	ssize_t owners[COUNT];
	const char *rings; /* "1 2, 4" */
} graphs[] = {
	{ { -1, -1, -1, -1, -1, -1, -1, -1 }, "" },
	{ { 1, 2, 3, 4, 5, 6, 7, -1 }, "" },
	{ { -1, 0, 1, 2, 3, 4, 5, 6 }, "" },
	{ { 1, 0, -1, -1, -1, -1, -1, -1 }, "0 1, " },
	{ { -1, 5, -1, -1, 1, 4, -1, -1 }, "1 5 4, " },
	{ { -1, -1, -1, 3, -1, -1, -1, -1 }, "3, " },               /* for itself */
	{ { 3, 3, 0, 6, 3, 4, 7, 6 }, "6 7, " },                    /* tails */
	{ { 7, 0, 1, -1, 3, 5, 5, 2 }, "0 7 2 1, 5, " },            /* two, and tails */
	{ { 1, 0, 3, 2, 5, 4, 7, 6 }, "0 1, 2 3, 4 5, 6 7, " },
	{ { 1, 2, 3, 4, 5, 6, 7, 0 }, "0 1 2 3 4 5 6 7, " },
	{ { 8, 99, SSIZE_MAX, -7, 5, 4, -1, 1 }, "4 5, " },         /* out of bounds: nobody */
};

START_TEST(rings)
{
	size_t marks[COUNT] = { 0 }, ring[COUNT], at = 0, len;
	char text[128] = "";

	while ((len = lock_ring(graphs[_i].owners, COUNT, marks, &at, ring)) > 0)
		for (size_t i = 0; i < len; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%zu%s", ring[i],
				 i + 1 < len ? " " : ", ");
	ck_assert_str_eq(text, graphs[_i].rings);
	ck_assert_uint_eq(lock_ring(graphs[_i].owners, COUNT, marks, &at, ring), 0);
}
END_TEST

/* One step for each pair would take hours. */
START_TEST(long_chains)
{
	size_t count = 1000000, at = 0;
	ssize_t *owners = calloc(count, sizeof(*owners));
	size_t *marks = calloc(count, sizeof(*marks)), *ring = calloc(count, sizeof(*ring));

	for (size_t i = 0; i < count; i++)
		owners[i] = _i == 0 ? (ssize_t)i - 1 : (ssize_t)i + 1;
	owners[_i == 0 ? 0 : count - 1] = _i == 2 ? 0 : -1;
	ck_assert_uint_eq(lock_ring(owners, count, marks, &at, ring), _i == 2 ? count : 0);
	ck_assert_uint_eq(lock_ring(owners, count, marks, &at, ring), 0);
	free(owners);
	free(marks);
	free(ring);
}
END_TEST

/* ---- words ---- */

#define WAITED 2
#define WORD(tid) ((int)(FUTEX_WAITERS | (tid)))

static const struct {
	struct lock_words words;
	uint64_t operation, value;
	pid_t owner;
} words[] = {
	{ { WAITED, 0, 77, 1, 0, 0 }, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, 77 },
	{ { WAITED, 0, 77, 4, 0, 0 }, FUTEX_WAIT, 2, 77 }, /* three wait for a condition */
	{ { WAITED, 0, 77, 1, 0x80, 0 }, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 2, 77 },
	{ { WAITED, 3, 77, 1, 1, 0 }, FUTEX_WAIT_PRIVATE, 2, 77 },
	{ { WAITED, 0, 77, 1, 2, 5 }, FUTEX_WAIT_PRIVATE, 2, 77 },
	{ { WAITED, 0, 77, 1, 3, 5 }, FUTEX_WAIT_PRIVATE, 2, 77 },
	{ { WORD(77), 0, 77, 1, 0x20, 0 }, FUTEX_LOCK_PI_PRIVATE, 0, 77 },
	{ { WORD(77), 0, 77, 1, 0x20, 0 }, 13 | FUTEX_PRIVATE_FLAG, 0, 77 },
	{ { WORD(77), 1, 77, 1, 0x10, 0 }, FUTEX_WAIT, (uint32_t)WORD(77), 77 },
	/* What is none, or not waited for. */
	{ { WAITED, 0, 0, 1, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 0, -5, 1, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 0, 77, 0, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 0, 77, 0x7f120000, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 0, 77, 1, 0x7f12, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 3, 77, 1, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { WAITED, 0, 77, 1, 0, 0 }, FUTEX_WAIT_PRIVATE, 0, 0 },
	{ { WAITED, 0, 77, 1, 0, 0 }, FUTEX_WAKE_PRIVATE, 2, 0 },
	{ { WAITED, 0, 77, 1, 0, 0 }, FUTEX_LOCK_PI_PRIVATE, 2, 0 },
	{ { 1, 0, 77, 1, 0, 0 }, FUTEX_WAIT_PRIVATE, 2, 0 },
	{ { 77, 0, 77, 1, 0x20, 0 }, FUTEX_LOCK_PI_PRIVATE, 0, 0 },
	{ { WORD(78), 0, 77, 1, 0x20, 0 }, FUTEX_LOCK_PI_PRIVATE, 0, 0 },
	{ { (int)(FUTEX_OWNER_DIED | (unsigned)WORD(77)), 0, 77, 1, 0x20, 0 }, FUTEX_LOCK_PI_PRIVATE, 0, 0 },
	{ { WORD(77), 1, 77, 1, 0x10, 0 }, FUTEX_WAIT, 2, 0 },
};

START_TEST(owner_by_words)
{
	ck_assert_int_eq(lock_words_owner(&words[_i].words, words[_i].operation, words[_i].value), words[_i].owner);
}
END_TEST

#ifdef __GLIBC__

/* ---- real ones ---- */

enum wait {
	WAIT_NORMAL, WAIT_RECURSIVE, WAIT_ERRORCHECK, WAIT_ADAPTIVE, WAIT_TIMED, WAIT_SHARED, WAIT_PI, WAIT_ROBUST,
	WAIT_MUTEXES, /* those above */
	WAIT_CONDITION = WAIT_MUTEXES, WAIT_SEMAPHORE, WAIT_READ_LOCK, WAIT_WRITE_LOCK, WAIT_JOIN, WAIT_BARRIER,
	WAITS,
};

static struct {
	enum wait wait;
	pthread_t main;
	pthread_mutex_t mutex, other;
	pthread_cond_t condition;
	pthread_rwlock_t lock;
	pthread_barrier_t barrier;
	sem_t semaphore;
} place;

static void make_mutex(enum wait wait)
{
	static const int types[] = { [WAIT_RECURSIVE] = PTHREAD_MUTEX_RECURSIVE,
				     [WAIT_ERRORCHECK] = PTHREAD_MUTEX_ERRORCHECK,
				     [WAIT_ADAPTIVE] = PTHREAD_MUTEX_ADAPTIVE_NP, [WAITS] = 0 };
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, types[wait]);
	if (wait == WAIT_SHARED)
		pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (wait == WAIT_PI)
		pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	if (wait == WAIT_ROBUST)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (pthread_mutex_init(&place.mutex, &attributes) != 0)
		_exit(1);
}

static void *waiter(void *unused)
{
	struct timespec far = { .tv_sec = 4000000000 };

	(void)unused;
	switch (place.wait) {
	case WAIT_TIMED: pthread_mutex_timedlock(&place.mutex, &far); break;
	case WAIT_CONDITION: pthread_mutex_lock(&place.other);
		pthread_cond_wait(&place.condition, &place.other); break;
	case WAIT_SEMAPHORE: sem_wait(&place.semaphore); break;
	case WAIT_READ_LOCK: pthread_rwlock_rdlock(&place.lock); break;
	case WAIT_WRITE_LOCK: pthread_rwlock_wrlock(&place.lock); break;
	case WAIT_JOIN: pthread_join(place.main, NULL); break;
	case WAIT_BARRIER: pthread_barrier_wait(&place.barrier); break;
	default: pthread_mutex_lock(&place.mutex);
	}
	return NULL;
}

/* A process whose second thread waits for what its first holds. */
static pid_t start_waiting(enum wait wait)
{
	pid_t pid = fork();
	pthread_t thread;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	place.wait = wait;
	place.main = pthread_self();
	make_mutex(wait);
	pthread_mutex_init(&place.other, NULL);
	pthread_cond_init(&place.condition, NULL);
	pthread_rwlock_init(&place.lock, NULL);
	pthread_rwlock_wrlock(&place.lock);
	pthread_barrier_init(&place.barrier, NULL, 2);
	sem_init(&place.semaphore, 0, 0);
	pthread_mutex_lock(&place.mutex);
	pthread_create(&thread, NULL, waiter, NULL);
	for (;;)
		pause();
}

static ssize_t owner_of(const struct captured *c, size_t index)
{
	struct locks *locks;
	ssize_t owner;

	ck_assert_int_eq(locks_open(&c->target, &c->capture, &locks), 0);
	owner = locks_owner(locks, index);
	locks_free(locks);
	return owner;
}

START_TEST(owner)
{
	pid_t pid = start_waiting((enum wait)_i);
	struct captured c;

	captured_open(&c, pid);
	if (_i < WAIT_MUTEXES) {
		CHILD_UNTIL(captured_look(&c) == 2 && deadlock_is_in(&c, 1, "futex") && owner_of(&c, 1) == 0);
	} else {
		CHILD_UNTIL(captured_look(&c) == 2 && deadlock_is_in(&c, 0, "pause") &&
			    deadlock_is_in(&c, 1, "futex"));
		ck_assert_int_eq(owner_of(&c, 1), -1);
	}
	ck_assert_int_eq(owner_of(&c, 0), -1);
	captured_done(&c);
	child_end(pid);
}
END_TEST

START_TEST(deadlock)
{
	pid_t pid = deadlock_start();
	size_t ring[] = { 1, 2 }, wrong[] = { 1, 1 };
	struct captured c;
	struct locks *locks;

	captured_open(&c, pid);
	CHILD_UNTIL(captured_look(&c) == 3 && deadlock_is_in(&c, 1, "futex") && owner_of(&c, 1) == 2 &&
		    deadlock_is_in(&c, 2, "futex") && owner_of(&c, 2) == 1);
	ck_assert_int_eq(locks_open(&c.target, &c.capture, &locks), 0);
	ck_assert(locks_confirm(locks, ring, 2));
	ck_assert(!locks_confirm(locks, ring, 1));
	ck_assert(!locks_confirm(locks, wrong, 2));
	c.threads[1].call.args[5]++; /* it is in another call than it was */
	ck_assert(!locks_confirm(locks, ring, 2));
	child_end(pid);
	ck_assert(!locks_confirm(locks, ring, 2));
	locks_free(locks);
	captured_done(&c);
}
END_TEST

#endif

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, rings, 0, sizeof(graphs) / sizeof(*graphs));
	tcase_add_loop_test(t, long_chains, 0, 3);
	tcase_add_loop_test(t, owner_by_words, 0, sizeof(words) / sizeof(*words));
#ifdef __GLIBC__
	tcase_add_loop_test(t, owner, 0, WAITS);
	tcase_add_test(t, deadlock);
#endif
	return suite_run("locks", t);
}
