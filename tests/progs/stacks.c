/* stacks N [busy] [signal] [frame BYTES]: N threads below a few calls, for tests that read their stacks from outside.
 * The main thread reads a pipe, in a signal's handler with a stack of its own where asked for, the others sleep in
 * nanosleep(2), poll(2), a condition or read(2); the last is busy where asked for. BYTES: of one frame of each. Prints
 * "ready" when all are where they stay. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_barrier_t all;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int frame_bytes, silent[2];
static volatile unsigned long spun;

#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif

static APART int rest_in_read(void)
{
	char byte;

	return (int)read(silent[0], &byte, 1) + 1;
}

static APART int rest_in_poll(void)
{
	struct pollfd fd = { .fd = silent[0], .events = POLLIN };

	return poll(&fd, 1, -1) + 1;
}

static APART int rest_in_nanosleep(void)
{
	struct timespec t = { .tv_sec = 100000 };

	return nanosleep(&t, NULL) + 1;
}

static APART int rest_in_condition(void)
{
	pthread_mutex_lock(&mutex);
	while (spun + 1)
		pthread_cond_wait(&never, &mutex);
	return 1;
}

static void handler(int signal)
{
	int r = rest_in_read();

	__asm__ volatile("" : "+r"(r) : "r"(signal));
}

static APART int rest_in_handler(void)
{
	static char room[65536];

	sigaltstack(&(stack_t){ .ss_sp = room, .ss_size = sizeof(room) }, NULL);
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handler, .sa_flags = SA_ONSTACK }, NULL);
	return raise(SIGUSR1) + 1;
}

static APART int be_busy(void)
{
	while (spun + 1)
		spun++;
	return 0;
}

static int (*const kinds[])(void) = { rest_in_read, rest_in_poll, rest_in_nanosleep, rest_in_condition };

static APART int inner(int (*kind)(void))
{
	int r = kind();

	__asm__ volatile("" : "+r"(r));
	return r + 1;
}

/* A frame of any size: its end alone is touched. */
static APART int wide(int (*kind)(void))
{
	char *room = __builtin_alloca((size_t)frame_bytes + 16);
	int r;

	room[0] = (char)frame_bytes;
	__asm__ volatile("" : : "r"(room) : "memory");
	r = inner(kind);
	__asm__ volatile("" : "+r"(r) : "r"(room) : "memory");
	return r + 1;
}

static APART int recursive(int level, int (*kind)(void))
{
	int r = level > 0 ? recursive(level - 1, kind) : wide(kind);

	__asm__ volatile("" : "+r"(r));
	return r + 1;
}

static void *work(void *kind)
{
	pthread_barrier_wait(&all);
	return recursive(3, *(int (**)(void))kind) ? NULL : kind;
}

int main(int argc, char **argv)
{
	static int (*busy)(void) = be_busy;
	int (*kind_of_main)(void) = rest_in_read;
	int count = argc > 1 ? atoi(argv[1]) : 1, is_busy = 0;
	pthread_attr_t attr;

	for (int i = 2; i < argc; i++) {
		is_busy |= !strcmp(argv[i], "busy");
		if (!strcmp(argv[i], "signal"))
			kind_of_main = rest_in_handler;
		if (!strcmp(argv[i], "frame") && i + 1 < argc)
			frame_bytes = atoi(argv[++i]);
	}
	if (pipe(silent) || pthread_barrier_init(&all, NULL, (unsigned)count))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)(256 * 1024 + 2 * frame_bytes));
	for (int i = 1; i < count; i++) {
		void *kind = is_busy && i == count - 1 ? (void *)&busy : (void *)&kinds[i % 4];
		pthread_t thread;

		if (pthread_create(&thread, &attr, work, kind))
			return 1;
	}
	pthread_barrier_wait(&all);
	puts("ready");
	fflush(stdout);
	return recursive(2, kind_of_main) ? 0 : 1;
}
