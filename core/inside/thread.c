/* thread.c: see helper.h. */
#include "core/inside/helper.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

/* Faults are not blocked: a program's handler for them is called as ever, and a blocked one would kill it as well. */
static void all_but_faults(sigset_t *ret)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };

	sigfillset(ret);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigdelset(ret, faults[i]);
}

/* What libc keeps on a thread's stack, thread-local data, can be much. */
static size_t stack_size(void)
{
	long least = sysconf(_SC_THREAD_STACK_MIN);

	return HELPER_STACK + (least > 0 ? (size_t)least : 0);
}

int thread_start(void *(*run)(void *context), void *context)
{
	pthread_attr_t attributes;
	sigset_t mask, before;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	all_but_faults(&mask);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	r = pthread_attr_setstacksize(&attributes, stack_size());
	if (r == 0) {
		pthread_sigmask(SIG_SETMASK, &mask, &before);
		r = pthread_create(&thread, &attributes, run, context);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return -r;
}

void thread_name(void)
{
	prctl(PR_SET_NAME, "gmr");
}

void thread_wait(const uint32_t *word, uint32_t value, int64_t until_ns)
{
	int64_t left = until_ns - clock_ns();
	const struct timespec time = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };

	if (until_ns != 0 && left <= 0)
		return;
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, until_ns ? &time : NULL, NULL, 0);
}

void thread_wake(const uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
