/* A client of sd_notify(3). */
#include "tests/notify.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/child.h"
#include "tests/suite.h"

START_TEST(sent_and_handled)
{
	int status;
	pid_t pid;

	open_one();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(notify_send(address(), "WATCHDOG=1", true, 20000) ? 1 : 0);
	CHILD_UNTIL(receive() == 1);
	ck_assert(m.beat);
	ck_assert_int_eq(sender.pid, pid);
	CHILD_UNTIL(receive() == 0 && waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(notify_send(address(), "STATUS=x", false, 1000), 0);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.has_status);
	close_one();
}
END_TEST

START_TEST(no_address)
{
	char far[200];

	memset(far, 'x', sizeof(far));
	far[0] = '/';
	far[108] = '\0';
	ck_assert_int_eq(notify_send("", "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send("/", "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send("@", "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send("run/x", "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send("vsock:2:1234", "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send(far, "X=1", false, 10), -EINVAL);
	ck_assert_int_eq(notify_send("/nowhere/socket", "X=1", false, 10), -ENOENT);
	ck_assert_int_eq(notify_send("@nobody-listens-here", "X=1", false, 10), -ECONNREFUSED);
	ck_assert_int_eq(notify_send("/dev/null", "X=1", false, 10), -ECONNREFUSED);
}
END_TEST

/* Of a guard that was killed; not where living ones would remove it. */
START_TEST(nobody_listens_any_more)
{
	struct sockaddr_un dead = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/test_notify-XXXXXX";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(dead.sun_path, sizeof(dead.sun_path), "%s/s", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&dead, sizeof(dead)), 0);
	close(fd);
	ck_assert_int_eq(notify_send(dead.sun_path, "X=1", true, 10), -ECONNREFUSED);
	ck_assert_int_eq(unlink(dead.sun_path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* Nobody receives: the barrier is not answered, and in the end the socket is full. */
START_TEST(nobody_receives)
{
	int r = 0, before = count_descriptors();

	open_one();
	ck_assert_int_eq(notify_send(address(), "READY=1", true, 1), -ETIMEDOUT);
	for (int i = 0; i < 1000000 && r == 0; i++)
		r = notify_send(address(), "STATUS=x", false, 1);
	ck_assert_int_eq(r, -EAGAIN);
	ck_assert_int_eq(notify_send(address(), "STATUS=x", true, 0), -EAGAIN);
	ck_assert_int_eq(receive(), 1);
	ck_assert(m.ready);
	ck_assert_int_eq(notify_send(address(), "STATUS=x", true, 1), -ETIMEDOUT);
	close_one();
	ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("notify_send");

	tcase_add_test(tests, sent_and_handled);
	tcase_add_test(tests, no_address);
	tcase_add_test(tests, nobody_listens_any_more);
	tcase_add_test(tests, nobody_receives);
	return suite_run("notify_send", tests);
}
