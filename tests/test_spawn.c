/* Starting children: what they get, and what the caller is told. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/spawn.h"

#define ARGV(...) ((char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV((char *)"sh", (char *)"-c", (char *)(script))

static int wait_status(pid_t pid)
{
	int status = -1;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* What a shell script prints on its stdout; ENDS of the pipe stay as they are. */
static void output_of(struct spawn s, struct buf *ret)
{
	CLEANUP(fd_done) int from = -1;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	from = ends[0];
	s.out = ends[1];
	pid = spawn_start(&s);
	close(ends[1]);
	ck_assert_int_eq(buf_read_fd(ret, from), 0);
	wait_status(pid);
}

#define ck_assert_output(text, ...) do { \
	CLEANUP(buf_done) struct buf out_ = BUF(4096); \
	struct spawn s_ = { .in = -1, .out = -1, .err = -1, __VA_ARGS__ }; \
	output_of(s_, &out_); \
	ck_assert_str_eq(out_.data ? out_.data : "", text); \
} while (0)

START_TEST(exec_errors_are_told)
{
	struct spawn none = { .argv = ARGV((char *)"no-such-command-anywhere"), .in = -1, .out = -1, .err = -1 };
	struct spawn directory = { .argv = ARGV((char *)"/"), .in = -1, .out = -1, .err = -1 };
	struct spawn file = { .argv = ARGV((char *)"/etc/passwd"), .in = -1, .out = -1, .err = -1 };

	ck_assert_int_eq(spawn_start(&none), -ENOENT);
	ck_assert_int_eq(spawn_start(&directory), -EACCES);
	ck_assert_int_eq(spawn_start(&file), -EACCES);
	ck_assert(!spawn_may_pass(-ENOENT) && !spawn_may_pass(-EACCES) && !spawn_may_pass(0));
	ck_assert(spawn_may_pass(-EAGAIN) && spawn_may_pass(-ENOMEM) && spawn_may_pass(-EMFILE) &&
		  spawn_may_pass(-ENFILE));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* and no zombie stays */
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(statuses_and_their_names)
{
	struct spawn code = { .argv = SH("exit 3"), .in = -1, .out = -1, .err = -1 };
	struct spawn killed = { .argv = SH("kill -TERM $$"), .in = -1, .out = -1, .err = -1 };
	char text[64];
	int status = wait_status(spawn_start(&code));

	ck_assert_int_eq(spawn_exit_status(status), 3);
	ck_assert_str_eq(spawn_describe(status, text), "exit status 3");
	status = wait_status(spawn_start(&killed));
	ck_assert_int_eq(spawn_exit_status(status), 143);
	ck_assert_str_eq(spawn_describe(status, text), "SIGTERM");
	ck_assert_str_eq(spawn_describe(SIGSEGV | 0x80, text), "SIGSEGV, core dumped");
}
END_TEST

START_TEST(stdin_environment_and_output)
{
	const char *const env[] = { "SPAWN_TEST=a=b c", NULL };

	ck_assert_output("a=b c", .argv = SH("cat; printf %s \"$SPAWN_TEST\""), .env = env);
}
END_TEST

START_TEST(variables_are_taken_out)
{
	const char *const env[] = { "SPAWN_TEST", "SPAWN_NONE", "SPAWN_EMPTY=", NULL };

	setenv("SPAWN_TEST", "ours", 1);
	setenv("SPAWN_KEPT", "kept", 1);
	ck_assert_output("unset,,unset,kept\n", .env = env,
			 .argv = SH("echo ${SPAWN_TEST-unset},${SPAWN_EMPTY-unset},${SPAWN_NONE-unset},$SPAWN_KEPT"));
	ck_assert_str_eq(getenv("SPAWN_TEST"), "ours");
	unsetenv("SPAWN_TEST");
	unsetenv("SPAWN_KEPT");
}
END_TEST

START_TEST(it_is_told_its_own_pid)
{
	const char *const env[] = { "SPAWN_PID=1", NULL };

	ck_assert_output("same\n", .argv = SH("[ $SPAWN_PID = $$ ] && echo same"), .pid_variable = "SPAWN_PID");
	ck_assert_output("same\n", .argv = SH("[ $SPAWN_PID = $$ ] && echo same"), .pid_variable = "SPAWN_PID",
			 .env = env);
	ck_assert_ptr_null(getenv("SPAWN_PID"));
}
END_TEST

START_TEST(output_without_a_place_goes_to_stderr)
{
	int ends[2], saved = dup(2);
	struct spawn s = { .argv = SH("echo out"), .in = -1, .out = -1, .err = -1 };
	char text[8] = "";

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], 2);
	wait_status(spawn_start(&s));
	dup2(saved, 2);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 4);
	ck_assert_str_eq(text, "out\n");
	close(ends[0]);
	close(saved);
}
END_TEST

