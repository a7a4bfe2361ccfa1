/* wrapped.h: the test program run again as an event listener, below wrappers or not. */
#ifndef TESTS_WRAPPED_H
#define TESTS_WRAPPED_H

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/oome/supervisor.h"
#include "core/cleanup.h"

/* Not /proc/self/exe itself, which valgrind takes for its own program. */
static char wrapped_program[PATH_MAX];

/* The listener: what it finds goes to stdout. With "nobody" it may read no environment but its own. */
static inline int wrapped_listener(const char *user)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	int error = procfs_open("/proc", &proc);

	if (!error && !strcmp(user, "nobody") && setuid(65534))
		error = -errno;
	if (!error)
		error = supervisor_find(&proc, &ref);
	printf("%d\n", error ? error : ref.pid);
	return 0;
}

/* A wrapper: "wrap NAME USER" runs a listener called NAME below it. It says who it is itself. */
static inline int wrapped_wrapper(char *name, char *user)
{
	char *const argv[] = { (char *)"test", (char *)"listen", user, NULL };
	pid_t pid = fork();

	if (!pid) {
		setenv("SUPERVISOR_PROCESS_NAME", name, 1);
		execv(wrapped_program, argv);
		_exit(127);
	}
	printf("wrapper %d\n", getpid());
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

/* Start ARGV as supervisord would: in its own process group, with NAME and GROUP (NULL: none) in its environment.
 * All that it prints comes to TEXT. */
static inline void wrapped_run(char *const argv[], const char *name, const char *group, char text[static 128])
{
	size_t len = 0;
	ssize_t n;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (name)
			setenv("SUPERVISOR_PROCESS_NAME", name, 1);
		if (group)
			setenv("SUPERVISOR_GROUP_NAME", group, 1);
		execv(wrapped_program, argv);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + len, 127 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* What a listener found; RET_WRAPPER: the wrapper's pid. */
static inline long wrapped_found(const char *text, long *ret_wrapper)
{
	const char *wrapper = strstr(text, "wrapper ");
	const char *own = wrapper == text ? strchr(text, '\n') + 1 : text;

	*ret_wrapper = wrapper ? strtol(wrapper + 8, NULL, 10) : 0;
	return strtol(own, NULL, 10);
}

/* To be called first in main(): >= 0 is the exit status of a listener or a wrapper, -1 means that this is the test. */
static inline int wrapped_main(int argc, char **argv)
{
	if (readlink("/proc/self/exe", wrapped_program, sizeof(wrapped_program) - 1) < 0)
		return 1;
	if (argc == 3 && !strcmp(argv[1], "listen"))
		return wrapped_listener(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "wrap"))
		return wrapped_wrapper(argv[2], argv[3]);
	return -1;
}

#endif
