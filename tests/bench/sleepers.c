/* sleepers N [busy]: N threads that sleep below eight calls; the last is busy instead when asked for. Prints its pid
 * when all are there. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile unsigned long spun;

static __attribute__((noinline)) void *deeper(int level, int busy)
{
	char room[64];
	void *r = NULL;

	memset(room, level, sizeof(room));
	if (level > 0)
		r = deeper(level - 1, busy);
	else if (!busy)
		pause();
	else
		for (;;)
			spun++;
	/* Not the last call: each level keeps its frame. */
	__asm__ volatile("" : : "r"(room) : "memory");
	return r;
}

static void *sleeper(void *busy)
{
	return deeper(8, busy != NULL);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;
	int busy = argc > 2;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 1; i < count; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &attr, sleeper, busy && i == count - 1 ? &busy : NULL))
			return 1;
	}
	printf("%d\n", getpid());
	fflush(stdout);
	return deeper(8, 0) ? 0 : 1;
}
