/* The loop: every kind of entry, and callbacks that change the tables under it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "tests/loop.h"

START_TEST(stop_before_run_counts)
{
	loop_stop(loop, 3);
	ck_assert_int_eq(run(), 3);
	loop_set_timer(loop, 0, note_b, loop); /* and only once */
	ck_assert_int_eq(run(), 5);
}
END_TEST

static void always(struct loop *l, void *context)
{
	loop_set_timer(l, 0, always, context);
}

static void stop_when_ready(struct loop *l, int fd, short revents, void *context)
{
	struct seen *seen = context;

	seen->calls++;
	seen->fd = fd;
	seen->revents = revents;
	loop_stop(l, 4);
}

START_TEST(a_timer_that_sets_itself_starves_nobody)
{
	struct seen seen = { 0 };
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	always(loop, NULL);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], POLLIN, stop_when_ready, &seen), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(run(), 4);
	ck_assert_int_eq(seen.fd, ends[0]);
	ck_assert(seen.revents & POLLIN);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], POLLIN, stop_when_ready, &seen), -EEXIST);
	loop_remove_fd(loop, ends[0]);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], POLLIN, stop_when_ready, &seen), 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

struct pair { int other[2]; int calls; };

/* The first of two ready descriptors closes the other and opens a silent one under its number. */
static void replace_other(struct loop *l, int fd, short revents, void *context)
{
	struct pair *pair = context;
	int other = pair->other[0] == fd ? pair->other[1] : pair->other[0], silent[2];

	(void)revents;
	pair->calls++;
	loop_remove_fd(l, fd);
	loop_remove_fd(l, other);
	ck_assert_int_eq(pipe2(silent, O_CLOEXEC), 0);
	ck_assert_int_eq(dup3(silent[0], other, O_CLOEXEC), other);
	ck_assert_int_eq(loop_add_fd(l, other, POLLIN, replace_other, pair), 0);
	loop_set_timer(l, 30, note_b, l);
	for (int i = 0; i < 40; i++) /* and the tables grow under the dispatch */
		ck_assert_int_eq(loop_add_fd(l, dup(silent[0]), POLLIN, replace_other, pair), 0);
}

START_TEST(a_replaced_descriptor_does_not_get_the_old_event)
{
	struct pair pair = { 0 };
	int one[2], two[2];

	ck_assert_int_eq(pipe2(one, O_CLOEXEC) + pipe2(two, O_CLOEXEC), 0);
	ck_assert_int_eq(write(one[1], "x", 1) + write(two[1], "x", 1), 2);
	pair.other[0] = one[0];
	pair.other[1] = two[0];
	loop_add_fd(loop, one[0], POLLIN, replace_other, &pair);
	loop_add_fd(loop, two[0], POLLIN, replace_other, &pair);
	ck_assert_int_eq(run(), 5);
	ck_assert_int_eq(pair.calls, 1);
}
END_TEST

START_TEST(a_closed_descriptor_is_told_once)
{
	struct seen seen = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	loop_add_fd(loop, fd, POLLIN, stop_when_ready, &seen);
	close(fd);
	ck_assert_int_eq(run(), 4);
	loop_set_timer(loop, 50, note_b, loop);
	ck_assert_int_eq(run(), 5);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.revents, POLLNVAL);
}
END_TEST

static void on_signal(struct loop *l, int signal, pid_t sender, void *context)
{
	struct seen *seen = context;

	seen->calls++;
	seen->status = signal;
	seen->pid = sender;
	loop_stop(l, 6);
}

