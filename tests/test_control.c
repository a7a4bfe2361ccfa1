/* The clients of the control socket: who is answered, and what they cannot do to the guard. */
#include "applets/heart/control.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/socket_place.h"
#include "tests/suite.h"

static struct loop *loop;
static struct control *control;
static char long_answer[140000];

static void set_up(void)
{
	socket_place_make();
	ck_assert_int_eq(loop_new(&loop), 0);
	control = NULL;
}

static void tear_down(void)
{
	control_free(control);
	loop_free(loop);
	socket_place_remove();
}

/* The guard's side: "beat" succeeds, "get-cmd" has a long answer, "set-cmd X" says X, all others fail. */
static int serve(void *context, const struct control_request *request, struct buf *ret)
{
	(*(int *)context)++;
	switch (request->verb) {
	case CONTROL_BEAT:
		return buf_adds(ret, "ok\n");
	case CONTROL_GET_CMD:
		return buf_add(ret, long_answer, sizeof(long_answer));
	case CONTROL_SET_CMD:
		return buf_add(ret, request->argument, request->len);
	default:
		buf_add(ret, "text\n\0why\n", 10);
		return 1;
	}
}

static int served;

static int open_control(void)
{
	served = 0;
	return control_open(loop, path, serve, &served, &control);
}

static void stop(struct loop *l, void *context)
{
	(void)context;
	loop_stop(l, 0);
}

/* A few milliseconds of the guard's life. */
static void turn(void)
{
	ck_assert_int_eq(loop_set_timer(loop, 3, stop, NULL), 0);
	ck_assert_int_eq(loop_run(loop), 0);
}

#define TURN_UNTIL(condition) CHILD_UNTIL((turn(), (condition)))

static char answer[sizeof(long_answer) + 16];

/* Its answer, with a NUL behind it; 0: dropped; -1: none yet. */
static ssize_t take(int fd)
{
	ssize_t n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);

	if (n < 0 && errno == ECONNRESET)
		return 0;
	answer[n < 0 ? 0 : n] = '\0';
	return n;
}

static ssize_t ask(int fd, const char *packet, size_t len)
{
	ssize_t n;

	ck_assert_int_eq(send(fd, packet, len, MSG_NOSIGNAL), len);
	TURN_UNTIL((n = take(fd)) >= 0);
	return n;
}

static void expect(int fd, const char *packet, const char *wanted)
{
	ck_assert_int_gt(ask(fd, packet, strlen(packet)), 0);
	ck_assert_str_eq(answer, wanted);
}

START_TEST(asks_and_answers)
{
	CLEANUP(fd_done) int a = -1, b = -1;

	ck_assert_int_eq(open_control(), 0);
	a = socket_client();
	expect(a, "beat", "0ok\n");
	b = socket_client();
	expect(b, "set-cmd  a b ", "0 a b ");
	expect(a, "set-cmd ", "0");
	ck_assert_int_eq(ask(a, "status", 6), 11);
	ck_assert_mem_eq(answer, "1text\n\0why\n", 11);
	expect(b, "beat", "0ok\n");
	ck_assert_int_eq(served, 5);
}
END_TEST

START_TEST(what_is_no_request)
{
	static char packet[CONTROL_PACKET_MAX + 100] = "set-cmd ";
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(open_control(), 0);
	fd = socket_client();
	for (size_t len = 1; len <= sizeof(packet); len = len < 4096 ? 4096 : len + 50)
		if (ask(fd, packet, len) > 0 && len != CONTROL_PACKET_MAX)
			ck_assert_mem_eq(answer, "1\0the guard does not know this request\n", 40);
	ck_assert_int_eq(served, 1);
	ck_assert_int_eq(send(fd, "", 0, 0), 0);
	TURN_UNTIL(take(fd) == 0);
}
END_TEST

START_TEST(a_long_answer_is_whole)
{
	CLEANUP(fd_done) int fd = -1;

	memset(long_answer, 'x', sizeof(long_answer));
	ck_assert_int_eq(open_control(), 0);
	fd = socket_client();
	ck_assert_int_eq(ask(fd, "get-cmd", 7), sizeof(long_answer) + 1);
	ck_assert(answer[0] == '0' && !memcmp(answer + 1, long_answer, sizeof(long_answer)));
}
END_TEST

START_TEST(the_silent_are_dropped)
{
	CLEANUP(fd_done) int silent = -1;

	ck_assert_int_eq(open_control(), 0);
	silent = socket_client();
	TURN_UNTIL(take(silent) == 0);
	ck_assert_int_eq(served, 0);
}
END_TEST

