/* ward: what tests/bench/runs has guarded, and the least that a guard can do.
 *
 *   ward stamp             print the time at which it runs
 *   ward mortal            the same twice, the second time right before it exits 1
 *   ward sleep             print its pid, and sleep
 *   ward hang              the same behind one heartbeat by HEART_FD, with the time before that
 *   ward frames N          send N heartbeats by HEART_FD; print how many of them a second were taken
 *   ward messages N        the same by NOTIFY_SOCKET
 *
 *   ward parent WORD...    run `ward WORD...` and wait for its end
 *   ward again WORD...     the same, again and again
 *   ward reader WORD...    the same once, while reading what it sends, and doing nothing of it
 *
 * Times are nanoseconds of CLOCK_MONOTONIC. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1000, ANSWER_MAX = 64, GET_CMD = 6, CMD = 7 };

static const unsigned char beat[] = { 0, 1, 2 }, get_cmd[] = { 0, 1, GET_CMD }, cmd[] = { 0, 1, CMD };

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "ward: ");
	perror(what);
	exit(9);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : (die(name), NULL);
}

/* One write(2): no stdio on what is timed. */
static void print(int64_t a, int64_t b)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 "\n", a, b);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		die("write");
}

static _Noreturn void sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void send_all(int fd, const void *data, size_t n)
{
	for (const char *at = data; n > 0;) {
		ssize_t done = write(fd, at, n);

		if (done < 0)
			die("HEART_FD");
		at += done;
		n -= (size_t)done;
	}
}

static void print_rate(long count, int64_t began)
{
	printf("%.0f\n", (double)count * 1e9 / (double)(now() - began));
}

/* The answer comes when all before it has been read. */
static void send_frames(long count)
{
	unsigned char block[BLOCK * sizeof(beat)], answer[ANSWER_MAX];
	int fd = atoi(variable("HEART_FD"));
	int64_t began = now();
	ssize_t n;

	for (size_t i = 0; i < BLOCK; i++)
		memcpy(block + i * sizeof(beat), beat, sizeof(beat));
	for (long i = 0; i < count; i += BLOCK)
		send_all(fd, block, sizeof(block));
	send_all(fd, get_cmd, sizeof(get_cmd));
	do
		n = read(fd, answer, sizeof(answer));
	while (n > 0 && !memchr(answer, CMD, (size_t)n));
	if (n <= 0)
		die("no answer");
	print_rate(count, began);
}

static int connected(void)
{
	const char *path = variable("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		die(path);
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(fd, (struct sockaddr *)&address, len) < 0)
		die(path);
	return fd;
}

/* Until the pipe's end is closed: BARRIER=1 of sd_notify(3). */
static void wait_for_barrier(int fd)
{
	union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr aligned; } control = { { 0 } };
	struct iovec text = { .iov_base = "BARRIER=1", .iov_len = strlen("BARRIER=1") };
	struct msghdr message = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &ends[1], sizeof(int));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		die("BARRIER=1");
	close(ends[1]);
	poll(&(struct pollfd){ .fd = ends[0] }, 1, -1);
}

static void send_messages(long count)
{
	static const char text[] = "WATCHDOG=1";
	int fd = connected();
	int64_t began = now();

	for (long i = 0; i < count; i++)
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			die("NOTIFY_SOCKET");
	wait_for_barrier(fd);
	print_rate(count, began);
}

/* ---- the least that a guard can do ---- */

static pid_t start(char **words)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv("/proc/self/exe", words);
		_exit(127);
	}
	return pid;
}

static int parent(char **words)
{
	int status;

	if (waitpid(start(words), &status, 0) < 0)
		die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* False: the end. */
static int read_frames(int fd)
{
	unsigned char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0 && bytes[n - 1] == GET_CMD)
		send_all(fd, cmd, sizeof(cmd));
	return n > 0;
}

/* Descriptors do not fit, and are closed. */
static void read_message(int fd)
{
	union { char bytes[CMSG_SPACE(sizeof(struct ucred))]; struct cmsghdr aligned; } control;
	char bytes[4096];
	struct iovec text = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr message = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) < 0)
		die("recvmsg");
}

/* Both sockets, as `heart run` makes them. */
static void open_sockets(int ret[2], int *ret_child)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);
	int pair[2], on = 1;
	char value[64];

	ret[0] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (setsockopt(ret[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 || /* and a name of the kernel's choice */
	    bind(ret[0], (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	    getsockname(ret[0], (struct sockaddr *)&address, &len) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		die("sockets");
	snprintf(value, sizeof(value), "@%.*s", (int)(len - sizeof(sa_family_t) - 1), address.sun_path + 1);
	setenv("NOTIFY_SOCKET", value, 1);
	snprintf(value, sizeof(value), "%d", pair[1]);
	setenv("HEART_FD", value, 1);
	ret[1] = pair[0];
	*ret_child = pair[1];
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
}

static int reader(char **words)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int sockets[2], child;

	open_sockets(sockets, &child);
	fds[0].fd = sockets[0];
	fds[1].fd = sockets[1];
	start(words);
	close(child);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			read_message(sockets[0]);
		if (fds[1].revents && !read_frames(sockets[1]))
			break;
	}
	return wait(NULL) < 0;
}

int main(int argc, char **argv)
{
	int64_t began = now();
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "stamp"))
		print(began, began);
	else if (!strcmp(word, "mortal"))
		print(began, now()), _exit(1);
	else if (!strcmp(word, "sleep"))
		print(getpid(), 0), sleep_for_ever();
	else if (!strcmp(word, "hang"))
		began = now(), send_all(atoi(variable("HEART_FD")), beat, sizeof(beat)), print(getpid(), began),
		sleep_for_ever();
	else if (!strcmp(word, "frames") && argc == 3)
		send_frames(atol(argv[2]));
	else if (!strcmp(word, "messages") && argc == 3)
		send_messages(atol(argv[2]));
	else if (!strcmp(word, "parent") && argc > 2)
		return parent(argv + 1);
	else if (!strcmp(word, "reader") && argc > 2)
		return reader(argv + 1);
	else if (!strcmp(word, "again") && argc > 2)
		for (;;)
			parent(argv + 1);
	else
		return 2;
	return 0;
}
