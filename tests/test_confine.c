/* A child without rights: what it has left, its messages, its end. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/confine.h"
#include "tests/child.h"
#include "tests/suite.h"

static const struct confine nobody = {
	.uid = CONFINE_NOBODY, .gid = CONFINE_NOBODY, .memory_max = 64 << 20, .cpu_max = 60
};

static int64_t soon(int seconds)
{
	return clock_ns() + (int64_t)seconds * 1000000000;
}

static int limit_of(int which)
{
	struct rlimit limit;

	return getrlimit(which, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
}

static int has_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { .effective = 1 } };

	if (syscall(SYS_capget, &header, sets) < 0)
		return 1;
	return (sets[0].effective | sets[0].permitted | sets[0].inheritable | sets[1].effective | sets[1].permitted |
		sets[1].inheritable) != 0;
}

static bool goes_first(void)
{
	char text[8] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	bool does = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, "1000\n") == 0;

	if (fd >= 0)
		close(fd);
	return does;
}

/* What is wrong, or NULL. */
static const char *complaint(bool became, const sigset_t *mask)
{
	struct sigaction action;
	int death = 0, fd;
	pid_t pid;

	if (became && (getuid() != CONFINE_NOBODY || getegid() != CONFINE_NOBODY || getgroups(0, NULL) != 0))
		return "ids";
	if (became && (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 || setgroups(0, NULL) == 0))
		return "came back";
	if (has_capability() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return "capabilities";
	if (prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) < 0 || death != SIGKILL || getsid(0) != getpid())
		return "bonds";
	if (!limit_of(RLIMIT_CORE) || !limit_of(RLIMIT_FSIZE) || !limit_of(RLIMIT_NPROC))
		return "limits";
	if (became && (pid = fork()) >= 0) {
		if (pid == 0)
			_exit(0);
		return "forked";
	}
	if (mmap(NULL, 100 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return "memory";
	if (!goes_first())
		return "OOM killer";
	fd = open("/etc/shadow", O_RDONLY | O_CLOEXEC);
	if (became && fd >= 0)
		return "shadow";
	if (isatty(0) || write(STDERR_FILENO, "?", 1) != 1 || open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0)
		return "terminal";
	if (sigaction(SIGTERM, NULL, &action) < 0 || action.sa_handler != SIG_DFL || sigismember(mask, SIGTERM))
		return "signals";
	return NULL;
}

/* A container may have no other user for us. */
static bool can_become_nobody(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(setgroups(0, NULL) < 0 || setresgid(CONFINE_NOBODY, CONFINE_NOBODY, CONFINE_NOBODY) < 0 ||
		      setresuid(CONFINE_NOBODY, CONFINE_NOBODY, CONFINE_NOBODY) < 0);
	ck_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status == 0;
}

static int tell_complaint(int channel, void *context)
{
	int *kept = context;
	sigset_t mask;
	const char *text;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	text = complaint(kept[1], &mask);
	if (!text && fcntl(kept[0], F_GETFD) < 0)
		text = "descriptor";
	text = text ? text : "";
	return confine_send(channel, -1, text, strlen(text)) < 0 ? 2 : 7;
}

START_TEST(gives_up_everything)
{
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(256);
	int kept[2] = { open("/", O_PATH | O_CLOEXEC), can_become_nobody() }, status;
	pid_t pid;

	signal(SIGTERM, SIG_IGN);
	pid = confine_start(&nobody, tell_complaint, kept, &channel);
	signal(SIGTERM, SIG_DFL);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), 1);
	ck_assert_str_eq(message.data ? message.data : "", "");
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), 0);
	child_await_zombie(pid);
	status = confine_end(pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	close(kept[0]);
}
END_TEST

static int echo(int channel, void *context)
{
	CLEANUP(buf_done) struct buf message = BUF(8 << 20);
	int r;

	(void)context;
	while ((r = confine_receive(channel, -1, &message)) == 1)
		if (confine_send(channel, -1, message.data, message.len) < 0)
			return 1;
	return r < 0;
}

/* Touch a mebibyte of the stack. */
static int use_stack(int channel, void *context)
{
	volatile char large[1 << 20];

	for (size_t i = sizeof(large); i-- > 0;)
		large[i] = 1;
	return confine_send(channel, -1, context, 1) < 0 ? 2 : large[0];
}

/* Whatever its user has left us of it: a soft limit, and a hard one. */
START_TEST(has_stack_enough)
{
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(256);
	struct rlimit limit;
	char text[] = "x";
	pid_t pid;
	int status;

	ck_assert_int_eq(getrlimit(RLIMIT_STACK, &limit), 0);
	limit.rlim_cur = 256 << 10;
	limit.rlim_max = _i ? limit.rlim_cur : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_STACK, &limit), 0);
	pid = confine_start(&nobody, use_stack, text, &channel);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), 1);
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), 0);
	child_await_zombie(pid);
	status = confine_end(pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %#x", (unsigned)status);
}
END_TEST