START_TEST(who_only_holds_places_keeps_nobody_away)
{
	int silent[5 * CONTROL_CLIENTS_MAX];
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(open_control(), 0);
	for (size_t i = 0; i < 5 * CONTROL_CLIENTS_MAX; i++)
		silent[i] = socket_client();
	fd = socket_client();
	expect(fd, "beat", "0ok\n");
	for (size_t i = 0; i < 5 * CONTROL_CLIENTS_MAX; i++) {
		TURN_UNTIL(take(silent[i]) == 0);
		close(silent[i]);
	}
}
END_TEST

START_TEST(who_does_not_read_is_dropped)
{
	CLEANUP(fd_done) int deaf = -1, fd = -1;
	struct pollfd wait = { .events = POLLIN };

	ck_assert_int_eq(open_control(), 0);
	deaf = wait.fd = socket_client();
	TURN_UNTIL((send(deaf, "get-cmd", 7, MSG_DONTWAIT | MSG_NOSIGNAL), poll(&wait, 1, 0), wait.revents & POLLHUP));
	fd = socket_client();
	expect(fd, "beat", "0ok\n");
}
END_TEST

START_TEST(who_goes_at_once)
{
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(open_control(), 0);
	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
		int gone = socket_client();

		ck_assert_int_eq(send(gone, "beat", 4, MSG_NOSIGNAL), 4);
		close(gone);
	}
	TURN_UNTIL(served == 3 * CONTROL_CLIENTS_MAX);
	fd = socket_client();
	expect(fd, "beat", "0ok\n");
}
END_TEST

static int open_descriptors(void)
{
	DIR *list = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(list);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

/* Descriptors that a client sends along are closed by the kernel, as nobody asks for them. */
START_TEST(who_sends_descriptors)
{
	CLEANUP(fd_done) int fd = -1;
	char space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { (char *)"beat", 4 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = space,
				  .msg_controllen = sizeof(space) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int one = STDERR_FILENO, before;

	ck_assert_int_eq(open_control(), 0);
	fd = socket_client();
	expect(fd, "beat", "0ok\n");
	before = open_descriptors();
	*header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(header), &one, sizeof(one));
	ck_assert_int_eq(sendmsg(fd, &message, MSG_NOSIGNAL), 4);
	TURN_UNTIL(take(fd) > 0);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

static void ended(struct loop *l, pid_t pid, int status, void *context)
{
	(void)l, (void)pid;
	*(int *)context = status;
}

START_TEST(another_user_is_refused)
{
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(open_control(), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	pid = fork();
	if (pid == 0) {
		struct pollfd wait = { .events = POLLIN };

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		wait.fd = socket_at(SOCK_SEQPACKET, false);
		poll(&wait, 1, 10000);
		_exit(take(wait.fd) > 2 && !memcmp(answer, "1\0not allowed", 13) ? 0 : 3);
	}
	ck_assert_int_eq(loop_add_child(loop, pid, ended, &status), 0);
	TURN_UNTIL(status != -1);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(served, 0);
}
END_TEST

/* He waits. (valgrind's accept4() takes him, finds the number too high and closes him again.) */
START_TEST(no_descriptor_for_a_client)
{
	CLEANUP(fd_done) int fd = -1;
	struct rlimit limit, none;
	ssize_t n;

	ck_assert_int_eq(open_control(), 0);
	fd = socket_client();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(send(fd, "beat", 4, MSG_NOSIGNAL), 4);
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert_int_eq(served, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	TURN_UNTIL((n = take(fd)) >= 0);
	if (n == 0) {
		close(fd);
		fd = socket_client();
		n = ask(fd, "beat", 4);
	}
	ck_assert_str_eq(answer, "0ok\n");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("control");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, asks_and_answers);
	tcase_add_test(tests, what_is_no_request);
	tcase_add_test(tests, a_long_answer_is_whole);
	tcase_add_test(tests, the_silent_are_dropped);
	tcase_add_test(tests, who_only_holds_places_keeps_nobody_away);
	tcase_add_test(tests, who_does_not_read_is_dropped);
	tcase_add_test(tests, who_goes_at_once);
	tcase_add_test(tests, who_sends_descriptors);
	tcase_add_test(tests, another_user_is_refused);
	tcase_add_test(tests, no_descriptor_for_a_client);
	return suite_run("control", tests);
}
