/* threads SLEEPERS BUSY [churn|vfork|stack]: a process with threads that sleep and threads that run. It writes "ready" when all
 * are there. SIGUSR1 is counted; at the end of standard input it writes how often and exits. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile sig_atomic_t counted;
static volatile unsigned long turns;

static void count(int signal)
{
	(void)signal;
	counted++;
}

static void *sleep_on(void *context)
{
	(void)context;
	for (;;)
		pause();
	return NULL;
}

static void *run_on(void *context)
{
	(void)context;
	for (;;)
		turns++;
	return NULL;
}

static void *end_at_once(void *context)
{
	return context;
}

/* Threads that come and go. */
static void *churn(void *context)
{
	pthread_t thread;

	(void)context;
	for (;;)
		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
			pthread_join(thread, NULL);
	return NULL;
}

/* A thread that is held in the kernel until its child is killed. */
static void *wait_in_vfork(void *context)
{
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return context;
}

static void start(void *(*function)(void *), const char *times)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int n = atoi(times); n > 0; n--)
		if (pthread_create(&thread, &small, function, NULL) != 0)
			abort();
}

int main(int argc, char **argv)
{
	char byte;

	if (argc < 3)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = count, .sa_flags = SA_RESTART }, NULL);
	start(sleep_on, argv[1]);
	start(run_on, argv[2]);
	if (argc > 3 && strcmp(argv[3], "churn") == 0)
		start(churn, "1");
	if (argc > 3 && strcmp(argv[3], "vfork") == 0)
		start(wait_in_vfork, "1");
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	printf("%d\n", (int)counted);
	return 0;
}
