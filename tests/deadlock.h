/* deadlock.h: a process of which two threads wait for each other's mutex. Its first thread has ended. */
#ifndef TESTS_DEADLOCK_H
#define TESTS_DEADLOCK_H

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "applets/gmr/syscalls.h"
#include "tests/captured.h"

static struct {
	pthread_mutex_t mutexes[2];
	pthread_barrier_t both;
} deadlock_place;

static inline void *deadlock_thread(void *is_other)
{
	int first = is_other ? 1 : 0;

	pthread_mutex_lock(&deadlock_place.mutexes[first]);
	pthread_barrier_wait(&deadlock_place.both);
	pthread_mutex_lock(&deadlock_place.mutexes[!first]);
	return NULL;
}

static inline pid_t deadlock_start(void)
{
	pid_t pid = fork();
	pthread_t thread;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 2; i++)
		pthread_mutex_init(&deadlock_place.mutexes[i], NULL);
	pthread_barrier_init(&deadlock_place.both, NULL, 2);
	pthread_create(&thread, NULL, deadlock_thread, NULL);
	pthread_create(&thread, NULL, deadlock_thread, &deadlock_place);
	pthread_exit(NULL);
}

/* Does thread INDEX sleep in CALL? */
static inline bool deadlock_is_in(const struct captured *c, size_t index, const char *call)
{
	const struct capture_thread *thread = &c->threads[index];
	const char *name = index < c->capture.thread_count ? syscall_name(thread->call.number) : NULL;

	return name && strcmp(name, call) == 0 && thread->state == 'S';
}

#endif
