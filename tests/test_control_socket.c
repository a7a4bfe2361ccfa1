/* The socket of a guard as a file: who gets it, and when it goes. */
#include "applets/heart/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "tests/child.h"
#include "tests/socket_place.h"
#include "tests/suite.h"

static struct control_socket ours;

static void set_up(void)
{
	socket_place_make();
	ours = CONTROL_SOCKET_NONE;
}

static void tear_down(void)
{
	control_socket_done(&ours);
	socket_place_remove();
}

static int open_ours(void)
{
	return control_socket_open(path, &ours);
}

/* A socket whose owner is gone. */
static void leave_dead(int type)
{
	int fd = socket_at(type, true);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(private_and_gone_at_the_end)
{
	mode_t before = umask(0);
	struct stat st;

	ck_assert_int_eq(open_ours(), 0);
	ck_assert_uint_eq(umask(before), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
	control_socket_done(&ours);
	ck_assert_int_lt(lstat(path, &st), 0);
}
END_TEST

START_TEST(the_dead_are_replaced)
{
	static const int types[] = { SOCK_SEQPACKET, SOCK_STREAM, SOCK_DGRAM };

	for (size_t i = 0; i < 3; i++) {
		leave_dead(types[i]);
		ck_assert_int_eq(open_ours(), 0);
		ck_assert_int_eq(close(socket_client()), 0);
		control_socket_done(&ours);
	}
}
END_TEST

START_TEST(the_living_are_not)
{
	struct control_socket second = CONTROL_SOCKET_NONE;

	ck_assert_int_eq(open_ours(), 0);
	ck_assert_int_eq(control_socket_open(path, &second), -EADDRINUSE);
	ck_assert_int_eq(second.fd, -1);
	control_socket_done(&second);
	ck_assert_int_eq(close(socket_client()), 0);
}
END_TEST

START_TEST(other_programs_are_not)
{
	CLEANUP(fd_done) int stream = socket_at(SOCK_STREAM, true);

	ck_assert_int_eq(listen(stream, 1), 0);
	ck_assert_int_eq(open_ours(), -EADDRINUSE);
	unlink(path);
	stream = fd_close(stream);
	stream = socket_at(SOCK_DGRAM, true);
	ck_assert_int_eq(open_ours(), -EADDRINUSE);
}
END_TEST

START_TEST(one_with_a_full_queue_lives)
{
	CLEANUP(fd_done) int listener = socket_at(SOCK_SEQPACKET, true);
	int clients[64], count;

	ck_assert_int_eq(listen(listener, 0), 0);
	count = socket_fill_queue(clients);
	ck_assert_int_eq(open_ours(), -EADDRINUSE);
	while (count > 0)
		close(clients[--count]);
}
END_TEST

START_TEST(what_is_no_socket)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	ck_assert_int_eq(open_ours(), -EEXIST);
	unlink(path);
	ck_assert_int_eq(symlink("/nonexistent/socket", path), 0);
	ck_assert_int_eq(open_ours(), -EEXIST);
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(open_ours(), -EEXIST);
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
	ck_assert_int_eq(open_ours(), -EPERM);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(no_such_place)
{
	char too_long[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];

	memset(too_long, 'x', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	ck_assert_int_eq(control_socket_open(too_long, &ours), -ENAMETOOLONG);
	ck_assert_int_eq(control_socket_open("/nonexistent/socket", &ours), -ENOENT);
	ck_assert_int_eq(control_socket_open("", &ours), -ENOENT);
	ck_assert_int_eq(ours.fd, -1);
	control_socket_done(NULL);
}
END_TEST

START_TEST(another_ones_socket_stays)
{
	struct stat st;

	ck_assert_int_eq(open_ours(), 0);
	unlink(path);
	leave_dead(SOCK_SEQPACKET);
	control_socket_done(&ours);
	ck_assert_int_eq(lstat(path, &st), 0);
}
END_TEST

/* ---- several guards at once ---- */

/* A guard that begins when READY is closed, tells on RESULT how it went, and has the socket until QUIT is closed. */
static void rival(int ready, int result, int quit)
{
	struct control_socket own = CONTROL_SOCKET_NONE;
	char byte;
	int r;

	while (read(ready, &byte, 1) > 0)
		;
	r = control_socket_open(path, &own);
	if (write(result, &r, sizeof(r)) != (ssize_t)sizeof(r))
		_exit(1);
	while (read(quit, &byte, 1) > 0)
		;
	control_socket_done(&own);
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
	r = socket_client();
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
	ck_assert_int_eq(open_ours(), 0);
	ck_assert_int_lt(access(lock_path, F_OK), 0);
}
END_TEST

/* Who holds it has bound the socket, and is about to listen: it is not dead. */
START_TEST(a_lock_that_is_held)
{
	CLEANUP(fd_done) int fd = open(lock_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CLEANUP(fd_done) int bound = socket_at(SOCK_SEQPACKET, true);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(open_ours(), -ETIMEDOUT);
	ck_assert_int_eq(access(lock_path, F_OK), 0);
	ck_assert_int_eq(listen(bound, 1), 0);
	ck_assert_int_eq(close(socket_client()), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("control_socket");

	tcase_add_checked_fixture(tests, set_up, tear_down);
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
	return suite_run("control_socket", tests);
}
