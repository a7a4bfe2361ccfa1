/* taker handler|sigwait|signalfd|worker|one|ignored|none: a program that takes SIGUSR2 in this way, says "took it" on
 * stderr, and ends. "one": blocked in the main thread, not in a second one; "worker": by signalfd, while a second
 * thread blocks all signals, those of the C library, too. It says "ready" on stdout first. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static void handler(int signal)
{
	static const char text[] = "took it\n";

	(void)signal;
	_exit(write(STDERR_FILENO, text, sizeof text - 1) < 0);
}

static void *sleeper(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static void *worker(void *nothing)
{
	static const unsigned long long all = ~0ULL;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	return sleeper(nothing);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "none";
	pthread_t thread;
	struct signalfd_siginfo info;
	sigset_t set;
	int taken;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	if (!strcmp(way, "handler"))
		signal(SIGUSR2, handler);
	else if (!strcmp(way, "ignored"))
		signal(SIGUSR2, SIG_IGN);
	if (!strcmp(way, "one") && pthread_create(&thread, NULL, sleeper, NULL) != 0)
		return 1;
	if (!strcmp(way, "sigwait") || !strcmp(way, "signalfd") || !strcmp(way, "one") ||
	    !strcmp(way, "worker"))
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (!strcmp(way, "worker") && pthread_create(&thread, NULL, worker, NULL) != 0)
		return 1;
	puts("ready");
	fflush(stdout);
	if (!strcmp(way, "sigwait") && sigwait(&set, &taken) == 0)
		handler(taken);
	if ((!strcmp(way, "signalfd") || !strcmp(way, "worker")) &&
	    read(signalfd(-1, &set, 0), &info, sizeof info) == sizeof info)
		handler((int)info.ssi_signo);
	sleeper(NULL);
}
