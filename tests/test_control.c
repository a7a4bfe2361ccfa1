/* The control socket: who gets it, who is answered, and what clients cannot do to the guard. */
#include "applets/heart/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/suite.h"

static struct loop *loop;
static struct control *control;
static char dir[] = "/tmp/test_control.XXXXXX", path[64], lock_path[64];
static char long_answer[140000];

static void set_up(void)
{
	strcpy(strrchr(dir, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(lock_path, sizeof(lock_path), "%s/socket.lock", dir);
	ck_assert_int_eq(loop_new(&loop), 0);
	control = NULL;
}

static void tear_down(void)
{
	control_free(control);
	loop_free(loop);
	unlink(path);
	unlink(lock_path);
	ck_assert_int_eq(rmdir(dir), 0);
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

static int socket_at(int type, bool bound)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_ge(fd, 0);
	if ((bound ? bind : connect)(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fd_done(&fd);
	return -errno;
}

static int client(void)
{
	int fd = socket_at(SOCK_SEQPACKET, false);

	ck_assert_msg(fd >= 0, "connect: %s", strerror(-fd));
	return fd;
}

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

/* A socket whose owner is gone. */
static void leave_dead(int type)
{
	int fd = socket_at(type, true);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(asks_and_answers)
{
	CLEANUP(fd_done) int a = -1, b = -1;

	ck_assert_int_eq(open_control(), 0);
	a = client();
	expect(a, "beat", "0ok\n");
	b = client();
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
	fd = client();
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
	fd = client();
	ck_assert_int_eq(ask(fd, "get-cmd", 7), sizeof(long_answer) + 1);
	ck_assert(answer[0] == '0' && !memcmp(answer + 1, long_answer, sizeof(long_answer)));
}
END_TEST

START_TEST(private_and_gone_at_the_end)
{
	mode_t before = umask(0);
	struct stat st;

	ck_assert_int_eq(open_control(), 0);
	ck_assert_uint_eq(umask(before), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
	control_free(control);
	control = NULL;
	ck_assert_int_lt(lstat(path, &st), 0);
}
END_TEST

START_TEST(the_dead_are_replaced)
{
	static const int types[] = { SOCK_SEQPACKET, SOCK_STREAM, SOCK_DGRAM };

	for (size_t i = 0; i < 3; i++) {
		CLEANUP(fd_done) int fd = -1;

		leave_dead(types[i]);
		ck_assert_int_eq(open_control(), 0);
		fd = client();
		expect(fd, "beat", "0ok\n");
		control_free(control);
		control = NULL;
	}
}
END_TEST

START_TEST(the_living_are_not)
{
	struct control *second = NULL;
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(open_control(), 0);
	ck_assert_int_eq(control_open(loop, path, serve, &served, &second), -EADDRINUSE);
	ck_assert_ptr_null(second);
	fd = client();
	expect(fd, "beat", "0ok\n");
}
END_TEST

START_TEST(other_programs_are_not)
{
	CLEANUP(fd_done) int stream = socket_at(SOCK_STREAM, true);

	ck_assert_int_eq(listen(stream, 1), 0);
	ck_assert_int_eq(open_control(), -EADDRINUSE);
	unlink(path);
	stream = fd_close(stream);
	stream = socket_at(SOCK_DGRAM, true);
	ck_assert_int_eq(open_control(), -EADDRINUSE);
}
END_TEST

START_TEST(one_with_a_full_queue_lives)
{
	CLEANUP(fd_done) int listener = socket_at(SOCK_SEQPACKET, true);
	int fds[64], count = 0;

	ck_assert_int_eq(listen(listener, 0), 0);
	while (count < 64 && (fds[count] = socket_at(SOCK_SEQPACKET, false)) >= 0)
		count++;
	ck_assert_int_eq(fds[count], -EAGAIN);
	ck_assert_int_eq(open_control(), -EADDRINUSE);
	while (count > 0)
		close(fds[--count]);
}
END_TEST

START_TEST(what_is_no_socket)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	ck_assert_int_eq(open_control(), -EEXIST);
	unlink(path);
	ck_assert_int_eq(symlink("/nonexistent/socket", path), 0);
	ck_assert_int_eq(open_control(), -EEXIST);
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(open_control(), -EEXIST);
	rmdir(path);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
}
END_TEST

START_TEST(the_dead_of_another_user)
{
	if (geteuid() != 0)
		return;
	leave_dead(SOCK_SEQPACKET);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	ck_assert_int_eq(open_control(), -EPERM);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(no_such_place)
{
	char too_long[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];

	memset(too_long, 'x', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	ck_assert_int_eq(control_open(loop, too_long, serve, NULL, &control), -ENAMETOOLONG);
	ck_assert_int_eq(control_open(loop, "/nonexistent/socket", serve, NULL, &control), -ENOENT);
	ck_assert_ptr_null(control);
}
END_TEST

START_TEST(another_ones_socket_stays)
{
	struct stat st;

	ck_assert_int_eq(open_control(), 0);
	unlink(path);
	leave_dead(SOCK_SEQPACKET);
	control_free(control);
	control = NULL;
	ck_assert_int_eq(lstat(path, &st), 0);
}
END_TEST

/* ---- several guards at once ---- */

/* A guard that begins when READY is closed, tells on RESULT how it went, and has the socket until QUIT is closed. */
static void rival(int ready, int result, int quit)
{
	struct control *own = NULL;
	char byte;
	int r;

	while (read(ready, &byte, 1) > 0)
		;
	r = control_open(loop, path, serve, &served, &own);
	if (write(result, &r, sizeof(r)) != (ssize_t)sizeof(r))
		_exit(1);
	while (read(quit, &byte, 1) > 0)
		;
	control_free(own);
	_exit(0);
}

/* Start COUNT rivals at once at one path: exactly one wins. */
static void have_race(int count)
{
	int ready[2], result[2], quit[2], won = 0, r;
	pid_t pids[16];

	ck_assert(pipe2(ready, O_CLOEXEC) == 0 && pipe2(result, O_CLOEXEC) == 0 && pipe2(quit, O_CLOEXEC) == 0);
	for (int i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(ready[1]);
			close(quit[1]);
			rival(ready[0], result[1], quit[0]);
		}
	}
	close(ready[1]);
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(read(result[0], &r, sizeof(r)), sizeof(r));
		won += r == 0;
		ck_assert_msg(r == 0 || r == -EADDRINUSE || r == -ETIMEDOUT, "%s", strerror(-r));
	}
	ck_assert_int_eq(won, 1);
	r = client();
	close(r);
	close(quit[1]);
	for (int i = 0; i < count; i++)
		ck_assert(waitpid(pids[i], &r, 0) == pids[i] && r == 0);
	close(ready[0]), close(result[0]), close(result[1]), close(quit[0]);
	ck_assert_int_lt(access(path, F_OK), 0);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
}

START_TEST(only_one_of_many_gets_it)
{
	for (int i = 0; i < 20; i++) {
		if (i % 2)
			leave_dead(SOCK_SEQPACKET);
		have_race(8);
	}
}
END_TEST

START_TEST(a_lock_that_was_left_is_none)
{
	int fd = open(lock_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	ck_assert_int_eq(open_control(), 0);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
}
END_TEST

/* Who holds it has bound the socket, and is about to listen: it is not dead. */
START_TEST(a_lock_that_is_held)
{
	CLEANUP(fd_done) int fd = open(lock_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CLEANUP(fd_done) int bound = socket_at(SOCK_SEQPACKET, true);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(open_control(), -ETIMEDOUT);
	ck_assert_int_eq(access(lock_path, F_OK), 0);
	ck_assert_int_eq(listen(bound, 1), 0);
	ck_assert_int_eq(close(client()), 0);
}
END_TEST

/* ---- clients ---- */

START_TEST(the_silent_are_dropped)
{
	CLEANUP(fd_done) int silent = -1;

	ck_assert_int_eq(open_control(), 0);
	silent = client();
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
		silent[i] = client();
	fd = client();
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
	deaf = wait.fd = client();
	TURN_UNTIL((send(deaf, "get-cmd", 7, MSG_DONTWAIT | MSG_NOSIGNAL), poll(&wait, 1, 0), wait.revents & POLLHUP));
	fd = client();
	expect(fd, "beat", "0ok\n");
}
END_TEST

START_TEST(who_goes_at_once)
{
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(open_control(), 0);
	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
		int gone = client();

		ck_assert_int_eq(send(gone, "beat", 4, MSG_NOSIGNAL), 4);
		close(gone);
	}
	TURN_UNTIL(served == 3 * CONTROL_CLIENTS_MAX);
	fd = client();
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
	fd = client();
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
	fd = client();
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
		fd = client();
		n = ask(fd, "beat", 4);
	}
	ck_assert_str_eq(answer, "0ok\n");
}
END_TEST

static void add_socket_tests(TCase *tests)
{
	tcase_add_test(tests, private_and_gone_at_the_end);
	tcase_add_test(tests, the_dead_are_replaced);
	tcase_add_test(tests, the_living_are_not);
	tcase_add_test(tests, other_programs_are_not);
	tcase_add_test(tests, one_with_a_full_queue_lives);
	tcase_add_test(tests, what_is_no_socket);
	tcase_add_test(tests, the_dead_of_another_user);
	tcase_add_test(tests, no_such_place);
	tcase_add_test(tests, another_ones_socket_stays);
	tcase_add_test(tests, only_one_of_many_gets_it);
	tcase_add_test(tests, a_lock_that_was_left_is_none);
	tcase_add_test(tests, a_lock_that_is_held);
}

int main(void)
{
	TCase *tests = tcase_create("control");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, asks_and_answers);
	tcase_add_test(tests, what_is_no_request);
	tcase_add_test(tests, a_long_answer_is_whole);
	add_socket_tests(tests);
	tcase_add_test(tests, the_silent_are_dropped);
	tcase_add_test(tests, who_only_holds_places_keeps_nobody_away);
	tcase_add_test(tests, who_does_not_read_is_dropped);
	tcase_add_test(tests, who_goes_at_once);
	tcase_add_test(tests, who_sends_descriptors);
	tcase_add_test(tests, another_user_is_refused);
	tcase_add_test(tests, no_descriptor_for_a_client);
	return suite_run("control", tests);
}
