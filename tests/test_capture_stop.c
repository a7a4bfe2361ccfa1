/* Threads that are stopped: what is read of them, and that they go on whatever happens to us. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/suite.h"
#include "tests/threads_target.h"

#ifdef SYS_epoll_wait
#define EPOLL_WAIT SYS_epoll_wait
#else
#define EPOLL_WAIT SYS_epoll_pwait
#endif

/* Nobody traces it any more, and no thread stands still. */
#define AWAIT_FREE(t) CHILD_UNTIL(target_tracer(t) == 0)

START_TEST(only_who_runs_is_stopped)
{
	struct target t;
	struct capture *c;

	target_start(&t, "20", "2", NULL);
	CHILD_UNTIL((c = target_take(&t, CAPTURE_GENTLE))->threads[22].how == CAPTURE_STOPPED ||
		    (capture_free(c), false)); /* it may not have begun yet */
	ck_assert_uint_eq(c->thread_count, 23);
	ck_assert_uint_eq(target_count(c, CAPTURE_UNREAD), 0);
	ck_assert_uint_eq(target_count_marked(c), 22);
	ck_assert_int_eq(c->threads[22].call.number, PROCPARSE_CALL_NONE);
	ck_assert_uint_eq(c->threads[22].regs.sp, c->threads[22].stack_at);
	ck_assert_uint_eq(c->stopped_threads, target_count(c, CAPTURE_STOPPED));
	ck_assert_int_gt(c->longest_stop_ns, 0);
	ck_assert_int_ge(c->window_ns, c->longest_stop_ns);
	capture_free(c);
	ck_assert_int_eq(target_tracer(&t), 0);
	target_end(&t);
}
END_TEST

START_TEST(all_at_once)
{
	struct target t;
	struct capture *c;

	target_start(&t, "500", "1", NULL);
	c = target_take(&t, CAPTURE_STOP);
	ck_assert_uint_eq(c->thread_count, 502);
	ck_assert_uint_eq(target_count(c, CAPTURE_STOPPED), 502);
	ck_assert_uint_eq(target_count_marked(c), 501);
	ck_assert_uint_eq(c->stopped_threads, 502);
	ck_assert_uint_eq(c->stops, 1);
	ck_assert_int_gt(c->all_stopped_ns, 0);
	ck_assert_int_eq(target_tracer(&t), 0);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(in_batches)
{
	struct target t;
	struct capture *c;

	target_start(&t, "50", "1", NULL);
	t.options.max_stop_ns = 200000;
	c = target_take(&t, CAPTURE_STOP);
	ck_assert_uint_gt(c->stops, 1);
	ck_assert_uint_gt(target_count(c, CAPTURE_STOPPED), 0);
	ck_assert_int_eq(target_tracer(&t), 0);
	capture_free(c);
	target_end(&t);
}
END_TEST

static bool all_are(const struct capture *c, char state)
{
	for (size_t i = 0; i < c->thread_count; i++)
		if (c->threads[i].state != state)
			return false;
	return true;
}

static bool is_all(struct target *t, char state)
{
	struct capture *c = target_take(t, CAPTURE_NO_STOP);
	bool is = all_are(c, state);

	capture_free(c);
	return is;
}

START_TEST(one_that_was_stopped_stays_so)
{
	struct target t;
	struct capture *c;
	int interrupted;

	target_start(&t, "10", "1", NULL);
	kill(t.ref.pid, SIGSTOP);
	CHILD_UNTIL(is_all(&t, 'T'));
	c = target_take(&t, CAPTURE_STOP);
	ck_assert_uint_eq(target_count(c, CAPTURE_STOPPED), 12);
	ck_assert_uint_eq(target_count_marked(c), 11);
	capture_free(c);
	CHILD_UNTIL(is_all(&t, 'T'));
	ck_assert_int_eq(target_tracer(&t), 0);
	kill(t.ref.pid, SIGCONT);
	ck_assert_int_eq(target_finish(&t, &interrupted), 0);
}
END_TEST

static bool is_held(struct target *t)
{
	struct capture *c = target_take(t, CAPTURE_NO_STOP);
	bool held = c->threads[c->thread_count - 1].state == 'D';

	capture_free(c);
	return held;
}

/* It waits for its child, and nothing can stop it; so it is read asleep. */
START_TEST(one_that_is_held_in_the_kernel)
{
	struct target t;
	struct capture *c;

	target_start(&t, "5", "0", "vfork");
	t.options.max_stop_ns = 20000000;
	CHILD_UNTIL(is_held(&t));
	c = target_take(&t, CAPTURE_STOP);
	ck_assert_uint_eq(c->thread_count, 7);
	ck_assert_int_eq(c->threads[6].how, CAPTURE_ASLEEP);
	capture_free(c);
	ck_assert_int_eq(target_tracer(&t), 0);
	target_end(&t);
}
END_TEST

START_TEST(threads_that_come_and_go)
{
	struct target t;
	int interrupted;

	target_start(&t, "20", "0", "churn");
	for (int i = 0; i < 20; i++) {
		struct capture *c = target_take(&t, i % 2 ? CAPTURE_STOP : CAPTURE_GENTLE);

		ck_assert_uint_eq(target_count_marked(c), 20);
		capture_free(c);
		ck_assert_int_eq(target_tracer(&t), 0);
	}
	ck_assert_int_eq(target_finish(&t, &interrupted), 0);
}
END_TEST

/* Each one that is sent is queued by the kernel: none is merged with another. */
static pid_t start_sender(pid_t to, int times)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int sent = 0; sent < times;) {
		if (sigqueue(to, SIGRTMIN, (union sigval){ 0 }) == 0)
			sent++;
		else if (errno != EAGAIN)
			_exit(1);
		if (sent % 16 == 0)
			usleep(300);
	}
	_exit(0);
}

