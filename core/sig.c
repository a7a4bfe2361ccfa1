#include "core/sig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/span.h"

/* musl has no name tables, and glibc has sigabbrev_np(3) since 2.32 only. */
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

/* What stands behind "SIG". */
static int parse_name(const char *text)
{
	struct span rest = span_of(text, strlen(text));
	uint64_t above = 0;

	for (size_t i = 0; i < NAMES; i++)
		if (!strcmp(names[i].name + strlen("SIG"), text))
			return names[i].number;
	if (!span_take_prefix(&rest, "RTMIN"))
		return -EINVAL;
	if (span_len(&rest) == 0)
		return SIGRTMIN;
	if (!span_take_prefix(&rest, "+") ||
	    span_take_number(&rest, (uint64_t)(SIGRTMAX - SIGRTMIN), &above) < 0 || span_len(&rest) > 0)
		return -EINVAL;
	return SIGRTMIN + (int)above;
}

int sig_parse(const char *text, int *ret)
{
	struct span rest = span_of(text, strlen(text));
	uint64_t number = 0;
	int r;

	if (span_take_number(&rest, (uint64_t)SIGRTMAX, &number) == 0)
		r = number > 0 && span_len(&rest) == 0 ? (int)number : -EINVAL;
	else
		r = parse_name(!strncmp(text, "SIG", 3) ? text + 3 : text);
	if (r < 0)
		return r;
	*ret = r;
	return 0;
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

pid_t sig_fork(void)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		return 0;
	if (pid < 0)
		pid = -errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

void sig_ignore_pipe(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}
