/* All is written, also to what does not block. */
#include "core/write_all.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sig.h"
#include "tests/suite.h"

enum { LEN = 1 << 20 }; /* more than a pipe holds */

static char data[LEN];

/* Reads FD, once it is full, until its end: 0 where that were the bytes of DATA. */
static int read_all(int fd, int writer)
{
	static char got[LEN];
	struct pollfd full = { .fd = writer, .events = POLLOUT };
	size_t len = 0;
	ssize_t n;

	while (poll(&full, 1, 0) != 0)
		poll(NULL, 0, 2);
	close(writer);
	while ((n = read(fd, got + len, LEN - len)) > 0)
		len += (size_t)n;
	return len < LEN || memcmp(got, data, LEN);
}

START_TEST(waits)
{
	int ends[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | (_i ? O_NONBLOCK : 0)), 0);
	for (size_t i = 0; i < LEN; i++)
		data[i] = (char)(i * 7 + i / 256);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fcntl(ends[0], F_SETFL, 0);
		_exit(read_all(ends[0], ends[1]));
	}
	close(ends[0]);
	ck_assert_int_eq(write_all(ends[1], data, LEN), 0);
	close(ends[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(fails)
{
	int ends[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	sig_ignore_pipe();
	ck_assert_int_eq(write_all(full, data, 1), -ENOSPC);
	ck_assert_int_eq(write_all(full, data, 0), 0);
	ck_assert_int_eq(write_all(-1, data, 1), -EBADF);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	close(ends[0]);
	ck_assert_int_eq(write_all(ends[1], data, 1), -EPIPE);
	close(ends[1]);
	close(full);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("write_all");

	tcase_add_loop_test(tests, waits, 0, 2);
	tcase_add_test(tests, fails);
	return suite_run("write_all", tests);
}