START_TEST(messages_keep_their_bounds)
{
	static const size_t sizes[] = { 0, 1, 4, 5, 4096, 1 << 20, (3 << 20) + 1 };
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(4 << 20);
	CLEANUP(free_done) char *data = malloc(4 << 20);
	pid_t pid = confine_start(&nobody, echo, NULL, &channel);

	ck_assert_int_gt(pid, 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (size_t at = 0; at < sizes[i]; at++)
			data[at] = (char)(at * 7 + i);
		ck_assert_int_eq(confine_send(channel, soon(50), data, sizes[i]), 0);
		ck_assert_int_eq(confine_receive(channel, soon(50), &message), 1);
		ck_assert_uint_eq(message.len, sizes[i]);
		ck_assert(sizes[i] == 0 || memcmp(message.data, data, sizes[i]) == 0);
	}
	ck_assert_int_eq(confine_send(channel, soon(50), data, 100), 0);
	message.max = 99;
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), -ENOBUFS);
	ck_assert_int_ge(confine_end(pid), 0);
}
END_TEST

/* What a child may do that is not ours any more. */
static int bytes_of(int channel, void *context)
{
	const struct buf *bytes = context;

	(void)!write(channel, bytes->data, bytes->len);
	return 0;
}

static int receive_of(const void *bytes, size_t len, size_t max)
{
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(max);
	struct buf content = { .data = (char *)(uintptr_t)bytes, .len = len };
	pid_t pid = confine_start(&nobody, bytes_of, &content, &channel);
	int r;

	ck_assert_int_gt(pid, 0);
	r = confine_receive(channel, soon(50), &message);
	ck_assert_int_ge(confine_end(pid), 0);
	return r;
}

START_TEST(refuses_broken_messages)
{
	static const uint32_t huge = UINT32_MAX, large = 1 << 30, short_by_one[2] = { 5, 0 };

	ck_assert_int_eq(receive_of("", 0, 100), 0);
	ck_assert_int_eq(receive_of("abc", 3, 100), -EBADMSG);
	ck_assert_int_eq(receive_of(&huge, 4, 100), -ENOBUFS);
	ck_assert_int_eq(receive_of(&large, 4, SIZE_MAX / 2), -EBADMSG);
	ck_assert_int_eq(receive_of(short_by_one, 8, 100), -EBADMSG);
}
END_TEST

static int sleep_on(int channel, void *context)
{
	(void)channel, (void)context;
	while (pause() < 0)
		;
	return 0;
}

START_TEST(waits_no_longer_than_it_is_told)
{
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(100);
	CLEANUP(free_done) char *much = calloc(1, 4 << 20);
	pid_t pid = confine_start(&nobody, sleep_on, NULL, &channel);
	int status;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(confine_receive(channel, 0, &message), -ETIMEDOUT);
	ck_assert_int_eq(confine_receive(channel, soon(0) + 20000000, &message), -ETIMEDOUT);
	ck_assert_int_eq(confine_send(channel, soon(0) + 20000000, much, 4 << 20), -ETIMEDOUT);
	status = confine_end(pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(confine_end(pid), -ECHILD);
	ck_assert_int_eq(confine_end(-1), -EINVAL);
	ck_assert_int_eq(confine_send(channel, soon(50), much, 1), -EPIPE);
}
END_TEST

START_TEST(dies_with_its_parent)
{
	int ends[2], channel;
	char byte;
	pid_t middle;

	ck_assert_int_eq(pipe(ends), 0);
	middle = fork();
	ck_assert_int_ge(middle, 0);
	if (middle == 0)
		_exit(confine_start(&nobody, sleep_on, NULL, &channel) < 0);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* the child of the child had the other end, too */
	close(ends[0]);
	child_end(middle);
}
END_TEST

static int burn(int channel, void *context)
{
	(void)channel, (void)context;
	for (volatile unsigned i = 1; i > 0; i |= 1)
		;
	return 0;
}

START_TEST(has_a_limit_of_time)
{
	struct confine brief = nobody;
	CLEANUP(fd_done) int channel = -1;
	CLEANUP(buf_done) struct buf message = BUF(100);
	pid_t pid;
	int status;

	brief.cpu_max = 1;
	pid = confine_start(&brief, burn, NULL, &channel);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(confine_receive(channel, soon(50), &message), 0);
	child_await_zombie(pid);
	status = confine_end(pid);
	ck_assert(WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL));
}
END_TEST

START_TEST(never_decodes_as_root)
{
	struct confine confine = { .memory_max = 0 };
	int channel = -1;

	ck_assert_int_eq(confine_start(&confine, sleep_on, NULL, &channel), -EINVAL);
	ck_assert_int_eq(channel, -1);
	confine_ids(0, 33, &confine);
	ck_assert(confine.uid == CONFINE_NOBODY && confine.gid == 33);
	confine_ids(33, 0, &confine);
	ck_assert(confine.uid == 33 && confine.gid == CONFINE_NOBODY);
	confine_ids((uid_t)-1, (gid_t)-1, &confine);
	ck_assert(confine.uid == CONFINE_NOBODY && confine.gid == CONFINE_NOBODY);
	ck_assert(confine_may_open_for(geteuid(), 4242) && confine_may_open_for(4242, geteuid()));
	ck_assert(geteuid() == CONFINE_NOBODY || !confine_may_open_for(4242, 4242));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("confine");

	tcase_add_test(tests, gives_up_everything);
	tcase_add_loop_test(tests, has_stack_enough, 0, 2);
	tcase_add_test(tests, messages_keep_their_bounds);
	tcase_add_test(tests, refuses_broken_messages);
	tcase_add_test(tests, waits_no_longer_than_it_is_told);
	tcase_add_test(tests, dies_with_its_parent);
	tcase_add_test(tests, has_a_limit_of_time);
	tcase_add_test(tests, never_decodes_as_root);
	return suite_run("confine", tests);
}