START_TEST(descriptors_are_closed_or_passed_on)
{
	int fd = open("/dev/null", O_RDWR), hidden = open("/dev/null", O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(dup2(fd, 8), 8);
	ck_assert_int_eq(dup3(hidden, 9, O_CLOEXEC), 9);
	ck_assert_output("no\nno\n", .argv = SH("for n in 8 9; do [ -e /dev/fd/$n ] && echo yes || echo no; done"));
	ck_assert_output("yes\nno\n", .argv = SH("for n in 8 9; do [ -e /dev/fd/$n ] && echo yes || echo no; done"),
			 .inherit = true);
	close(8);
	close(9);
	close(fd);
	close(hidden);
}
END_TEST

/* Which of 3, 4, 8 and 9 the child has: 89 means 8 and 9. */
static int had(int keep, bool inherit)
{
	struct spawn s = {
		.argv = SH("k=0; for n in 3 4 8 9; do [ -e /dev/fd/$n ] && k=$((k * 10 + n)); done; exit $k"),
		.in = -1, .out = -1, .err = -1, .keep = keep, .inherit = inherit,
	};
	int status, r = spawn_run(&s, -1, &status);

	return r < 0 ? r : spawn_exit_status(status);
}

/* Whatever lies below it, above it, or where the pipe for the error would go. In a process of its own: the check
 * library has descriptors among these. */
static int keep_one(void)
{
	for (int fd = 3; fd <= 9; fd++)
		if (dup3(2, fd, fd == 8 ? 0 : O_CLOEXEC) != fd)
			return 1;
	if (had(3, false) != 3 || had(4, false) != 4 || had(9, false) != 9)
		return 2;
	if (had(9, true) != 89 || fcntl(9, F_GETFD) != FD_CLOEXEC)
		return 3;
	return had(700, false) == -EBADF ? 0 : 4;
}

START_TEST(one_descriptor_is_kept)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(keep_one());
	ck_assert_int_eq(spawn_exit_status(wait_status(pid)), 0);
}
END_TEST

START_TEST(signals_are_back_at_their_defaults)
{
	sigset_t mask, old;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &old);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	ck_assert_output("0000000000000000 0000000000000000\n",
			 .argv = SH("echo $(grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2)"));
	ck_assert_output("0000000000000000 0000000000000001\n", .inherit = true,
			 .argv = SH("echo $(grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2)"));
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}
END_TEST

START_TEST(groups_and_sessions)
{
	struct spawn s = { .argv = ARGV((char *)"sleep", (char *)"60"), .in = -1, .out = -1, .err = -1 };
	pid_t pid;

	for (s.group = SPAWN_SAME; s.group <= SPAWN_SESSION; s.group++) {
		pid = spawn_start(&s);
		ck_assert_int_gt(pid, 0);
		ck_assert_int_eq(getpgid(pid), s.group == SPAWN_SAME ? getpgrp() : pid);
		ck_assert_int_eq(getsid(pid), s.group == SPAWN_SESSION ? pid : getsid(0));
		kill(pid, SIGKILL);
		wait_status(pid);
	}
}
END_TEST

/* In a process of its own: 0, 1 and 2 closed, which a careless program would reuse for its pipes. */
/* All three are there, and none is the directory that may hold the place of a closed one. */
#define STDIO_IS_THERE "for n in 0 1 2; do test -e /dev/fd/$n && ! test -d /dev/fd/$n || exit 20; done; exit 21"

static int closed_stdio(void)
{
	struct spawn s = { .argv = SH(STDIO_IS_THERE), .in = -1, .out = -1, .err = -1 };
	struct spawn none = { .argv = ARGV((char *)"no-such-command-anywhere"), .in = -1, .out = -1, .err = -1 };
	int status;
	pid_t pid;

	close(0);
	close(1);
	close(2);
	if (spawn_start(&none) != -ENOENT)
		return 1;
	pid = spawn_start(&s);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 2;
	return spawn_exit_status(status);
}

