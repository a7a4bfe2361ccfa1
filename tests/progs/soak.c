/* soak STEP...: what tests/heart_soak.sh lets `heart run` guard; does one step behind the other, then exits 0. A step
 * that fails ends it with status 99 and a line.
 *
 *   frames=N           N heartbeats by HEART_FD, then wait until they have been handled
 *   messages=N         the same by NOTIFY_SOCKET
 *   hold=NAME          make the file NAME, and wait until it is gone
 *   die=FILE,N,N...    for the Nth time: hold=FILE.N; else end in one of many ways, but never well */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1000, BEAT = 2, SET_CMD = 4, GET_CMD = 6, CMD = 7 };

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
	exit(99);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail(name);
	return value;
}

static void hold(const char *name)
{
	const struct timespec pause = { 0, 20 * 1000000L };
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		fail(name);
	close(fd);
	while (access(name, F_OK) == 0)
		nanosleep(&pause, NULL);
}

/* ---- HEART_FD ---- */

static void send_all(const void *bytes, size_t len)
{
	int fd = atoi(variable("HEART_FD"));

	for (const char *at = bytes; len > 0;) {
		ssize_t n = write(fd, at, len);

		if (n < 0)
			fail("HEART_FD");
		at += n;
		len -= (size_t)n;
	}
}

static void receive(void *to, size_t len)
{
	int fd = atoi(variable("HEART_FD"));

	for (char *at = to; len > 0;) {
		ssize_t n = read(fd, at, len);

		if (n <= 0)
			fail("no answer by HEART_FD");
		at += n;
		len -= (size_t)n;
	}
}

static void expect_command(void)
{
	unsigned char head[3] = { 0 }, body[4096];

	while (head[2] != CMD) {
		receive(head, sizeof(head));
		receive(body, (size_t)(head[0] << 8 | head[1]) - 1);
	}
}

static void send_frames(long count)
{
	static const unsigned char beat[] = { 0, 1, BEAT }, get_cmd[] = { 0, 1, GET_CMD };
	unsigned char block[BLOCK * sizeof(beat)];

	for (size_t i = 0; i < BLOCK; i++)
		memcpy(block + i * sizeof(beat), beat, sizeof(beat));
	for (; count > 0; count -= BLOCK)
		send_all(block, (count < BLOCK ? (size_t)count : BLOCK) * sizeof(beat));
	send_all(get_cmd, sizeof(get_cmd));
	expect_command();
}

/* ---- NOTIFY_SOCKET ---- */

static int connected(void)
{
	const char *path = variable("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		fail(path);
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		fail(path);
	return fd;
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		fail("NOTIFY_SOCKET");
}

/* BARRIER=1 and an end of a pipe, which is closed when all before it has been handled: sd_notify(3). */
static void wait_for_barrier(int fd)
{
	union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr aligned; } control = { { 0 } };
	struct iovec text = { .iov_base = "BARRIER=1", .iov_len = strlen("BARRIER=1") };
	struct msghdr message = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe");
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &ends[1], sizeof(int));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		fail("BARRIER=1");
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 0)
		fail("BARRIER=1");
	close(ends[0]);
}

static void send_messages(long count)
{
	int fd = connected();

	while (count-- > 0)
		say(fd, "WATCHDOG=1");
	wait_for_barrier(fd);
	close(fd);
}

/* ---- many ends ---- */

/* How often it was called is the size of FILE. */
static long count_in(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || write(fd, ".", 1) != 1 || fstat(fd, &st) < 0)
		fail(path);
	close(fd);
	return (long)st.st_size;
}

/* The answers are not read. */
static void talk(long number)
{
	static const unsigned char frames[] = { 0, 1, BEAT, 0, 5, SET_CMD, 't', 'r', 'u', 'e', 0, 1, GET_CMD };
	char text[128];
	int fd = connected();

	snprintf(text, sizeof(text), "READY=1\nSTATUS=this is start number %ld\nWATCHDOG=1", number);
	say(fd, text);
	send_all(frames, sizeof(frames));
	if (number % 3 == 0)
		say(fd, "WATCHDOG_USEC=30000000\nEXTEND_TIMEOUT_USEC=60000000\nERRNO=5");
	if (number % 50 == 0)
		say(fd, "WATCHDOG=trigger");
}

static void leave_child(void)
{
	if (fork() == 0)
		for (;;)
			pause();
}

static void die(long number)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGALRM, SIGUSR1 };

	if (number % 2 == 0)
		talk(number);
	if (number % 20 == 7)
		leave_child();
	if (number % 50 == 0)
		for (;;) /* it asked to be killed */
			pause();
	if (number % 4 < 2)
		_exit((int)(number % 100) + 1);
	raise(signals[number / 4 % 4]);
}

static void hold_or_die(char *value)
{
	char *path = strtok(value, ","), *when, name[4096];
	long number = path ? count_in(path) : 0;

	while ((when = strtok(NULL, ",")) != NULL) {
		if (atol(when) != number)
			continue;
		snprintf(name, sizeof(name), "%s.%ld", path, number);
		talk(1);
		hold(name);
	}
	die(number);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value++)
			fail(argv[i]);
		else if (!strncmp(argv[i], "frames=", 7))
			send_frames(atol(value));
		else if (!strncmp(argv[i], "messages=", 9))
			send_messages(atol(value));
		else if (!strncmp(argv[i], "hold=", 5))
			hold(value);
		else if (!strncmp(argv[i], "die=", 4))
			hold_or_die(value);
		else
			fail(argv[i]);
	}
	return 0;
}
