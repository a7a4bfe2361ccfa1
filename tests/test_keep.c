/* Which descriptors are kept. */
#include "core/keep.h"

#include <check.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"

enum { LAST = 40 };

/* Keep FDS in a child. Returns which of 3 to LAST are open there: "x..x" for 3 and 6. */
static const char *kept(int *fds, size_t count)
{
	static char text[LAST + 1];
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char open_here[LAST + 1];

		dup2(ends[1], STDIN_FILENO);
		for (int fd = 3; fd <= LAST; fd++)
			if (dup2(ends[1], fd) < 0)
				_exit(1);
		keep_only(fds, count);
		for (int fd = 3; fd <= LAST; fd++)
			open_here[fd - 3] = fcntl(fd, F_GETFD) < 0 ? '.' : 'x';
		_exit(write(STDIN_FILENO, open_here, LAST - 2) != LAST - 2 || fcntl(STDERR_FILENO, F_GETFD) < 0);
	}
	close(ends[1]);
	n = read(ends[0], text, LAST);
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(n, LAST - 2);
	text[n] = '\0';
	return text;
}

START_TEST(only_those)
{
	ck_assert_str_eq(kept((int[]){ 7, 3, -1, 9, 0, 8, 7, -13 }, 8), "x...xxx...............................");
	ck_assert_str_eq(kept((int[]){ LAST, 4 }, 2), ".x...................................x");
	ck_assert_str_eq(kept((int[]){ 1 }, 0), "......................................");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("keep");

	tcase_add_test(tests, only_those);
	return suite_run("keep", tests);
}