START_TEST(signals_arrive_and_none_is_lost_by_a_stop)
{
	struct seen seen = { 0 };
	sigset_t mask;

	ck_assert_int_eq(loop_add_signal(loop, SIGCHLD, on_signal, &seen), -EINVAL);
	ck_assert_int_eq(loop_add_signal(loop, 0, on_signal, &seen), -EINVAL);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR1, on_signal, &seen), 0);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR2, on_signal, &seen), 0);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	ck_assert_int_eq(run(), 6);
	ck_assert_int_eq(seen.status, SIGUSR1);
	ck_assert_int_eq(seen.pid, getpid());
	ck_assert_int_eq(run(), 6);
	ck_assert_int_eq(seen.status, SIGUSR2);
	ck_assert_int_eq(seen.calls, 2);
	loop_free(TAKE_PTR(loop));
	sigprocmask(SIG_BLOCK, NULL, &mask);
	ck_assert(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGCHLD));
}
END_TEST

static pid_t child_that_exits(int code)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(code);
	return pid;
}

static void on_end(struct loop *l, pid_t pid, int status, void *context)
{
	struct seen *seen = context;

	seen->calls++;
	seen->pid = pid;
	seen->status = status;
	loop_stop(l, 7);
}

static void wait_until_zombie(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(a_child_that_ended_before_it_was_added_is_not_lost)
{
	struct seen seen = { 0 };
	pid_t pid = child_that_exits(3);

	wait_until_zombie(pid);
	ck_assert_int_eq(loop_add_child(loop, pid, on_end, &seen), 0);
	ck_assert_int_eq(run(), 7);
	ck_assert_int_eq(seen.pid, pid);
	ck_assert(WIFEXITED(seen.status) && WEXITSTATUS(seen.status) == 3);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(strange_children_are_reaped)
{
	struct seen seen = { 0 };
	pid_t stranger = child_that_exits(0), known;

	wait_until_zombie(stranger);
	known = child_that_exits(0);
	wait_until_zombie(known);
	loop_add_child(loop, known, on_end, &seen);
	ck_assert_int_eq(run(), 7);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(kill(stranger, 0), -1);
}
END_TEST

/* The first one that ends kills the stopped one, which is the last. */
static void on_orphan(struct loop *l, pid_t pid, int status, void *context)
{
	struct seen *seen = context;

	ck_assert(WIFEXITED(status) || WIFSIGNALED(status));
	seen->status += WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	if (++seen->calls == 1)
		kill(seen->pid, SIGKILL);
	if (pid == seen->pid)
		loop_stop(l, 6);
}

static void on_known(struct loop *l, pid_t pid, int status, void *context)
{
	(void)l, (void)pid, (void)status;
	++*(int *)context;
}

START_TEST(the_ends_of_strange_children_are_told)
{
	struct seen seen = { .pid = fork() };
	pid_t added;
	int known = 0;
	siginfo_t info;

	if (seen.pid == 0) {
		raise(SIGSTOP);
		_exit(1);
	}
	ck_assert_int_eq(waitid(P_PID, (id_t)seen.pid, &info, WSTOPPED | WNOWAIT), 0);
	loop_set_orphans(loop, on_orphan, &seen);
	added = child_that_exits(20);
	ck_assert_int_eq(loop_add_child(loop, added, on_known, &known), 0);
	wait_until_zombie(added);
	wait_until_zombie(child_that_exits(30));
	ck_assert_int_eq(run(), 6);
	ck_assert_int_eq(seen.calls, 2);
	ck_assert_int_eq(seen.status, 30 + SIGKILL);
	ck_assert_int_eq(known, 1);
}
END_TEST

/* Stopped: continue it. Continued: kill it. */
static void stop_continue(struct loop *l, pid_t pid, int status, void *context)
{
	struct seen *seen = context;

	seen->order[seen->orders++] = WIFSTOPPED(status) ? 's' : WIFCONTINUED(status) ? 'c' : 'e';
	if (WIFSTOPPED(status) || WIFCONTINUED(status))
		kill(pid, WIFSTOPPED(status) ? SIGCONT : SIGKILL);
	else
		on_end(l, pid, status, context);
}

START_TEST(stops_and_continues_are_told)
{
	struct seen seen = { 0 };
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	loop_add_child(loop, pid, stop_continue, &seen);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(run(), 7);
	ck_assert_str_eq(seen.order, "sce");
	ck_assert(WIFSIGNALED(seen.status) && WTERMSIG(seen.status) == SIGKILL);
}
END_TEST

static void next_child(struct loop *l, pid_t pid, int status, void *context)
{
	struct seen *seen = context;

	(void)pid;
	if (++seen->calls == 20) {
		loop_stop(l, 8);
		return;
	}
	ck_assert_int_eq(WEXITSTATUS(status), seen->calls - 1);
	ck_assert_int_eq(loop_add_child(l, child_that_exits(seen->calls), next_child, seen), 0);
}

START_TEST(a_childs_end_may_start_the_next)
{
	struct seen seen = { 0 };

	loop_add_child(loop, child_that_exits(0), next_child, &seen);
	ck_assert_int_eq(run(), 8);
}
END_TEST

START_TEST(an_inherited_ignored_sigchld_loses_no_status)
{
	struct seen seen = { 0 };

	loop_free(TAKE_PTR(loop));
	signal(SIGCHLD, SIG_IGN);
	set_up();
	loop_add_child(loop, child_that_exits(9), on_end, &seen);
	ck_assert_int_eq(run(), 7);
	ck_assert_int_eq(WEXITSTATUS(seen.status), 9);
}
END_TEST

static void on_pidref(struct loop *l, const struct pidref *ref, void *context)
{
	struct seen *seen = context;

	seen->calls++;
	seen->pid = ref->pid;
	loop_stop(l, 10);
}

static void kill_it(struct loop *l, void *context)
{
	(void)l;
	kill(*(pid_t *)context, SIGKILL);
}

START_TEST(the_end_of_a_pidref) /* _i 0: by pidfd where there is one; 1: by looks */
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	struct seen seen = { 0 };
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ck_assert_int_eq(pidref_open(NULL, pid, &ref), 0);
	if (_i == 1)
		ref.fd = fd_close(ref.fd);
	ck_assert_int_eq(loop_add_pidref(loop, NULL, &ref, on_pidref, &seen), 0);
	loop_set_timer(loop, 20, kill_it, &pid);
	ck_assert_int_eq(run(), 10);
	ck_assert_int_eq(seen.pid, pid);
	waitpid(pid, NULL, WNOHANG);
	loop_set_timer(loop, 150, note_b, loop);
	ck_assert_int_eq(run(), 5);
	ck_assert_int_eq(seen.calls, 1); /* and no second time */
}
END_TEST

START_TEST(what_is_removed_is_not_told)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	struct seen seen = { 0 };
	pid_t pid = child_that_exits(0);

	pidref_open(NULL, pid, &ref);
	ref.pid = pid;
	loop_add_child(loop, pid, on_end, &seen);
	ck_assert_int_eq(loop_add_pidref(loop, NULL, &ref, on_pidref, &seen), 0);
	ck_assert(loop_has_child(loop, pid));
	loop_remove_child(loop, pid);
	loop_remove_child(loop, pid);
	ck_assert(!loop_has_child(loop, pid));
	loop_remove_pidref(loop, &ref);
	loop_remove_pidref(loop, &ref);
	loop_set_timer(loop, 150, note_b, loop);
	ck_assert_int_eq(run(), 5);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1); /* reaped all the same */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = tcase_create("loop");
	SRunner *runner = srunner_create(suite);
	const TTest *const tests[] = {
		stop_before_run_counts, what_is_removed_is_not_told,
		a_timer_that_sets_itself_starves_nobody, a_replaced_descriptor_does_not_get_the_old_event,
		a_closed_descriptor_is_told_once, signals_arrive_and_none_is_lost_by_a_stop,
		a_child_that_ended_before_it_was_added_is_not_lost, strange_children_are_reaped,
		stops_and_continues_are_told, a_childs_end_may_start_the_next,
		an_inherited_ignored_sigchld_loses_no_status, the_ends_of_strange_children_are_told,
	};
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, the_end_of_a_pidref, 0, 2);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
