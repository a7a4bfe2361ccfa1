/* What happens to a child between fork and exec: the gate, another user, another directory. */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/command.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#define ARGV(...) ((char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV((char *)"sh", (char *)"-c", (char *)(script))
#define HOW(to, ...) ((struct spawn){ .in = -1, .out = to, .err = -1, __VA_ARGS__ })

enum { OTHER_UID = 4711, OTHER_GID = 4712 };

static const gid_t other_groups[] = { 4713, 4714 };
static const struct spawn_user other = { OTHER_UID, OTHER_GID, other_groups, 2 };

static int status_of(pid_t pid)
{
	int status = -1;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static bool has_children(void)
{
	return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

/* A pipe: what is written to it shows that a child has come to exec, its end that all who had it are gone. */
static int ends[2];

static void set_up_pipe(void)
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
}

static void tear_down_pipe(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* "" when nothing was written before all writing ends were closed, ours among them. */
static const char *written(void)
{
	static char text[256];
	struct buf out = BUF(sizeof(text));

	ends[1] = fd_close(ends[1]);
	ck_assert_int_eq(buf_read_fd(&out, ends[0]), 0);
	snprintf(text, sizeof(text), "%s", out.data ? out.data : "");
	buf_done(&out);
	return text;
}

struct gate { pid_t pid; int calls, answer; bool kill; };

/* In the gate: the child is there, and has not called exec. */
static int on_forked(pid_t pid, void *context)
{
	struct gate *gate = context;
	struct pollfd from = { .fd = ends[0], .events = POLLIN };

	gate->calls++;
	gate->pid = pid;
	ck_assert_int_eq(kill(pid, 0), 0);
	ck_assert_int_eq(poll(&from, 1, 50), 0);
	if (gate->kill)
		kill(pid, SIGKILL);
	return gate->answer;
}

START_TEST(the_child_waits_for_the_caller)
{
	struct gate gate = { 0 };
	pid_t pid = spawn_start(&HOW(ends[1], .argv = SH("echo $$"), .forked = on_forked,
				     .forked_context = &gate));
	char text[16];

	ck_assert_int_eq(status_of(pid), 0);
	ck_assert_int_eq(gate.calls, 1);
	ck_assert_int_eq(gate.pid, pid);
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	ck_assert_str_eq(written(), text);
}
END_TEST

START_TEST(a_caller_that_says_no)
{
	struct gate gate = { .answer = -ENOSPC };

	ck_assert_int_eq(spawn_start(&HOW(ends[1], .argv = SH("echo"), .inherit = true, .forked = on_forked,
					  .forked_context = &gate)), -ENOSPC);
	ck_assert_int_eq(gate.calls, 1);
	ck_assert(!has_children());
	ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(exec_fails_behind_the_gate)
{
	struct gate gate = { 0 };

	ck_assert_int_eq(spawn_start(&HOW(-1, .argv = ARGV((char *)"/no/such/command"), .forked = on_forked,
					  .forked_context = &gate)), -ENOENT);
	ck_assert_int_eq(spawn_start(&HOW(-1, .argv = SH("echo"), .keep = 700, .forked = on_forked,
					  .forked_context = &gate)), -EBADF);
	ck_assert_int_eq(gate.calls, 2);
	ck_assert(!has_children());
}
END_TEST

START_TEST(a_child_that_is_killed_in_the_gate)
{
	struct gate gate = { .kill = true };
	pid_t pid = spawn_start(&HOW(ends[1], .argv = SH("echo"), .forked = on_forked,
				     .forked_context = &gate));

	ck_assert_int_eq(status_of(pid), SIGKILL);
	ck_assert_str_eq(written(), "");
}
END_TEST

static int kill_the_caller(pid_t pid, void *context)
{
	(void)pid, (void)context;
	return raise(SIGKILL);
}

/* The caller is a child of ours, and we are the sub-reaper of what it leaves. */
static void caller_is_killed(bool inherit)
{
	pid_t caller, left;
	int status = -1;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	caller = fork();
	if (caller == 0) {
		spawn_start(&HOW(ends[1], .argv = SH("echo"), .inherit = inherit, .forked = kill_the_caller));
		_exit(1);
	}
	ck_assert_int_eq(status_of(caller), SIGKILL);
	left = waitpid(-1, &status, 0); /* at once: the child has nothing to wait for */
	ck_assert_int_gt(left, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	ck_assert(!has_children());
}

START_TEST(a_caller_that_is_killed_in_the_gate)
{
	caller_is_killed(false);
	caller_is_killed(true);
	ck_assert_str_eq(written(), "");
}
END_TEST

/* Without a shell, too: by words, and no words at all. */
START_TEST(command_lines_pass_the_gate)
{
	static const char *const lines[] = { "", "true" };
	char why[COMMAND_WHY_SIZE];

	for (size_t i = 0; i < 2; i++) {
		struct gate gate = { 0 };
		struct spawn how = HOW(ends[1], .forked = on_forked, .forked_context = &gate);

		ck_assert_int_eq(status_of(command_start(lines[i], &how, why)), 0);
		gate.answer = -EIO;
		ck_assert_int_eq(command_start(lines[i], &how, why), -EIO);
		ck_assert_int_eq(gate.calls, 2);
	}
}
END_TEST

static int in_an_empty_root(void)
{
	struct gate gate = { 0 };
	struct spawn how = HOW(ends[1], .forked = on_forked, .forked_context = &gate, .user = &other);
	char why[COMMAND_WHY_SIZE];

	if (chroot(fixture_root) < 0 || chdir("/") < 0)
		return 1;
	if (status_of(command_start(" ", &how, why)) != 0 || gate.calls != 1)
		return 2;
	how.directory = "/none";
	if (command_start(" ", &how, why) != -ENOENT || gate.calls != 2)
		return 3;
	gate.answer = -EIO;
	return command_start(" ", &how, why) == -EIO ? 0 : 4;
}

START_TEST(an_empty_line_without_a_shell)
{
	pid_t pid;

	if (getuid() != 0)
		return;
	fixture_make();
	ck_assert_int_eq(chmod(fixture_root, 0755), 0); /* for the user */
	pid = fork();
	if (pid == 0)
		_exit(in_an_empty_root());
	ck_assert_int_eq(status_of(pid), 0);
	fixture_remove();
}
END_TEST

START_TEST(a_directory)
{
	fixture_make();
	fixture_text("file", "");
	ck_assert_int_eq(status_of(spawn_start(&HOW(-1, .argv = SH("test -e file"), .directory = fixture_root))), 0);
	ck_assert_int_eq(spawn_start(&HOW(-1, .argv = SH("true"), .directory = "/no/such/place")), -ENOENT);
	ck_assert_int_eq(spawn_start(&HOW(-1, .argv = SH("true"), .directory = "/dev/null")), -ENOTDIR);
	ck_assert(!has_children());
	fixture_remove();
}
END_TEST

/* Real, effective, saved and file system ids; and no capability is left. */
#define IDS "echo $(grep -E '^(Uid|Gid|Groups|CapPrm|CapEff)' /proc/self/status | cut -f2-)"

START_TEST(another_user)
{
	const struct spawn_user alone = { .uid = OTHER_UID, .gid = OTHER_GID };

	if (getuid() != 0)
		return;
	ck_assert_int_eq(status_of(spawn_start(&HOW(ends[1], .argv = SH(IDS), .user = &other))), 0);
	ck_assert_int_eq(status_of(spawn_start(&HOW(ends[1], .argv = SH("id -G"), .user = &alone))), 0);
	ck_assert_str_eq(written(), "4711 4711 4711 4711 4712 4712 4712 4712 4713 4714 "
				    "0000000000000000 0000000000000000\n4712\n");
}
END_TEST

START_TEST(a_directory_that_the_user_may_not_enter)
{
	if (getuid() != 0)
		return;
	fixture_make();
	ck_assert_int_eq(chmod(fixture_root, 0700), 0);
	ck_assert_int_eq(status_of(spawn_start(&HOW(-1, .argv = SH("true"), .directory = fixture_root))), 0);
	ck_assert_int_eq(spawn_start(&HOW(-1, .argv = SH("true"), .directory = fixture_root, .user = &other)), -EACCES);
	ck_assert(!has_children());
	fixture_remove();
}
END_TEST

/* With PR_SET_KEEPCAPS's big brother (capabilities(7)) CAP_SETUID outlives setuid(2). */
static int keeps_its_capabilities(void)
{
	enum { NO_SETUID_FIXUP = 1 << 2 };

	if (prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP) < 0)
		return errno == EPERM ? 0 : 1;
	return spawn_start(&HOW(-1, .argv = SH("true"), .user = &other)) == -EPERM ? 0 : 2;
}

static int is_not_allowed(void)
{
	if (setgid(OTHER_GID) < 0 || setuid(OTHER_UID) < 0)
		return 1;
	return spawn_start(&HOW(-1, .argv = SH("true"), .user = &(struct spawn_user){ 0 })) == -EPERM ? 0 : 2;
}

START_TEST(a_user_that_we_cannot_become)
{
	int (*const tries[])(void) = { keeps_its_capabilities, is_not_allowed };

	if (getuid() != 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(tries[i]());
		ck_assert_int_eq(status_of(pid), 0);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("spawn_gate");

	tcase_add_checked_fixture(tests, set_up_pipe, tear_down_pipe);
	tcase_add_test(tests, the_child_waits_for_the_caller);
	tcase_add_test(tests, a_caller_that_says_no);
	tcase_add_test(tests, exec_fails_behind_the_gate);
	tcase_add_test(tests, a_child_that_is_killed_in_the_gate);
	tcase_add_test(tests, a_caller_that_is_killed_in_the_gate);
	tcase_add_test(tests, command_lines_pass_the_gate);
	tcase_add_test(tests, an_empty_line_without_a_shell);
	tcase_add_test(tests, a_directory);
	tcase_add_test(tests, another_user);
	tcase_add_test(tests, a_directory_that_the_user_may_not_enter);
	tcase_add_test(tests, a_user_that_we_cannot_become);
	return suite_run("spawn_gate", tests);
}
