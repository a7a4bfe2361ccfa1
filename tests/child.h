/* child.h: children of a test, and waiting for a condition with a deadline. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child that does nothing until it is killed; it ends with the test. It asserts nothing: each assertion is written to
 * a file that the test has, too. */
static inline pid_t child_start(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ck_assert_int_ge(pid, 0);
	return pid;
}

static inline void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Wait until the child PID has ended; it stays a zombie. */
static inline void child_await_zombie(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* Up to SIZE bytes of the file NAME of /proc/PID, or none. */
static inline ssize_t child_proc(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, ret, size);
	close(fd);
	return n > 0 ? n : 0;
}

/* Has the child PID, which has an environment, become the program whose comm is NAME? execve(2) sets the name and the
 * executable first, and where the words and the environment are (in this order) later. */
static inline bool child_runs(pid_t pid, const char *name)
{
	char comm[32];
	ssize_t n = child_proc(pid, "comm", comm, sizeof comm);

	return n == (ssize_t)strlen(name) + 1 && !strncmp(comm, name, strlen(name)) &&
	       child_proc(pid, "environ", comm, sizeof comm) > 0;
}

static inline double child_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Evaluate CONDITION until it holds, for 50 seconds (slow machines, valgrind) at most. */
#define CHILD_UNTIL(condition)                                                             \
	do {                                                                               \
		double end_ = child_now() + 50;                                            \
		while (!(condition)) {                                                     \
			ck_assert_msg(child_now() < end_, "never came true: " #condition); \
			poll(NULL, 0, 2);                                                  \
		}                                                                          \
	} while (0)

#endif
