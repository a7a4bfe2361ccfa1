/* The descriptors of real processes: ourselves, and one in a network namespace of its own. */
#include "applets/gmr/descriptors.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;
static struct target target;
static struct descriptors *descriptors;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
}

static void tear_down(void)
{
	descriptors_free(descriptors);
	target_done(&target);
	procfs_done(&proc);
	fixture_remove();
}

static void look_at(pid_t pid)
{
	ck_assert_int_eq(target_open(&proc, pid, &target), 0);
	ck_assert_int_eq(descriptors_open(&target, &descriptors), 0);
}

static const char *name_of(int fd)
{
	static struct buf name = BUF(8192);

	buf_reset(&name);
	ck_assert_int_eq(descriptors_name(descriptors, fd, &name), 0);
	return name.data;
}

#define CHECK_FD(fd, kind, ...)                                           \
	do {                                                              \
		char want_[PATH_MAX + 64];                                \
		snprintf(want_, sizeof want_, __VA_ARGS__);               \
		ck_assert_str_eq(name_of(fd), want_);                     \
		ck_assert_str_eq(descriptors_kind(descriptors, fd), kind); \
	} while (0)

static int listen_at(int family, unsigned *ret_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = family == AF_INET ? sizeof four : sizeof six;
	void *address = family == AF_INET ? (void *)&four : (void *)&six;

	if (fd < 0 || bind(fd, address, len) < 0 || listen(fd, 1) < 0 || getsockname(fd, address, &len) < 0)
		return -1;
	*ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

START_TEST(tcp)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, own;
	int client = socket(AF_INET, SOCK_STREAM, 0), unbound = socket(AF_INET, SOCK_STREAM, 0), six, server;
	socklen_t len = sizeof own;
	unsigned port = 0, six_port = 0;
	int listener = listen_at(AF_INET, &port);

	ck_assert_int_ge(listener, 0);
	six = listen_at(AF_INET6, &six_port);
	to.sin_port = htons((uint16_t)port);
	ck_assert_int_eq(connect(client, (void *)&to, sizeof to), 0);
	server = accept(listener, NULL, NULL);
	ck_assert_int_ge(server, 0);
	ck_assert_int_eq(getsockname(client, (void *)&own, &len), 0);
	look_at(getpid());
	CHECK_FD(listener, "TCP", "TCP 127.0.0.1:%u LISTEN", port);
	CHECK_FD(client, "TCP", "TCP 127.0.0.1:%u -> 127.0.0.1:%u ESTABLISHED", ntohs(own.sin_port), port);
	CHECK_FD(server, "TCP", "TCP 127.0.0.1:%u -> 127.0.0.1:%u ESTABLISHED", port, ntohs(own.sin_port));
	ck_assert_str_eq(descriptors_kind(descriptors, unbound), "TCP");
	ck_assert_int_eq(strncmp(name_of(unbound), "TCP socket ", 11), 0);
	if (six >= 0)
		CHECK_FD(six, "TCP", "TCP [::1]:%u LISTEN", six_port);
}
END_TEST

