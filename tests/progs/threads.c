/* threads SLEEPERS BUSY [churn|vfork|epoll|signal|gap|lost|leader|SIGNALS]: a process with threads that sleep and
 * threads that run, each with a mark on its stack. It writes "ready" when all are there. SIGRTMIN is counted, and how
 * often epoll_wait(2) was interrupted; at the end of standard input it writes both and exits, when SIGNALS have come or
 * never will. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MARK 0x6b72616d2061206eUL

static volatile unsigned long turns;
static int counted, awaited, interrupted;
static pthread_barrier_t all;

static void count(int signal)
{
	(void)signal;
	__atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
}

static void *sleep_on(void *context)
{
	volatile unsigned long mark[2] = { MARK, MARK };

	(void)context;
	pthread_barrier_wait(&all);
	for (;;) {
		pause();
		turns += mark[0] != mark[1];
	}
	return NULL;
}

static void *run_on(void *context)
{
	volatile unsigned long mark[2] = { MARK, MARK };

	(void)context;
	pthread_barrier_wait(&all);
	for (;;)
		turns += mark[0] == mark[1];
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

/* Held in the kernel until the child is killed. */
static void *wait_in_vfork(void *context)
{
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return context;
}

static void *wait_for_events(void *context)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)context;
	for (;;)
		if (epoll_wait(fd, &event, 1, -1) < 0 && errno == EINTR)
			__atomic_add_fetch(&interrupted, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void sleep_in_handler(int signal)
{
	(void)signal;
	for (;;)
		pause();
}

/* Asleep in a signal's handler, on a stack of its own. */
static void *handle_signal(void *context)
{
	volatile unsigned long mark[2] = { MARK, MARK };
	static char other[64 << 10];

	sigaltstack(&(stack_t){ .ss_sp = other, .ss_size = sizeof other }, NULL);
	sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = sleep_in_handler, .sa_flags = SA_ONSTACK }, NULL);
	pthread_kill(pthread_self(), SIGUSR2);
	turns += mark[0] != mark[1];
	return context;
}

/* Much of its stack was never touched. */
static __attribute__((noinline)) void sleep_below_gap(void)
{
	char gap[24 << 10];

	__asm__ volatile("" : : "r"(gap) : "memory");
	for (;;)
		pause();
}

static void *leave_gap(void *context)
{
	volatile unsigned long mark[2] = { MARK, MARK };

	sleep_below_gap();
	turns += mark[0] != mark[1];
	return context;
}

#ifdef __x86_64__
/* Without a stack: its pointer is 0. 34 is pause(2). */
static void *lose_stack(void *context)
{
	__asm__ volatile("xor %%esp, %%esp\n1: mov $34, %%eax\nsyscall\njmp 1b" : : : "memory", "rax", "rcx", "r11");
	return context;
}
#else
#define lose_stack end_at_once
#endif

static void start(void *(*function)(void *), int times)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 0; i < times; i++)
		if (pthread_create(&thread, &small, function, NULL) != 0)
			abort();
}

/* Standard input's end, in whichever thread. */
static void *await_end(void *context)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR)
		errno = 0;
	for (int tries = 0; __atomic_load_n(&counted, __ATOMIC_SEQ_CST) < awaited && tries < 4000; tries++)
		usleep(10000);
	printf("%d %d\n", __atomic_load_n(&counted, __ATOMIC_SEQ_CST), __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST));
	fflush(stdout);
	_exit(0);
	return context;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void *(*function)(void *); } kinds[] = {
		{ "churn", churn }, { "vfork", wait_in_vfork }, { "epoll", wait_for_events },
		{ "signal", handle_signal }, { "gap", leave_gap }, { "lost", lose_stack },
		{ "leader", await_end },
	};
	const char *kind = argc > 3 ? argv[3] : "";
	int sleepers = argc > 2 ? atoi(argv[1]) : 0, busy = argc > 2 ? atoi(argv[2]) : 0;

	awaited = atoi(kind);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* Yama: the one that stops us is no ancestor */
	sigaction(SIGRTMIN, &(struct sigaction){ .sa_handler = count, .sa_flags = SA_RESTART }, NULL);
	pthread_barrier_init(&all, NULL, (unsigned)(sleepers + busy + 1));
	start(sleep_on, sleepers);
	start(run_on, busy);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i].name) == 0)
			start(kinds[i].function, 1);
	pthread_barrier_wait(&all);
	printf("ready\n");
	fflush(stdout);
	if (strcmp(kind, "leader") == 0)
		pthread_exit(NULL);
	await_end(NULL);
	return 0;
}
