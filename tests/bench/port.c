/* port: measure programs that are Erlang's heart, as a node would use them.
 *
 *   port start ROUNDS HEART...      nanoseconds from fork(2) to ACK of each, in turn, on one line a round
 *   port rss HEART                  KiB resident behind the ACK
 *   port anon HEART                 KiB of them that no file holds: its own alone
 *   port beats N HEART              heartbeats a second, N of them in a row
 *   port rest SECONDS HEART         how often it ran in that time, without a heartbeat
 *   port overdue SECONDS HEART      nanoseconds past the time-out until the node was dead, and until the command ran */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1000 };

static const unsigned char beat[] = { 0, 1, 2 }, shut_down[] = { 0, 1, 3 }, get_cmd[] = { 0, 1, 6 };

struct heart { pid_t pid; int in, out, err; };

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "port: %s\n", what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void send_all(int fd, const void *data, size_t n)
{
	for (const char *at = data; n > 0;) {
		ssize_t done = write(fd, at, n);

		if (done < 0)
			die("heart takes nothing");
		at += done;
		n -= (size_t)done;
	}
}

static void expect(int fd, const void *wanted, size_t n)
{
	unsigned char got[16] = { 0 };

	for (size_t have = 0; have < n;) {
		ssize_t r = read(fd, got + have, n - have);

		if (r <= 0)
			die("heart answers nothing");
		have += (size_t)r;
	}
	if (memcmp(got, wanted, n) != 0)
		die("heart answers something else");
}

/* Started, and behind its ACK. */
static struct heart start(const char *program, const char *seconds, pid_t node)
{
	int in[2], out[2], err[2];
	struct heart heart;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)node);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		die("no pipes");
	heart = (struct heart){ fork(), in[1], out[0], err[0] };
	if (heart.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execl(program, program, "-pid", pid, "-ht", seconds, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	expect(heart.out, "\0\1\1", 3);
	return heart;
}

static void end(struct heart *heart)
{
	int status;

	send_all(heart->in, shut_down, sizeof(shut_down));
	if (waitpid(heart->pid, &status, 0) != heart->pid || status != 0)
		die("heart failed");
	close(heart->in);
	close(heart->out);
	close(heart->err);
}

static void measure_start(int rounds, char **programs)
{
	for (int i = -2; i < rounds; i++) {
		for (char **program = programs; *program; program++) {
			int64_t began = now();
			struct heart heart = start(*program, "60", getpid());

			if (i >= 0)
				printf("%" PRId64 "%s", now() - began, program[1] ? " " : "\n");
			end(&heart);
		}
	}
}

/* The number behind KEY in /proc/PID/status. */
static long status_of(pid_t pid, const char *key)
{
	char path[32], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	if (file)
		fclose(file);
	if (value < 0)
		die("no status");
	return value;
}

static void settle(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}

static void measure_memory(const char *key, const char *program)
{
	struct heart heart = start(program, "60", getpid());

	settle(200);
	printf("%ld\n", status_of(heart.pid, key));
	end(&heart);
}

static void measure_beats(long count, const char *program)
{
	struct heart heart = start(program, "60", getpid());
	unsigned char block[BLOCK * sizeof(beat)];
	int64_t began = now();

	for (size_t i = 0; i < BLOCK; i++)
		memcpy(block + i * sizeof(beat), beat, sizeof(beat));
	for (long i = 0; i < count; i += BLOCK)
		send_all(heart.in, block, sizeof(block));
	send_all(heart.in, get_cmd, sizeof(get_cmd));
	expect(heart.out, "\0\5\7true", 7);
	printf("%.0f\n", (double)count * 1e9 / (double)(now() - began));
	end(&heart);
}

static void measure_rest(int seconds, const char *program)
{
	struct heart heart = start(program, "65535", getpid());
	long before;

	settle(1000);
	before = status_of(heart.pid, "voluntary_ctxt_switches:");
	settle(seconds * 1000);
	printf("%ld\n", status_of(heart.pid, "voluntary_ctxt_switches:") - before);
	end(&heart);
}

/* Until the command's word comes. */
static void wait_for_word(int fd, const char *word)
{
	char text[4096] = "";
	size_t have = 0;

	while (!strstr(text, word)) {
		ssize_t n = read(fd, text + have, sizeof(text) - 1 - have);

		if (n <= 0)
			die("the command has not run");
		have += (size_t)n;
		text[have] = '\0';
	}
}

static void measure_overdue(const char *seconds, const char *program)
{
	int64_t deadline, dead, ran;
	struct heart heart;
	pid_t node = fork();

	if (node == 0) {
		pause();
		_exit(0);
	}
	setenv("HEART_COMMAND", "echo RAN >&2", 1);
	heart = start(program, seconds, node);
	send_all(heart.in, beat, sizeof(beat));
	deadline = now() + strtol(seconds, NULL, 10) * INT64_C(1000000000);
	waitpid(node, NULL, 0);
	dead = now();
	wait_for_word(heart.err, "RAN\n");
	ran = now();
	waitpid(heart.pid, NULL, 0);
	if (dead < deadline)
		die("it was killed too early");
	printf("%" PRId64 " %" PRId64 "\n", dead - deadline, ran - deadline);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	setenv("HEART_COMMAND", "true", 1);
	if (!strcmp(what, "start") && argc > 3)
		measure_start(atoi(argv[2]), argv + 3);
	else if (!strcmp(what, "rss") && argc == 3)
		measure_memory("VmRSS:", argv[2]);
	else if (!strcmp(what, "anon") && argc == 3)
		measure_memory("RssAnon:", argv[2]);
	else if (!strcmp(what, "beats") && argc == 4)
		measure_beats(strtol(argv[2], NULL, 10), argv[3]);
	else if (!strcmp(what, "rest") && argc == 4)
		measure_rest(atoi(argv[2]), argv[3]);
	else if (!strcmp(what, "overdue") && argc == 4)
		measure_overdue(argv[2], argv[3]);
	else
		die("see its source");
	return 0;
}
