/* mid_stop.c: for LD_PRELOAD below gmr: something happens in mid-stop, right before the first thread is let go. MID_STOP
 * says what:
 *
 *   kill   gmr is killed; the child of its that has stopped the threads, which is us, does nothing any more
 *   stop   we are stopped
 *   wait   we say "in mid-stop" on stderr, and go on when gmr itself has been stopped
 *
 * Writes the file "in-mid-stop" first, so that a test can see that it was there at all. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

/* 17 (procguard) S 16 ...; proc(5) */
static char parent_state(void)
{
	char path[64], stat[512] = "", *end;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '?';
	if (read(fd, stat, sizeof stat - 1) < 0)
		stat[0] = '\0';
	close(fd);
	end = strrchr(stat, ')');
	return end && end[1] ? end[2] : '?';
}

static void happen(const char *what)
{
	int fd = open("in-mid-stop", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		abort();
	close(fd);
	if (!strcmp(what, "kill"))
		kill(getppid(), SIGKILL);
	if (!strcmp(what, "stop"))
		raise(SIGSTOP);
	while (!strcmp(what, "kill"))
		pause();
	if (strcmp(what, "wait") != 0 || write(STDERR_FILENO, "in mid-stop\r\n", 13) < 0)
		return;
	while (parent_state() != 'T')
		usleep(1000);
}

__attribute__((visibility("default"))) long ptrace(enum __ptrace_request request, ...)
{
	static long (*next)(enum __ptrace_request request, ...);
	static int seen;
	void *address, *data;
	va_list list;
	pid_t pid;

	va_start(list, request);
	pid = va_arg(list, pid_t);
	address = va_arg(list, void *);
	data = va_arg(list, void *);
	va_end(list);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_DETACH && !seen++ && getenv("MID_STOP"))
		happen(getenv("MID_STOP"));
	return next(request, pid, address, data);
}
