/* speaker STEP...: a program for `heart run` to guard; does one step behind the other, then exits 0. A step that fails
 * ends it with status 99 and a line.
 *
 *   beat shut-down crash clear    send that frame by HEART_FD
 *   set=CMD                       SET_CMD
 *   get=CMD                       GET_CMD: the answer must be CMD
 *   ack                           wait for an ACK
 *   frame=HEX                     send these bytes
 *   close                         close HEART_FD
 *   notify=TEXT                   send TEXT to NOTIFY_SOCKET; "\n" is a line break; "$PID" is ours
 *   env=NAME=VALUE  unset=NAME    the environment must have that; must not have it
 *   note=FILE                     append our pid to FILE as a line
 *   first=FILE                    where FILE is there already, the steps that follow are left out until "then"
 *   wait=FILE                     until it is there
 *   beats=MS  notifies=MS         a heartbeat every MS, for ever, by HEART_FD, by NOTIFY_SOCKET
 *   fork                          go on in a child; the parent exits 0 when there is a file "forked"
 *   child=MS                      leave behind a child that lives for so long
 *   deaf=SIGNAL                   ignore the signal with that number
 *   uid=N                         become that user, with no way back
 *   root                          become root, where this file is set-user-ID
 *   raise=SIGNAL  exit=STATUS  hang */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "speaker: %s: %s\n", what, strerror(errno));
	exit(99);
}

static void pause_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail(name);
	return value;
}

/* ---- HEART_FD ---- */

static int voice(void)
{
	return atoi(variable("HEART_FD"));
}

static void send_bytes(const void *bytes, size_t len)
{
	if (write(voice(), bytes, len) != (ssize_t)len)
		fail("write to HEART_FD");
}

static void send_frame(unsigned char op, const char *data)
{
	size_t len = strlen(data);
	unsigned char frame[4096] = { (unsigned char)((len + 1) >> 8), (unsigned char)(len + 1), op };

	memcpy(frame + 3, data, len);
	send_bytes(frame, len + 3);
}

static void receive(void *to, size_t len)
{
	for (size_t n = 0; n < len;) {
		ssize_t got = read(voice(), (char *)to + n, len - n);

		if (got <= 0)
			fail("read from HEART_FD");
		n += (size_t)got;
	}
}

static void expect_frame(unsigned char op, const char *data)
{
	unsigned char head[3];
	char body[4096] = "";
	size_t len;

	receive(head, 3);
	len = (size_t)(head[0] << 8 | head[1]) - 1;
	receive(body, len < sizeof(body) ? len : sizeof(body) - 1);
	if (head[2] == op && !strcmp(body, data))
		return;
	fprintf(stderr, "speaker: operation %d '%s', not %d '%s'\n", head[2], body, op, data);
	exit(99);
}

static void send_hex(const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		send_bytes(&(unsigned char){ (unsigned char)byte }, 1);
}

/* ---- NOTIFY_SOCKET ---- */

static void expand(const char *text, char *ret, size_t size)
{
	size_t n = 0;

	for (; *text && n + 16 < size; text++) {
		if (!strncmp(text, "\\n", 2))
			ret[n++] = '\n', text++;
		else if (!strncmp(text, "$PID", 4))
			n += (size_t)sprintf(ret + n, "%d", (int)getpid()), text += 3;
		else
			ret[n++] = *text;
	}
	ret[n] = '\0';
}

static void notify(const char *text)
{
	const char *path = variable("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char message[8192];

	expand(text, message, sizeof(message));
	memcpy(address.sun_path, path, strlen(path) < sizeof(address.sun_path) ? strlen(path) : 0);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	if (sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		fail("send to NOTIFY_SOCKET");
	close(fd);
}

/* ---- steps ---- */

static void check_env(const char *wanted)
{
	char name[64] = "";
	const char *value;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(wanted, "="), wanted);
	value = variable(name);
	if (strcmp(value, wanted + strlen(name) + 1) == 0)
		return;
	fprintf(stderr, "speaker: %s is '%s'\n", name, value);
	exit(99);
}

static void note(const char *path)
{
	FILE *file = fopen(path, "a");

	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0)
		fail(path);
}

static void leave_child(long ms)
{
	if (fork() != 0)
		return;
	pause_ms(ms);
	_exit(0);
}

static void become(uid_t uid)
{
	if (setresuid(uid, uid, uid) < 0)
		fail("setresuid");
}

static void go_on_in_child(void)
{
	if (fork() == 0)
		return;
	while (access("forked", F_OK) != 0)
		pause_ms(10);
	_exit(0);
}

static void frame_step(const char *step)
{
	static const struct { const char *step; unsigned char op; } frames[] = {
		{ "beat", 2 }, { "shut-down", 3 }, { "clear", 5 }, { "crash", 8 },
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		if (!strcmp(step, frames[i].step)) {
			send_frame(frames[i].op, "");
			return;
		}
	if (!strcmp(step, "ack")) {
		expect_frame(1, "");
		return;
	}
	errno = EINVAL;
	fail(step);
}

static void plain_step(const char *step)
{
	if (!strcmp(step, "close"))
		close(voice());
	else if (!strcmp(step, "fork"))
		go_on_in_child();
	else if (!strcmp(step, "root") && setresuid(0, 0, 0) < 0)
		exit(77);
	else if (!strcmp(step, "hang"))
		for (;;)
			pause();
	else if (strcmp(step, "then") != 0 && strcmp(step, "root") != 0)
		frame_step(step);
}

static void beat_for_ever(long ms, void (*function)(const char *), const char *text)
{
	for (;;) {
		function(text);
		pause_ms(ms);
	}
}

static void send_beat(const char *text)
{
	send_frame(2, text);
}

/* False: no step with a value. */
static int value_step(const char *step, const char *value)
{
	size_t n = (size_t)(value - step);

#define IS(name) (n == sizeof(name "=") - 1 && !strncmp(step, name "=", n))
	if (IS("set"))
		send_frame(4, value);
	else if (IS("get"))
		send_frame(6, ""), expect_frame(7, value);
	else if (IS("frame"))
		send_hex(value);
	else if (IS("notify"))
		notify(value);
	else if (IS("env"))
		check_env(value);
	else if (IS("note"))
		note(value);
	else if (IS("wait"))
		while (access(value, F_OK) != 0)
			pause_ms(10);
	else if (IS("beats"))
		beat_for_ever(atol(value), send_beat, "");
	else if (IS("notifies"))
		beat_for_ever(atol(value), notify, "WATCHDOG=1");
	else if (IS("child"))
		leave_child(atol(value));
	else if (IS("deaf"))
		signal(atoi(value), SIG_IGN);
	else if (IS("uid"))
		become((uid_t)atoi(value));
	else if (IS("raise"))
		raise(atoi(value));
	else if (IS("exit"))
		exit(atoi(value));
	else
		return 0;
	return 1;
#undef IS
}

int main(int argc, char **argv)
{
	int skipping = 0;

	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');

		if (skipping)
			skipping = strcmp(argv[i], "then") != 0;
		else if (!strncmp(argv[i], "first=", 6))
			skipping = access(argv[i] + 6, F_OK) == 0;
		else if (!strncmp(argv[i], "unset=", 6)) {
			if (getenv(argv[i] + 6))
				fail(argv[i]);
		} else if (!equals || !value_step(argv[i], equals + 1))
			plain_step(argv[i]);
	}
	return 0;
}
