/* notify.h: a socket of sd_notify(3) for a test. */
#ifndef TESTS_NOTIFY_H
#define TESTS_NOTIFY_H

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/notify.h"

static struct notify notify;
static struct notify_message m;
static struct notify_sender sender;

static inline const char *address(void)
{
	return notify.env + strlen("NOTIFY_SOCKET=");
}

static inline void open_one(void)
{
	notify = NOTIFY_NONE;
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(notify_open(&notify), 0);
}

static inline void close_one(void)
{
	notify_done(&notify);
}

/* Into M and SENDER. */
static inline int receive(void)
{
	return notify_receive(&notify, &m, &sender);
}

static inline int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static inline int limit_descriptors(rlim_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	limit.rlim_cur = count;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Run PLAY in a process of its own; it says what is wrong by its exit status. */
static inline void in_child(int (*play)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(play());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "the child ended with 0x%x", status);
}

#endif
