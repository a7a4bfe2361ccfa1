#include "core/sig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* musl has no name tables, and glibc has sigabbrev_np(3) since 2.32 only. Aliases stand behind the proper names. */
static const struct { int number; const char *name; } names[] = {
	{ SIGHUP, "SIGHUP" }, { SIGINT, "SIGINT" }, { SIGQUIT, "SIGQUIT" }, { SIGILL, "SIGILL" },
	{ SIGTRAP, "SIGTRAP" }, { SIGABRT, "SIGABRT" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
	{ SIGKILL, "SIGKILL" }, { SIGUSR1, "SIGUSR1" }, { SIGSEGV, "SIGSEGV" }, { SIGUSR2, "SIGUSR2" },
	{ SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" }, { SIGTERM, "SIGTERM" }, { SIGCHLD, "SIGCHLD" },
	{ SIGCONT, "SIGCONT" }, { SIGSTOP, "SIGSTOP" }, { SIGTSTP, "SIGTSTP" }, { SIGTTIN, "SIGTTIN" },
	{ SIGTTOU, "SIGTTOU" }, { SIGURG, "SIGURG" }, { SIGXCPU, "SIGXCPU" }, { SIGXFSZ, "SIGXFSZ" },
	{ SIGVTALRM, "SIGVTALRM" }, { SIGPROF, "SIGPROF" }, { SIGWINCH, "SIGWINCH" }, { SIGIO, "SIGIO" },
	{ SIGPWR, "SIGPWR" }, { SIGSYS, "SIGSYS" },
#ifdef SIGSTKFLT /* not on every architecture */
	{ SIGSTKFLT, "SIGSTKFLT" },
#endif
	{ SIGABRT, "SIGIOT" }, { SIGCHLD, "SIGCLD" }, { SIGIO, "SIGPOLL" },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

const char *sig_name(int signal, char buffer[24])
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].number == signal)
			return names[i].name;
	if (signal == SIGRTMIN)
		return "SIGRTMIN";
	if (signal > SIGRTMIN && signal <= SIGRTMAX)
		snprintf(buffer, 24, "SIGRTMIN+%d", signal - SIGRTMIN);
	else
		snprintf(buffer, 24, "signal %d", signal);
	return buffer;
}

/* A number from LEAST to MOST in plain digits. */
static int small_number(const char *text, int least, int most)
{
	char *end;
	long n;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || n < least || n > most)
		return -EINVAL;
	return (int)n;
}

/* "RTMIN", "RTMIN+3", "RTMAX-2": what follows the first five letters is the distance. */
static int realtime_number(const char *text)
{
	int sign = strncasecmp(text, "RTMAX", 5) ? 1 : -1;
	int base = sign > 0 ? SIGRTMIN : SIGRTMAX, distance;

	if (sign > 0 && strncasecmp(text, "RTMIN", 5))
		return -EINVAL;
	if (!text[5])
		return base;
	if (text[5] != (sign > 0 ? '+' : '-'))
		return -EINVAL;
	distance = small_number(text + 6, 0, SIGRTMAX - SIGRTMIN);
	return distance < 0 ? distance : base + sign * distance;
}

int sig_number(const char *text)
{
	int number = small_number(text, 1, SIGRTMAX);

	if (number > 0)
		return number;
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (size_t i = 0; i < NAMES; i++)
		if (!strcasecmp(text, names[i].name + 3))
			return names[i].number;
	return realtime_number(text);
}

/* Handlers first: a signal that waits behind the mask must not run a handler of the parent in the child. */
void sig_reset(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal <= SIGRTMAX; signal++)
		sigaction(signal, &action, NULL); /* KILL, STOP and the C library's own answer EINVAL */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void sig_ignore_pipe(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &action, NULL);
}
