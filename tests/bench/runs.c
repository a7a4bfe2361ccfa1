/* runs: measure `heart run` against the least that a guard can do (ward.c, which must be beside this program).
 *
 *   runs start ROUNDS PROCGUARD       from fork(2) to the program's first words, ours and the peer's in turn
 *   runs status KEY PROCGUARD         KEY of /proc/PID/status ("VmRSS:"), a program sleeps, ours and the peer's
 *   runs rest SECONDS PROCGUARD       how often ours ran in that time, with a program that sleeps
 *   runs beats frames|messages N PROCGUARD
 *                                     heartbeats a second, ours and the peer's
 *   runs again ROUNDS PROCGUARD       from the program's end to its start, ours and the peer's
 *   runs overdue ROUNDS PROCGUARD     past a deadline of 200 ms: until it was dead, until it was started again
 *
 * Times are nanoseconds, one line a round. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 16, ROUNDS_MAX = 1000 };

static char ward[PATH_MAX];

struct run { pid_t pid; FILE *said; };

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "runs: %s\n", what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* What it says on stderr, a line or two of each restart, is nothing to us. */
static struct run start(const char *const words[])
{
	struct run run;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("no pipe");
	run.pid = fork();
	if (run.pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execv(words[0], (char *const *)words);
		_exit(127);
	}
	close(ends[1]);
	run.said = fdopen(ends[0], "r");
	if (run.pid < 0 || !run.said)
		die("cannot start it");
	return run;
}

static void read_line(struct run *run, int64_t *ret_a, int64_t *ret_b)
{
	char line[128];

	if (!fgets(line, sizeof(line), run->said) || sscanf(line, "%" SCNd64 " %" SCNd64, ret_a, ret_b) != 2)
		die("the program says nothing");
}

static void end(struct run *run, int signal)
{
	if (signal)
		kill(run->pid, signal);
	fclose(run->said);
	if (waitpid(run->pid, NULL, 0) != run->pid)
		die("it does not end");
}

static void measure_start(int rounds, const char *procguard)
{
	const char *const commands[2][WORDS] = {
		{ procguard, "heart", "run", ward, "stamp" }, { ward, "parent", "stamp" },
	};
	int64_t began, stamp;

	for (int i = -2; i < rounds; i++)
		for (int which = 0; which < 2; which++) {
			struct run run;

			began = now();
			run = start(commands[which]);
			read_line(&run, &stamp, &stamp);
			end(&run, 0);
			if (i >= 0)
				printf("%" PRId64 "%s", stamp - began, which ? "\n" : " ");
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

static struct run start_sleeping(const char *const words[])
{
	struct run run = start(words);
	int64_t pid, none;

	read_line(&run, &pid, &none);
	poll(NULL, 0, 200); /* what follows on a start is done by then */
	return run;
}

static void measure_status(const char *key, const char *procguard)
{
	const char *const commands[2][WORDS] = {
		{ procguard, "heart", "run", ward, "sleep" }, { ward, "parent", "sleep" },
	};
	long values[2];

	for (int which = 0; which < 2; which++) {
		struct run run = start_sleeping(commands[which]);

		values[which] = status_of(run.pid, key);
		end(&run, SIGTERM);
	}
	printf("%ld %ld\n", values[0], values[1]);
}

static void measure_rest(int seconds, const char *procguard)
{
	const char *const words[WORDS] = { procguard, "heart", "run", ward, "sleep" };
	struct run run = start_sleeping(words);
	long before = status_of(run.pid, "voluntary_ctxt_switches:");

	poll(NULL, 0, seconds * 1000);
	printf("%ld\n", status_of(run.pid, "voluntary_ctxt_switches:") - before);
	end(&run, SIGTERM);
}

static void measure_beats(const char *voice, const char *count, const char *procguard)
{
	const char *const commands[2][WORDS] = {
		{ procguard, "heart", "run", ward, voice, count }, { ward, "reader", voice, count },
	};

	for (int which = 0; which < 2; which++) {
		struct run run = start(commands[which]);
		int64_t rate;

		if (fscanf(run.said, "%" SCNd64, &rate) != 1)
			die("no rate");
		end(&run, 0);
		printf("%" PRId64 "%s", rate, which ? "\n" : " ");
	}
}

/* One behind the other: they would take each other's time. */
static void measure_again(int rounds, const char *procguard)
{
	const char *const commands[2][WORDS] = {
		{ procguard, "heart", "run", "--max-restarts", "none", "--restart-delay", "0", ward, "mortal" },
		{ ward, "again", "mortal" },
	};
	int64_t took[2][ROUNDS_MAX], began, before, ended;

	for (int which = 0; which < 2; which++) {
		struct run run = start(commands[which]);

		read_line(&run, &began, &before);
		for (int i = 0; i < rounds; i++, before = ended) {
			read_line(&run, &began, &ended);
			took[which][i] = began - before;
		}
		end(&run, which ? SIGKILL : SIGTERM);
	}
	for (int i = 0; i < rounds; i++)
		printf("%" PRId64 " %" PRId64 "\n", took[0][i], took[1][i]);
}

static void wait_for_death(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 || poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 60000) != 1)
		die("it is not killed, or was too early");
	close(fd);
}

static void measure_overdue(int rounds, const char *procguard)
{
	const char *const words[WORDS] = {
		procguard, "heart", "run", "-t", "200ms", "--max-restarts", "none", "--restart-delay", "0", ward,
		"hang",
	};
	struct run run = start(words);
	int64_t pid, beat, dead, again;

	read_line(&run, &pid, &beat);
	for (int i = 0; i < rounds; i++) {
		wait_for_death((pid_t)pid);
		dead = now() - beat - INT64_C(200000000);
		again = -beat;
		read_line(&run, &pid, &beat);
		again += beat - INT64_C(200000000);
		printf("%" PRId64 " %" PRId64 "\n", dead, again);
	}
	end(&run, SIGTERM);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	snprintf(ward, sizeof(ward), "%.*sward", slash ? (int)(slash + 1 - argv[0]) : 0, argv[0]);
	if (argc >= 4 && atoi(argv[2]) > ROUNDS_MAX)
		return 2;
	if (argc == 4 && !strcmp(argv[1], "start"))
		measure_start(atoi(argv[2]), argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "status"))
		measure_status(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "rest"))
		measure_rest(atoi(argv[2]), argv[3]);
	else if (argc == 5 && !strcmp(argv[1], "beats"))
		measure_beats(argv[2], argv[3], argv[4]);
	else if (argc == 4 && !strcmp(argv[1], "again"))
		measure_again(atoi(argv[2]), argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "overdue"))
		measure_overdue(atoi(argv[2]), argv[3]);
	else
		return 2;
	return fflush(stdout) != 0;
}