static int bind_unix(const char *path, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_uint_le(len, sizeof address.sun_path);
	memcpy(address.sun_path, path, len);
	ck_assert_int_eq(bind(fd, (void *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

START_TEST(unix_sockets)
{
	char abstract[64], seen[64];
	const char *path = fixture_path("s\x1b.sock");
	int len = snprintf(abstract, sizeof abstract, "%c""abstract%d%cx", 0, getpid(), 0);
	int named = bind_unix(path, strlen(path)), hidden = bind_unix(abstract, (size_t)len), pair[2];

	snprintf(seen, sizeof seen, "@abstract%d@x", getpid());
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	look_at(getpid());
	CHECK_FD(named, "UNIX", "UNIX %s", path);
	CHECK_FD(hidden, "UNIX", "UNIX %s", seen);
	ck_assert_int_eq(strncmp(name_of(pair[0]), "UNIX stream ", 12), 0);
	ck_assert_int_ne(atoi(name_of(pair[0]) + 12), 0);
}
END_TEST

/* The name of a socket may hold a newline, and then what looks like the line of another one: that is not believed. */
START_TEST(forged_name)
{
	char path[108], victim_path[64];
	struct stat st;
	int victim, len;

	snprintf(victim_path, sizeof victim_path, "%cvictim%d", 0, getpid());
	victim = bind_unix(victim_path, strlen(victim_path + 1) + 1);
	ck_assert_int_eq(fstat(victim, &st), 0);
	len = snprintf(path, sizeof path, "%cx%d\n0: 2 0 0 1 01 %lu /forged", 0, getpid(), (unsigned long)st.st_ino);
	close(bind_unix(path, (size_t)len)); /* gone: it is as it was */
	bind_unix(path, (size_t)len);
	look_at(getpid());
	CHECK_FD(victim, "UNIX", "UNIX socket %lu", (unsigned long)st.st_ino);
}
END_TEST

START_TEST(other_sockets)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	int udp = socket(AF_INET, SOCK_DGRAM, 0), netlink = socket(AF_NETLINK, SOCK_RAW, 0);
	socklen_t len = sizeof to;

	ck_assert_int_eq(bind(udp, (void *)&to, sizeof to), 0);
	ck_assert_int_eq(getsockname(udp, (void *)&to, &len), 0);
	look_at(getpid());
	CHECK_FD(udp, "UDP", "UDP 127.0.0.1:%u", ntohs(to.sin_port));
	if (netlink < 0 || bind(netlink, (void *)&own, sizeof own) < 0)
		return;
	len = sizeof own;
	ck_assert_int_eq(getsockname(netlink, (void *)&own, &len), 0);
	descriptors_free(descriptors);
	target_done(&target);
	look_at(getpid());
	CHECK_FD(netlink, "netlink", "netlink route port %u", own.nl_pid);
}
END_TEST

START_TEST(files)
{
	int directory = open(fixture_root, O_RDONLY | O_DIRECTORY), null = open("/dev/null", O_RDONLY), gone, pair[2];
	const char *path = fixture_path("a\nb");
	struct stat st;

	gone = open(path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(pipe(pair), 0);
	ck_assert_int_eq(fstat(pair[0], &st), 0);
	look_at(getpid());
	CHECK_FD(directory, "directory", "%s", fixture_root);
	CHECK_FD(null, "device", "/dev/null");
	CHECK_FD(gone, "file", "%s (deleted)", path);
	CHECK_FD(pair[0], "pipe", "pipe %lu", (unsigned long)st.st_ino);
	CHECK_FD(pair[1], "pipe", "pipe %lu", (unsigned long)st.st_ino);
}
END_TEST

START_TEST(anonymous)
{
	int secret = memfd_create("x?token=hunter2", MFD_CLOEXEC);
	int memory = memfd_create("pool", MFD_CLOEXEC), epoll = epoll_create1(0), event = eventfd(31, 0);
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), inotify = inotify_init(), signals;
	struct epoll_event in = { .events = EPOLLIN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	signals = signalfd(-1, &set, 0);
	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &in), 0);
	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &in), 0);
	ck_assert_int_ge(inotify_add_watch(inotify, fixture_root, IN_CREATE), 0);
	look_at(getpid());
	CHECK_FD(memory, "memfd", "memfd pool");
	CHECK_FD(secret, "memfd", "memfd x?token=***");
	CHECK_FD(epoll, "eventpoll", "eventpoll (2 watched)");
	CHECK_FD(event, "eventfd", "eventfd (count 31)");
	CHECK_FD(timer, "timerfd", "timerfd (disarmed)");
	CHECK_FD(inotify, "inotify", "inotify (1 watched)");
	CHECK_FD(signals, "signalfd", "signalfd (SIGUSR1)");
}
END_TEST

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

START_TEST(numbers)
{
	int high = fcntl(0, F_DUPFD, 500);
	struct buf name = BUF(64);
	const int *all;
	size_t count;
	bool cut = true;

	ck_assert_int_ge(high, 500);
	look_at(getpid());
	all = descriptors_all(descriptors, &count, &cut);
	ck_assert(!cut);
	ck_assert_uint_ge(count, 4);
	ck_assert_int_eq(all[0], 0);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_lt(all[i - 1], all[i]);
	ck_assert_ptr_nonnull(bsearch(&high, all, count, sizeof *all, compare));
	close(high);
	ck_assert_int_eq(descriptors_name(descriptors, high, &name), -ENOENT);
	ck_assert_int_eq(descriptors_name(descriptors, -1, &name), -ENOENT);
	ck_assert_str_eq(descriptors_kind(descriptors, high), "?");
	ck_assert_ptr_null(name.data);
}
END_TEST

struct told { int listener; unsigned port; };

/* A listener in a network namespace that has nothing else, or -1 where we may not have one. */
static void in_own_namespace(int to)
{
	struct told told = { .listener = -1 };

	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
		struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(5432) };

		told.listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(told.listener, (void *)&any, sizeof any) < 0 || listen(told.listener, 1) < 0)
			told.listener = -1;
	}
	if (write(to, &told, sizeof told) != sizeof told)
		_exit(1);
	for (;;)
		pause();
}

START_TEST(own_namespace)
{
	struct told told;
	int pair[2];
	pid_t pid;

	ck_assert_int_eq(pipe(pair), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		in_own_namespace(pair[1]);
	ck_assert_int_eq(read(pair[0], &told, sizeof told), (ssize_t)sizeof told);
	if (told.listener >= 0) {
		look_at(pid);
		CHECK_FD(told.listener, "TCP", "TCP 0.0.0.0:5432 LISTEN");
	} else {
		fprintf(stderr, "skipped: no network namespace of its own\n");
	}
	child_end(pid);
}
END_TEST

START_TEST(ended)
{
	pid_t pid = child_start();
	struct buf name = BUF(64);
	struct descriptors *other = NULL;

	look_at(pid);
	child_end(pid);
	ck_assert_int_lt(descriptors_name(descriptors, 0, &name), 0);
	ck_assert_int_lt(descriptors_open(&target, &other), 0);
	ck_assert_ptr_null(other);
	descriptors_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("descriptors");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, tcp);
	tcase_add_test(tests, unix_sockets);
	tcase_add_test(tests, forged_name);
	tcase_add_test(tests, other_sockets);
	tcase_add_test(tests, files);
	tcase_add_test(tests, anonymous);
	tcase_add_test(tests, numbers);
	tcase_add_test(tests, own_namespace);
	tcase_add_test(tests, ended);
	return suite_run("descriptors", tests);
}
