/* hang.c: where the kernel holds the memory map of a process locked, whoever reads its command line hangs in a wait
 * that only a signal ends by which a process dies (mmap_lock, taken killable): so SIGALRM must be one. */
#include "applets/gmr/hang.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

enum { GRACE_MS = 10000 };

static void end_behind(int64_t ms)
{
	const struct itimerval timer = { .it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

void hang_end_behind(int64_t ms)
{
	sigset_t set;

	signal(SIGALRM, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	end_behind(ms + GRACE_MS);
}

void hang_is_over(void)
{
	end_behind(0);
}
