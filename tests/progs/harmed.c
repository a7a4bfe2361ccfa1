/* harmed COUNTS [idle|load|spin|churn N|private]...: a process that must take no harm. What becomes of it stands
 * in the file COUNTS, 64-bit words that `od -t u8` shows while it runs (and while it does not):
 *
 *   1  turns of a thread that spins     3  interruptions of sigtimedwait(2)     5  threads that have come and gone
 *   2  interruptions of epoll_wait(2)   4  requests that were served
 *
 * idle: two threads wait for events that never come; load: a thread serves another one's requests by epoll_wait(2);
 * churn: four threads make N short ones in all; private: it may not be looked at by its own user. Prints "ready"
 * when all have begun. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPUN, EPOLL_INTERRUPTED, SIGNAL_INTERRUPTED, SERVED, CHURNED, COUNTS };

static uint64_t *counts, churn_max;
static int request, answer;

static uint64_t add(int which)
{
	return __atomic_add_fetch(&counts[which], 1, __ATOMIC_SEQ_CST);
}

static void *spin(void *context)
{
	for (;;)
		add(SPUN);
	return context;
}

static void *wait_for_events(void *fds)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (fds)
		epoll_ctl(fd, EPOLL_CTL_ADD, request, &event);
	for (;;) {
		int r = epoll_wait(fd, &event, 1, -1);

		if (r < 0 && errno == EINTR)
			add(EPOLL_INTERRUPTED);
		if (r > 0 && eventfd_read(request, &(eventfd_t){ 0 }) == 0 && eventfd_write(answer, 1) == 0)
			add(SERVED);
	}
	return NULL;
}

/* The system call itself: musl's function does not tell of interruptions. */
static void *wait_for_signal(void *context)
{
	const uint64_t set = 1UL << (SIGUSR1 - 1);

	for (;;)
		if (syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, sizeof set) < 0 && errno == EINTR)
			add(SIGNAL_INTERRUPTED);
	return context;
}

static void *ask(void *context)
{
	for (;;)
		if (eventfd_write(request, 1) < 0 || eventfd_read(answer, &(eventfd_t){ 0 }) < 0)
			abort();
	return context;
}

static void *end_at_once(void *context)
{
	add(CHURNED);
	return context;
}

static void *churn(void *context)
{
	pthread_t thread;

	while (counts[CHURNED] < churn_max)
		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
			pthread_join(thread, NULL);
	for (;;)
		pause();
	return context;
}

static void start(void *(*function)(void *), void *context)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, context) != 0)
		abort();
}

static void begin(const char *what, const char *number)
{
	if (!strcmp(what, "spin"))
		start(spin, NULL);
	if (!strcmp(what, "idle")) {
		start(wait_for_events, NULL);
		start(wait_for_signal, NULL);
	}
	if (!strcmp(what, "load")) {
		start(wait_for_events, counts);
		start(ask, NULL);
	}
	if (!strcmp(what, "private"))
		prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(what, "churn") && number) {
		churn_max = strtoull(number, NULL, 10);
		for (int i = 0; i < 4; i++)
			start(churn, NULL);
	}
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd < 0 || ftruncate(fd, COUNTS * sizeof *counts) < 0)
		return 2;
	counts = mmap(NULL, COUNTS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	request = eventfd(0, EFD_CLOEXEC);
	answer = eventfd(0, EFD_CLOEXEC);
	if (counts == MAP_FAILED || request < 0 || answer < 0)
		return 1;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* Yama: who looks is no ancestor */
	for (int i = 2; i < argc; i++)
		begin(argv[i], argv[i + 1]);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
