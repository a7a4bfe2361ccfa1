/* Asking a guard, also one that does not answer. */
#include "applets/heart/control_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "applets/heart/control.h"
#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/socket_place.h"
#include "tests/suite.h"

enum { PATIENCE_MS = 10000 };

static const struct control_request status = { .verb = CONTROL_STATUS };

static int ask(struct buf *ret, int timeout_ms)
{
	return control_ask(path, &status, timeout_ms, ret);
}

/* A socket that listens, and nobody who takes anything. */
static int listener(int type, int backlog)
{
	int fd = socket_at(type, true);

	ck_assert_int_eq(listen(fd, backlog), 0);
	return fd;
}

static int serve(void *context, const struct control_request *request, struct buf *ret)
{
	(void)context;
	buf_adds(ret, control_verb_name(request->verb));
	return 1;
}

/* A guard in a process of its own. */
static pid_t start_guard(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct control *control;
		struct loop *loop;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (loop_new(&loop) < 0 || control_open(loop, path, serve, NULL, &control) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(loop_run(loop));
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(a_guard_answers)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	pid_t pid = start_guard();

	ck_assert_int_eq(ask(&answer, PATIENCE_MS), 0);
	ck_assert_str_eq(answer.data, "1status");
	child_end(pid);
}
END_TEST

START_TEST(a_guard_that_is_stopped)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	pid_t pid = start_guard();
	siginfo_t info;

	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	ck_assert_int_eq(ask(&answer, 100), -ETIMEDOUT);
	kill(pid, SIGCONT);
	ck_assert_int_eq(ask(&answer, PATIENCE_MS), 0);
	child_end(pid);
}
END_TEST

/* connect(2) itself would wait. */
START_TEST(a_full_queue)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	int fd = listener(SOCK_SEQPACKET, 0);
	int clients[64], count = socket_fill_queue(clients);

	ck_assert_int_eq(ask(&answer, 50), -ETIMEDOUT);
	while (count > 0)
		close(clients[--count]);
	close(fd);
}
END_TEST

START_TEST(no_guard)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	char too_long[200];

	ck_assert_int_eq(ask(&answer, PATIENCE_MS), -ENOENT);
	close(listener(SOCK_SEQPACKET, 1));
	ck_assert_int_eq(ask(&answer, PATIENCE_MS), -ECONNREFUSED);
	unlink(path);
	close(listener(SOCK_STREAM, 1));
	ck_assert_int_eq(ask(&answer, PATIENCE_MS), -ECONNREFUSED);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	ck_assert_int_eq(control_ask(too_long, &status, PATIENCE_MS, &answer), -ENAMETOOLONG);
	ck_assert_uint_eq(answer.len, 0);
}
END_TEST

START_TEST(another_program)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	int fd = listener(SOCK_STREAM, 1);

	ck_assert_int_eq(ask(&answer, PATIENCE_MS), -EPROTOTYPE);
	close(fd);
}
END_TEST

/* What a stand-in for a guard does with each client in turn; it ends behind the last. */
typedef void (*stand_in_fn)(int client);

static pid_t start_stand_in(const stand_in_fn *functions)
{
	int fd = listener(SOCK_SEQPACKET, 8);
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (; *functions; functions++) {
			struct pollfd wait = { .fd = fd, .events = POLLIN };
			int client = poll(&wait, 1, -1) < 0 ? -1 : accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			(*functions)(client);
			close(client);
		}
		_exit(0);
	}
	close(fd);
	return pid;
}

static void drop(int client)
{
	(void)client;
}

static void drop_unread(int client)
{
	struct pollfd wait = { .fd = client, .events = POLLIN };

	poll(&wait, 1, -1);
}

static void answer_unread(int client)
{
	drop_unread(client);
	ck_assert_int_eq(send(client, "1refused", 8, MSG_NOSIGNAL), 8);
}

static void answer_too_much(int client)
{
	static char much[CONTROL_ANSWER_MAX + 1];

	ck_assert_int_eq(send(client, much, sizeof(much), MSG_NOSIGNAL), sizeof(much));
}

START_TEST(who_is_dropped_asks_again)
{
	static const stand_in_fn functions[] = { drop, drop_unread, drop, answer_unread, NULL };
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	pid_t pid = start_stand_in(functions);

	ck_assert_int_eq(ask(&answer, PATIENCE_MS), 0);
	ck_assert_str_eq(answer.data, "1refused");
	child_end(pid);
}
END_TEST

START_TEST(too_long_an_answer)
{
	static const stand_in_fn functions[] = { answer_too_much, NULL };
	CLEANUP(buf_done) struct buf answer = BUF(2 * CONTROL_ANSWER_MAX);
	pid_t pid = start_stand_in(functions);

	ck_assert_int_eq(ask(&answer, PATIENCE_MS), -EBADMSG);
	ck_assert_uint_eq(answer.len, 0);
	child_end(pid);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("control_ask");

	tcase_add_checked_fixture(tests, socket_place_make, socket_place_remove);
	tcase_add_test(tests, a_guard_answers);
	tcase_add_test(tests, a_guard_that_is_stopped);
	tcase_add_test(tests, a_full_queue);
	tcase_add_test(tests, no_guard);
	tcase_add_test(tests, another_program);
	tcase_add_test(tests, who_is_dropped_asks_again);
	tcase_add_test(tests, too_long_an_answer);
	return suite_run("control_ask", tests);
}
