/* Ending processes: those that end, that do not want to, that cannot. */
#include "applets/cluster/ending.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pidref.h"
#include "tests/child.h"
#include "tests/loop.h"
#include "tests/suite.h"

enum { FOR_EVER = 1000000, FIFTY = 50 };

static struct procfs proc;
static struct ending ending;
static int from_child[2]; /* a byte of every child that is ready, and what else it says */
static int leash[2];      /* ends with the test, and everybody with it */

static void begin(void)
{
	set_up();
	ck_assert_int_eq(procfs_open_own(&proc), 0);
	ck_assert_int_eq(pipe2(from_child, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(leash, O_CLOEXEC), 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ending = (struct ending){ .loop = loop, .proc = &proc, .grace_ms = FOR_EVER };
}

static void end(void)
{
	tear_down();
	procfs_done(&proc);
	close(from_child[0]);
	close(from_child[1]);
	close(leash[0]);
	close(leash[1]);
}

static void say(char c)
{
	if (write(from_child[1], &c, 1) != 1)
		_exit(99);
}

static void await_said(int count)
{
	char c;

	for (; count > 0; count--)
		ck_assert_int_eq(read(from_child[0], &c, 1), 1);
}

static void say_term(int signal)
{
	(void)signal;
	say('T');
}

/* The end of a child. */
static void stay(void (*on_term)(int signal))
{
	char c;

	close(leash[1]);
	signal(SIGTERM, on_term);
	say('r');
	while (read(leash[0], &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* Fork a child that does ON_TERM and waits, and a chain of BELOW_COUNT below it that do BELOW_ON_TERM. */
static struct tree_node start_chain(void (*on_term)(int signal), void (*below_on_term)(int signal), int below_count)
{
	struct pidref ref = PIDREF_NONE;
	struct tree_node node;
	int depth = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		signal(SIGTERM, SIG_IGN); /* the check library has a handler, which would pass it on to the test */
		while (depth < below_count && fork() == 0)
			depth++;
		stay(depth > 0 ? below_on_term : on_term);
	}
	await_said(below_count + 1);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	node = (struct tree_node){ ref.pid, ref.start_ticks };
	pidref_done(&ref);
	return node;
}

static struct tree_node start(void (*on_term)(int signal))
{
	return start_chain(on_term, NULL, 0);
}

static bool nobody_is_left(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid < 0 && errno == ECHILD;
}

static void note_status(struct loop *l, pid_t pid, int status, void *context)
{
	(void)l, (void)pid;
	*(int *)context = status;
}

static int end_one(const struct tree_node *node)
{
	const struct tree_scope scope = { .whole = node, .whole_count = 1 };

	return ending_all(&ending, &scope);
}

/* By which signal did NODE end? */
static int ended_by(const struct tree_node *node)
{
	int status = -1;

	ck_assert_int_eq(loop_add_child(loop, node->pid, note_status, &status), 0);
	ck_assert_int_eq(end_one(node), 0);
	if (status == -1) /* not reaped by the loop yet */
		ck_assert_int_eq(waitpid(node->pid, &status, WNOHANG), node->pid);
	ck_assert(WIFSIGNALED(status));
	return WTERMSIG(status);
}

START_TEST(on_request)
{
	struct tree_node node = start(SIG_DFL);

	ck_assert_int_eq(ended_by(&node), SIGTERM);
}
END_TEST

START_TEST(stopped)
{
	struct tree_node node = start(SIG_DFL);
	int status;

	kill(node.pid, SIGSTOP);
	ck_assert_int_eq(waitpid(node.pid, &status, WUNTRACED), node.pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(ended_by(&node), SIGTERM);
}
END_TEST

/* It gets one SIGTERM at most, then the other: a slow machine may be late with the first. */
START_TEST(unwilling)
{
	struct tree_node node = start(say_term);
	char c[3];

	ending.grace_ms = 200;
	ck_assert_int_eq(ended_by(&node), SIGKILL);
	ck_assert_int_eq(fcntl(from_child[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_lt(read(from_child[0], c, sizeof c), 2);
	ck_assert_int_eq(fcntl(from_child[0], F_SETFL, 0), 0);
	ending.grace_ms = 0;
	node = start(SIG_IGN);
	ck_assert_int_eq(ended_by(&node), SIGKILL);
}
END_TEST

START_TEST(nobody)
{
	struct tree_node node = start(SIG_DFL);
	struct tree_scope scope = { 0 };
	const struct tree_node wrong = { node.pid, node.start_ticks + 1 };

	ck_assert_int_eq(ending_all(&ending, &scope), 0);
	ck_assert_int_eq(end_one(&wrong), 0);
	ck_assert_int_eq(loop_set_timer(loop, 10, note_b, &order), 0);
	ck_assert_int_eq(run(), 5); /* nobody has stopped it */
	ck_assert_int_eq(waitpid(node.pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(ended_by(&node), SIGTERM);
	ck_assert_int_eq(end_one(&node), 0);
}
END_TEST

START_TEST(fifty)
{
	struct tree_node node = start_chain(SIG_DFL, SIG_DFL, FIFTY - 1);

	ck_assert_int_eq(ended_by(&node), SIGTERM);
	ck_assert(nobody_is_left());
}
END_TEST

/* Whoever was below it belongs to it still when it has ended first. */
START_TEST(orphans)
{
	struct tree_node node = start_chain(SIG_DFL, SIG_IGN, 2);

	ending.grace_ms = 200;
	ck_assert_int_eq(ended_by(&node), SIGTERM);
	ck_assert(nobody_is_left());
}
END_TEST

static void stop_again(struct loop *l, void *context)
{
	loop_set_timer(l, 1, stop_again, context);
	loop_stop(l, -7);
}

START_TEST(others_stop_the_loop)
{
	struct tree_node node = start(SIG_IGN);

	ending.grace_ms = 100;
	ck_assert_int_eq(loop_set_timer(loop, 1, stop_again, NULL), 0);
	ck_assert_int_eq(ended_by(&node), SIGKILL);
	loop_clear_timer(loop, stop_again, NULL);
}
END_TEST

static void end_another(struct loop *l, void *context)
{
	const struct tree_scope scope = { .whole = context, .whole_count = 1 };
	struct ending other = { .loop = l, .proc = &proc, .grace_ms = 300 };

	ck_assert_int_eq(ending_all(&other, &scope), 0);
}

/* What we wait for comes to an end while somebody else waits within our loop. */
START_TEST(one_within_another)
{
	struct tree_node node = start(SIG_IGN), other = start(SIG_IGN);

	ending.grace_ms = 100;
	ck_assert_int_eq(loop_set_timer(loop, 0, end_another, &other), 0);
	ck_assert_int_eq(ended_by(&node), SIGKILL);
	ck_assert_int_eq(end_one(&other), 0);
}
END_TEST

/* Our binary stands for gmr, and makes no report: that is said, and here whether NODE was there still. */
static void note_living(void *context, const char *line)
{
	struct seen *seen = context;
	struct procparse_stat stat;

	ck_assert_ptr_nonnull(strstr(line, "web: no report of pid "));
	seen->calls++;
	seen->status += procfs_stat_of(&proc, seen->pid, &stat) == 0 && !procparse_stat_ended(&stat);
}

/* How often NODE was reported, which was there then. */
static int reports_of(const struct tree_node *node, int64_t grace_ms, bool failed, int signal)
{
	static char no_directory[] = "/nonexistent/reports";
	const struct config config = { .report = no_directory, .report_deadline_ms = 50000 };
	struct seen seen = { .pid = node->pid };
	struct reporting reporting;

	ck_assert_int_eq(reporting_open(&reporting, &config), 0);
	reporting.say = note_living;
	reporting.context = &seen;
	ending.reporting = &reporting;
	ending.name = "web";
	ending.failed = failed;
	ending.grace_ms = grace_ms;
	ck_assert_int_eq(ended_by(node), signal);
	ck_assert_int_eq(seen.status, seen.calls);
	return seen.calls;
}

START_TEST(reports)
{
	struct tree_node node = start(SIG_IGN);

	ck_assert_int_eq(reports_of(&node, 100, false, SIGKILL), 1);
	node = start(SIG_DFL);
	ck_assert_int_eq(reports_of(&node, FOR_EVER, false, SIGTERM), 0);
	node = start(SIG_IGN); /* it was not asked */
	ck_assert_int_eq(reports_of(&node, 0, false, SIGKILL), 0);
	node = start(SIG_DFL);
	ck_assert_int_eq(reports_of(&node, FOR_EVER, true, SIGTERM), 1);
	node = start_chain(SIG_IGN, SIG_IGN, 2);
	ck_assert_int_eq(reports_of(&node, 100, true, SIGKILL), 1);
}
END_TEST

/* Another user's, alone and beside one of ours. */
static int end_as_nobody(const struct tree_node *foreign)
{
	struct tree_node nodes[2] = { *foreign };
	const struct tree_scope scope = { .whole = nodes, .whole_count = 2 };

	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	loop_free(loop); /* it shares its timer with the test */
	set_up();
	ending.loop = loop;
	if (end_one(foreign) != -EPERM)
		return 2;
	nodes[1] = start(SIG_DFL);
	ending.grace_ms = 100;
	if (ending_all(&ending, &scope) != -EPERM)
		return 3;
	if (end_one(&nodes[1]) != 0)
		return 4;
	loop_free(loop);
	return 0;
}

START_TEST(not_allowed)
{
	struct tree_node node;
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		printf("warning: another user's processes are not tested: that needs root\n");
		return;
	}
	node = start(SIG_DFL);
	pid = fork();
	if (pid == 0)
		_exit(end_as_nobody(&node));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(ended_by(&node), SIGTERM);
}
END_TEST

/* Our own binary is run as `procguard --list`, and as `procguard gmr`: the tests must not be what is run then. */
int main(int argc, char **argv)
{
	TCase *t;

	(void)argv;
	if (argc > 1)
		return puts("gmr") < 0;
	t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, on_request);
	tcase_add_test(t, stopped);
	tcase_add_test(t, unwilling);
	tcase_add_test(t, nobody);
	tcase_add_test(t, fifty);
	tcase_add_test(t, orphans);
	tcase_add_test(t, others_stop_the_loop);
	tcase_add_test(t, one_within_another);
	tcase_add_test(t, reports);
	tcase_add_test(t, not_allowed);
	return suite_run("ending", t);
}