START_TEST(signals_that_come_in_a_stop)
{
	struct target t;
	int interrupted, status = -1;
	pid_t sender;

	target_start(&t, "10", "1", "1500");
	sender = start_sender(t.ref.pid, 1500);
	ck_assert_int_ge(sender, 0);
	while (waitpid(sender, &status, WNOHANG) == 0)
		capture_free(target_take(&t, CAPTURE_STOP));
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(target_finish(&t, &interrupted), 1500);
}
END_TEST

static bool is_in_epoll(struct target *t)
{
	struct capture *c = target_take(t, CAPTURE_NO_STOP);
	long call = c->threads[1].call.number;

	capture_free(c);
	return call == SYS_epoll_pwait || call == EPOLL_WAIT;
}

/* The kernel makes every stop an interruption of epoll_wait(2); reading it asleep is none. */
START_TEST(a_server_that_sleeps_does_not_notice)
{
	struct target t;
	int interrupted = -1;

	target_start(&t, "0", "0", "epoll");
	CHILD_UNTIL(is_in_epoll(&t));
	for (int i = 0; i < 200; i++) {
		struct capture *c = target_take(&t, CAPTURE_GENTLE);

		ck_assert_int_eq(c->threads[1].how, CAPTURE_ASLEEP);
		capture_free(c);
	}
	if (_i)
		capture_free(target_take(&t, CAPTURE_STOP));
	CHILD_UNTIL(is_in_epoll(&t) && is_all(&t, 'S')); /* it has counted */
	target_finish(&t, &interrupted);
	ck_assert_int_eq(interrupted, _i);
}
END_TEST

/* A child that is there before sees the stacks of a stop that comes later. */
START_TEST(one_more_time)
{
	struct target t;
	struct capture *volatile c; /* in memory: valgrind looks for it where a child ends, too */
	size_t index = 1;
	int gate[2], status = -1;
	ptrdiff_t at;
	pid_t child;

	target_start(&t, "3", "0", NULL);
	CHILD_UNTIL(target_count(c = target_take(&t, CAPTURE_NO_STOP), CAPTURE_ASLEEP) == 4 ||
		    (capture_free(c), false));
	ck_assert_int_eq(pipe(gate), 0);
	child = fork();
	if (child == 0) {
		if (read(gate[0], &at, sizeof at) != sizeof at)
			_exit(2);
		c->threads[index].stack += at;
		_exit(target_marked(&c->threads[index]) ? 0 : 1);
	}
	at = -(ptrdiff_t)(uintptr_t)c->threads[index].stack;
	ck_assert_int_eq(capture_stop(c, &index, 1), 0);
	at += (ptrdiff_t)(uintptr_t)c->threads[index].stack;
	ck_assert_int_eq(c->threads[index].how, CAPTURE_STOPPED);
	ck_assert_int_ne(at, 0);
	ck_assert(target_marked(&c->threads[index]));
	ck_assert_int_eq(c->threads[0].how, CAPTURE_ASLEEP);
	ck_assert_uint_eq(c->stopped_threads, 1);
	ck_assert_int_eq(write(gate[1], &at, sizeof at), sizeof at);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	kill(t.ref.pid, SIGKILL);
	child_await_zombie(t.ref.pid);
	index = 2;
	ck_assert_int_eq(capture_stop(c, &index, 1), 0);
	ck_assert_int_eq(c->threads[2].how, CAPTURE_ASLEEP); /* keeps what it had */
	ck_assert(target_marked(&c->threads[2]));
	capture_free(c);
	target_end(&t);
}
END_TEST