static int held_stdio(void)
{
	struct spawn s = { .argv = SH(STDIO_IS_THERE), .in = 0, .out = 1, .err = 2 };

	for (int fd = 0; fd < 3; fd++) {
		close(fd);
		if (open("/", O_PATH | O_CLOEXEC) != fd)
			return 1;
	}
	return spawn_exit_status(wait_status(spawn_start(&s)));
}

START_TEST(with_stdio_closed)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(closed_stdio());
	ck_assert_int_eq(spawn_exit_status(wait_status(pid)), 21);
	pid = fork();
	if (pid == 0)
		_exit(held_stdio());
	ck_assert_int_eq(spawn_exit_status(wait_status(pid)), 21);
}
END_TEST

/* Exit status: which of the promises holds not. */
static int look_around(void *context)
{
	struct stat out, err, null, in;
	struct sigaction pipe_action;
	sigset_t mask;

	if (fstat(0, &in) || fstat(1, &out) || fstat(2, &err) || stat("/dev/null", &null))
		return 10;
	if (in.st_rdev != null.st_rdev || out.st_ino != err.st_ino || out.st_dev != err.st_dev)
		return 11;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe_action);
	if (sigismember(&mask, SIGTERM) || pipe_action.sa_handler != SIG_IGN)
		return 12;
	if ((getsid(0) == getpid()) != (context != NULL))
		return 13;
	return fcntl(8, F_GETFD) < 0 ? 14 : 0;
}

START_TEST(a_function_as_a_child)
{
	sigset_t mask, old;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &old);
	ck_assert_int_eq(dup3(2, 8, O_CLOEXEC), 8);
	ck_assert_int_eq(spawn_exit_status(wait_status(spawn_function(look_around, NULL, false))), 0);
	ck_assert_int_eq(spawn_exit_status(wait_status(spawn_function(look_around, &mask, true))), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(8);
}
END_TEST

/* Exit status: which of them is open that should not be, or the other way round. */
static int look_at_kept(void *context)
{
	const int *fds = context;

	spawn_keep_only(fds[1]);
	for (int i = 0; i < 3; i++)
		if ((fcntl(fds[i], F_GETFD) >= 0) != (i == 1))
			return 10 + i;
	return fcntl(0, F_GETFD) < 0 || fcntl(2, F_GETFD) < 0 ? 13 : 0;
}

START_TEST(a_function_keeps_one_descriptor)
{
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = open("/dev/null", O_RDWR);
	ck_assert_int_gt(fds[0], 2);
	ck_assert_int_eq(spawn_exit_status(wait_status(spawn_function(look_at_kept, fds, false))), 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}
END_TEST

START_TEST(run_waits_or_kills)
{
	struct spawn quick = { .argv = SH("exit 4"), .in = -1, .out = -1, .err = -1 };
	struct spawn slow = { .argv = SH("sleep 60 & sleep 60"), .in = -1, .out = -1, .err = -1, .group = SPAWN_GROUP };
	int status = -1, ends[2];
	char c;

	ck_assert_int_eq(spawn_run(&quick, -1, &status), 0);
	ck_assert_int_eq(spawn_exit_status(status), 4);
	ck_assert_int_eq(spawn_run(&quick, 10000, &status), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	slow.out = ends[1];
	ck_assert_int_eq(spawn_run(&slow, 100, &status), -ETIMEDOUT);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &c, 1), 0); /* the whole group is gone: nobody holds the pipe */
	close(ends[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spawn");
	TCase *tcase = tcase_create("spawn");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, exec_errors_are_told);
	tcase_add_test(tcase, statuses_and_their_names);
	tcase_add_test(tcase, stdin_environment_and_output);
	tcase_add_test(tcase, variables_are_taken_out);
	tcase_add_test(tcase, it_is_told_its_own_pid);
	tcase_add_test(tcase, output_without_a_place_goes_to_stderr);
	tcase_add_test(tcase, descriptors_are_closed_or_passed_on);
	tcase_add_test(tcase, one_descriptor_is_kept);
	tcase_add_test(tcase, signals_are_back_at_their_defaults);
	tcase_add_test(tcase, groups_and_sessions);
	tcase_add_test(tcase, with_stdio_closed);
	tcase_add_test(tcase, a_function_as_a_child);
	tcase_add_test(tcase, a_function_keeps_one_descriptor);
	tcase_add_test(tcase, run_waits_or_kills);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
