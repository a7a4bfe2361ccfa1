/* The socket of sd_notify(3): what it takes. */
#include "tests/notify.h"

#include <errno.h>
#include <sys/socket.h>

#include "tests/child.h"
#include "tests/suite.h"

/* A socket that is connected to ours. */
static int client(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(to.sun_path, address());
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Send LEN bytes with COUNT descriptors. */
static void say_with(const void *text, size_t len, const int *fds, size_t count)
{
	static union { char bytes[CMSG_SPACE(sizeof(int) * 253)]; struct cmsghdr part; } control;
	struct iovec bytes = { .iov_base = (void *)text, .iov_len = len };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	int fd = client();

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.part = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * count),
		};
		memcpy(CMSG_DATA(&control.part), fds, sizeof(int) * count);
	}
	ck_assert_int_eq(sendmsg(fd, &message, MSG_DONTWAIT), len);
	close(fd);
}

static void say(const char *text)
{
	say_with(text, strlen(text), NULL, 0);
}

/* Do others still have an end of the pipe? */
static bool is_hung_up(int fd)
{
	struct pollfd poll_fd = { .fd = fd };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP);
}

START_TEST(messages_in_their_order)
{
	open_one();
	ck_assert_int_eq(receive(), 0);
	say("READY=1\nSTATUS=one");
	say("STATUS=two\n");
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.ready);
	ck_assert_int_eq(memcmp(m.status, "one", 3), 0);
	ck_assert_int_eq(sender.pid, getpid());
	ck_assert_uint_eq(sender.uid, getuid());
	ck_assert_int_eq(receive(), 1);
	ck_assert(!m.ready && m.status_len == 3);
	ck_assert_int_eq(memcmp(m.status, "two", 3), 0);
	ck_assert_int_eq(receive(), 0);
	close_one();
}
END_TEST

START_TEST(what_is_dropped)
{
	static char text[NOTIFY_MESSAGE_MAX + 1];

	open_one();
	memset(text, 'x', sizeof(text));
	memcpy(text, "READY=1\nSTATUS=", 15);
	say_with(text, sizeof(text), NULL, 0);
	say("X_OURS=1\nFDSTORE=1");
	say_with("", 0, NULL, 0);
	say_with("READY=1\0READY=1", 15, NULL, 0);
	say_with(text, sizeof(text) - 1, NULL, 0);
	m = (struct notify_message){ 0 };
	ck_assert_int_eq(receive(), 1); /* the last one: it is not too long */
	ck_assert(m.ready && m.has_status && m.status_len == NOTIFY_STATUS_MAX);
	say_with("STOPPING=1", sizeof("STOPPING=1"), NULL, 0);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.stopping);
	say("FDSTORE=1");
	m.error = 17;
	ck_assert_int_eq(receive(), 0);
	ck_assert(m.stopping && m.error == 17); /* untouched */
	close_one();
}
END_TEST

START_TEST(descriptors_are_closed)
{
	int ends[2], many[253], before;

	open_one();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (size_t i = 0; i < 253; i++)
		many[i] = ends[1];
	say_with("FDSTORE=1\nFDNAME=x\nREADY=1", 26, many, 1);
	say_with("STATUS=x", 8, many, 253);
	say_with("FDSTORE=1", 9, many, 2);
	close(ends[1]);
	before = count_descriptors();
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.ready);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.has_status);
	ck_assert(!is_hung_up(ends[0]));
	ck_assert_int_eq(receive(), 0);
	ck_assert(is_hung_up(ends[0]));
	ck_assert_int_eq(count_descriptors(), before);
	close(ends[0]);
	close_one();
}
END_TEST

START_TEST(barrier_behind_what_was_said_before)
{
	int ends[2];

	open_one();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	say("READY=1");
	say_with("BARRIER=1", 9, &ends[1], 1);
	say("STOPPING=1");
	close(ends[1]);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.ready);
	ck_assert(!is_hung_up(ends[0]));
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.stopping);
	ck_assert(is_hung_up(ends[0]));
	close(ends[0]);
	close_one();
}
END_TEST

/* sd_notify(3) forbids it; there are programs that do it. */
START_TEST(barrier_among_others)
{
	int ends[2];

	open_one();
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	say_with("READY=1\nBARRIER=1", 17, &ends[1], 1);
	close(ends[1]);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.ready);
	ck_assert(is_hung_up(ends[0]));
	close(ends[0]);
	say("BARRIER=1"); /* without a descriptor */
	ck_assert_int_eq(receive(), 0);
	close_one();
}
END_TEST

static int play_full_table(void)
{
	int ends[2];

	open_one();
	if (pipe2(ends, O_CLOEXEC))
		return 1;
	say_with("READY=1\nFDSTORE=1", 17, ends, 2);
	close(ends[1]);
	if (limit_descriptors(3))
		return 2;
	if (receive() != 1 || !m.ready || sender.pid != getpid())
		return 3;
	if (!is_hung_up(ends[0]))
		return 4;
	close_one();
	return 0;
}

START_TEST(descriptors_beyond_our_limit)
{
	in_child(play_full_table);
}
END_TEST

/* A crowd that never stops does not hold up who receives, and does not keep others out. */
START_TEST(flood)
{
	pid_t crowd[2];

	open_one();
	for (int i = 0; i < 2; i++) {
		crowd[i] = fork();
		ck_assert_int_ge(crowd[i], 0);
		if (crowd[i] == 0) {
			int fd = client();

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				if (send(fd, i ? "X=1" : "READY=1\n\0\n", i ? 3 : 10, 0) < 0)
					_exit(1);
		}
	}
	CHILD_UNTIL(recv(notify.fd, notify.text, 1, MSG_PEEK) > 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(receive(), 0);
	pid_t good = fork();
	if (good == 0)
		_exit(notify_send(address(), "STOPPING=1", true, 20000) ? 1 : 0);
	CHILD_UNTIL(receive() == 1);
	ck_assert(m.stopping);
	ck_assert_int_eq(sender.pid, good);
	CHILD_UNTIL(receive() == 0 && waitpid(good, NULL, WNOHANG) == good);
	for (int i = 0; i < 2; i++)
		child_end(crowd[i]);
	close_one();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("notify_receive");

	tcase_add_test(tests, messages_in_their_order);
	tcase_add_test(tests, what_is_dropped);
	tcase_add_test(tests, descriptors_are_closed);
	tcase_add_test(tests, barrier_behind_what_was_said_before);
	tcase_add_test(tests, barrier_among_others);
	tcase_add_test(tests, descriptors_beyond_our_limit);
	tcase_add_test(tests, flood);
	return suite_run("notify_receive", tests);
}