/* One that captures T for ever; it ends with the test. */
static pid_t start_capturer(struct target *t)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct capture *c = NULL;

		if (target_try(t, CAPTURE_STOP, &c) < 0)
			_exit(1);
		capture_free(c);
	}
}

static pid_t await_tracer(const struct target *t)
{
	pid_t tracer = 0;

	for (double end = child_now() + 50; tracer <= 0 && child_now() < end;)
		tracer = target_tracer(t);
	ck_assert_int_gt(tracer, 0);
	return tracer;
}

/* Whoever stops the threads is stopped itself, by Ctrl-Z or another hand: the target runs on, and so do we. */
START_TEST(stopped_in_mid_stop)
{
	struct target t;
	pid_t capturer;
	int status;

	target_start(&t, "30", "0", "vfork"); /* which makes stops long */
	t.options.max_stop_ns = 20000000;
	CHILD_UNTIL(is_held(&t));
	capturer = start_capturer(&t);
	for (int i = 0; i < 8; i++) {
		pid_t tracer = await_tracer(&t);

		kill(tracer, SIGSTOP);
		CHILD_UNTIL(target_tracer(&t) != tracer);
	}
	ck_assert_int_eq(waitpid(capturer, &status, WNOHANG), 0);
	child_end(capturer);
	AWAIT_FREE(&t);
	target_end(&t);
}
END_TEST

START_TEST(killed_in_mid_stop)
{
	struct target t;
	int interrupted;

	target_start(&t, "100", "1", NULL);
	t.options.max_stop_ns = 20000000;
	for (int i = 0; i < 8; i++) {
		pid_t capturer = start_capturer(&t);
		pid_t tracer = await_tracer(&t);

		kill(i % 2 ? capturer : tracer, SIGKILL);
		child_end(capturer);
		AWAIT_FREE(&t);
	}
	ck_assert_int_eq(target_finish(&t, &interrupted), 0);
}
END_TEST

START_TEST(one_that_ends_meanwhile)
{
	for (int i = 0; i < 8; i++) {
		struct capture *c = NULL;
		struct target t;
		pid_t killer;
		int r = 0;

		target_start(&t, "50", "1", NULL);
		killer = fork();
		if (killer == 0) {
			usleep((useconds_t)i * 4000);
			_exit(kill(t.ref.pid, SIGKILL));
		}
		while (r == 0) {
			r = target_try(&t, i % 2 ? CAPTURE_STOP : CAPTURE_GENTLE, &c);
			if (r == 0)
				capture_free(c);
		}
		ck_assert_int_eq(r, -ESRCH);
		ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
		target_end(&t);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, only_who_runs_is_stopped);
	tcase_add_test(t, all_at_once);
	tcase_add_test(t, in_batches);
	tcase_add_test(t, one_that_was_stopped_stays_so);
	tcase_add_test(t, one_that_is_held_in_the_kernel);
	tcase_add_test(t, threads_that_come_and_go);
	tcase_add_test(t, signals_that_come_in_a_stop);
	tcase_add_loop_test(t, a_server_that_sleeps_does_not_notice, 0, 2);
	tcase_add_test(t, one_more_time);
	tcase_add_test(t, stopped_in_mid_stop);
	tcase_add_test(t, killed_in_mid_stop);
	tcase_add_test(t, one_that_ends_meanwhile);
	return suite_run("capture_stop", t);
}
