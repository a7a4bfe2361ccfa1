/* victim: a program that notes when it was started and when it was asked to stop.
 *
 *   victim RECORD      appends "start NANOSECONDS" and "stop NANOSECONDS" of CLOCK_MONOTONIC */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int note(const char *path, const char *word)
{
	struct timespec t;
	int fd;

	clock_gettime(CLOCK_MONOTONIC, &t);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 || dprintf(fd, "%s %jd%09ld\n", word, (intmax_t)t.tv_sec, t.tv_nsec) < 0 || close(fd) < 0;
}

int main(int argc, char **argv)
{
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (argc != 2 || note(argv[1], "start"))
		return 1;
	while (sigwait(&set, &signal) != 0)
		;
	return note(argv[1], "stop");
}
