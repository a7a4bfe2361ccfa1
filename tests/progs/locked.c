/* locked N: two threads that wait for each other's mutex, N that wait for one which the first thread holds. It writes
 * "ready" when all have begun, and sleeps. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutexes[3] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
				      PTHREAD_MUTEX_INITIALIZER };
static pthread_barrier_t all;

/* Take mutex FIRST, and the other of two. */
static void *cross(void *first)
{
	pthread_mutex_t *mutex = first;

	pthread_mutex_lock(mutex);
	pthread_barrier_wait(&all);
	pthread_mutex_lock(mutex == &mutexes[0] ? &mutexes[1] : &mutexes[0]);
	return NULL;
}

static void *queue(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&all);
	pthread_mutex_lock(&mutexes[2]);
	return NULL;
}

static void start(void *(*function)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN + 16384);
	if (pthread_create(&thread, &attributes, function, argument) != 0)
		_exit(1);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;

	pthread_barrier_init(&all, NULL, (unsigned)count + 3);
	pthread_mutex_lock(&mutexes[2]);
	start(cross, &mutexes[0]);
	start(cross, &mutexes[1]);
	for (int i = 0; i < count; i++)
		start(queue, NULL);
	pthread_barrier_wait(&all);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
