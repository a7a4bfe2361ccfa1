/* Lines on stderr: whole, harmless, one write each, errno kept. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/log.h"
#include "tests/capture.h"

START_TEST(lines_and_failures)
{
	struct capture c;

	capture_begin(&c, STDERR_FILENO);
	log_fail("no prefix yet");
	log_prefix("procguard oome");
	log_line("%s restarted", "webapp");
	log_fail("cannot read '%s': %s", "/x", log_errno(-EACCES));
	log_prefix(NULL);
	ck_assert_str_eq(capture_end(&c), "no prefix yet\nwebapp restarted\n"
			 "procguard oome: cannot read '/x': Permission denied\n");
}
END_TEST

START_TEST(controls_cannot_forge_a_line)
{
	struct capture c;

	capture_begin(&c, STDERR_FILENO);
	log_prefix("a\nb");
	log_fail("'%s' \xc3\xa9", "x\nprocguard: all is well\x1b[2J\xff");
	log_prefix(NULL);
	ck_assert_str_eq(capture_end(&c), "a\\x0ab: 'x\\x0aprocguard: all is well\\x1b[2J\\xff' \xc3\xa9\n");
}
END_TEST

START_TEST(long_lines_are_cut)
{
	static char text[20000];
	struct capture c;
	const char *seen;

	memset(text, 'x', sizeof(text) - 1);
	capture_begin(&c, STDERR_FILENO);
	log_line("%s", text);
	log_line("behind it");
	seen = capture_end(&c);
	ck_assert_uint_eq(strcspn(seen, "\n"), 4095);
	ck_assert_str_eq(seen + 4095 - 4, "x...\nbehind it\n");

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? '\n' : '\t'; /* four times as long when escaped */
	capture_begin(&c, STDERR_FILENO);
	log_line("%s", text);
	seen = capture_end(&c);
	ck_assert_uint_eq(strcspn(seen, "\n"), strlen(seen) - 1);
	ck_assert_uint_le(strlen(seen), 4096);
	ck_assert_str_eq(strstr(seen, "...\n"), "...\n");
	ck_assert_uint_eq((strlen(seen) - 4) % 4, 0); /* no escape is torn */
}
END_TEST

START_TEST(as_long_as_may_be)
{
	static char text[4093];
	struct capture c;
	const char *seen;

	memset(text, 'x', 4092);
	capture_begin(&c, STDERR_FILENO);
	log_line("%s", text);
	seen = capture_end(&c);
	ck_assert_uint_eq(strlen(seen), 4093);
	ck_assert_str_eq(seen + 4090, "xx\n");
}
END_TEST

START_TEST(one_line_is_one_write)
{
	int saved = dup(STDERR_FILENO), ends[2];
	char seen[100];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_prefix("p");
	log_fail("one");
	log_line("two %d", 2);
	log_prefix(NULL);
	dup2(saved, STDERR_FILENO);
	ck_assert_int_eq(recv(ends[0], seen, sizeof(seen), MSG_DONTWAIT), 7);
	ck_assert_int_eq(recv(ends[0], seen, sizeof(seen), MSG_DONTWAIT), 6);
	ck_assert_mem_eq(seen, "two 2\n", 6);
	close(ends[0]);
	close(ends[1]);
	close(saved);
}
END_TEST

START_TEST(errno_is_kept_and_a_closed_stderr_is_no_harm)
{
	int saved = dup(STDERR_FILENO);
	struct capture c;

	capture_begin(&c, STDERR_FILENO);
	errno = ENOSPC;
	log_line("errno is %m"); /* read before anything changes it */
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_str_eq(capture_end(&c), "errno is No space left on device\n");

	close(STDERR_FILENO);
	errno = ENOSPC;
	log_line("nobody reads this");
	log_fail("nor this");
	ck_assert_int_eq(errno, ENOSPC);
	dup2(saved, STDERR_FILENO);
	close(saved);
}
END_TEST

/* Wait until PID sleeps: "7 (test_log) S ..." in proc(5)'s stat. */
static void await_sleep(pid_t pid)
{
	char path[64], stat[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 900; i++, usleep(1000)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, stat, sizeof(stat) - 1);

		close(fd);
		stat[n > 0 ? n : 0] = '\0';
		if (strstr(stat, ") S "))
			return;
	}
}

/* A full pipe that does not block: the line follows when there is room. */
START_TEST(a_full_pipe_that_drains_gets_everything)
{
	int saved = dup(STDERR_FILENO), ends[2], size, status;
	static char junk[1 << 16], seen[1 << 18];
	size_t sum = 0;
	ssize_t n;
	pid_t reader;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	size = fcntl(ends[1], F_SETPIPE_SZ, 4096);
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq(write(ends[1], junk, (size_t)size), size);
	reader = fork();
	ck_assert_int_ge(reader, 0);
	if (reader == 0) { /* make room once the writer waits for it */
		await_sleep(getppid());
		n = read(ends[0], seen, (size_t)size);
		_exit(n == size ? 0 : 1);
	}
	dup2(ends[1], STDERR_FILENO);
	log_line("came through");
	dup2(saved, STDERR_FILENO);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
	while ((n = read(ends[0], seen + sum, sizeof(seen) - sum)) > 0)
		sum += (size_t)n;
	ck_assert_uint_eq(sum, 13);
	ck_assert_mem_eq(seen, "came through\n", 13);
	close(ends[0]);
	close(ends[1]);
	close(saved);
}
END_TEST

/* The same for a guard, and the pipe blocks: a line is lost, and so is the next, without a wait; read, it has room. */
START_TEST(a_guard_does_not_wait_for_readers)
{
	int saved = dup(STDERR_FILENO), ends[2], size;
	static char junk[1 << 16];
	char seen[100];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	size = fcntl(ends[1], F_SETPIPE_SZ, 8192); /* to poll(2) a page that is begun is full */
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq(write(ends[1], junk, (size_t)size), size);
	dup2(ends[1], STDERR_FILENO);
	log_never_block();
	errno = ENOSPC;
	for (int i = 0; i < 1000; i++)
		log_line("lost %d", i);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(read(ends[0], junk, (size_t)size), size);
	log_line("there");
	log_line("is room");
	dup2(saved, STDERR_FILENO);
	ck_assert_int_eq(read(ends[0], seen, sizeof seen), 14);
	ck_assert_mem_eq(seen, "there\nis room\n", 14);
	close(ends[0]);
	close(ends[1]);
	close(saved);
}
END_TEST

START_TEST(texts_of_errors)
{
	ck_assert_str_eq(log_errno(ENOENT), log_errno(-ENOENT));
	ck_assert_str_eq(log_errno(-ENOENT), "No such file or directory");
	ck_assert_ptr_nonnull(log_errno(INT_MIN));
	ck_assert_ptr_nonnull(log_errno(99999));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *cases = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, lines_and_failures);
	tcase_add_test(cases, controls_cannot_forge_a_line);
	tcase_add_test(cases, long_lines_are_cut);
	tcase_add_test(cases, as_long_as_may_be);
	tcase_add_test(cases, one_line_is_one_write);
	tcase_add_test(cases, errno_is_kept_and_a_closed_stderr_is_no_harm);
	tcase_add_test(cases, a_full_pipe_that_drains_gets_everything);
	tcase_add_test(cases, texts_of_errors);
	tcase_add_test(cases, a_guard_does_not_wait_for_readers);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
