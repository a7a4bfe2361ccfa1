/* relay: plays supervisord's events to two listeners in turn, and measures what each tick costs.
 *
 *   relay OUT LOCK SETTLE_S -- LISTENER [ARG]... -- PEER [ARG]...
 *
 * It is started by a real supervisord as one of its programs; the listeners inherit its environment, and one that
 * looks for its supervisord climbs over relay, which carries the same names. So ticks come one after another instead
 * of every 5 s. Each is really handled before the next: it is over when the whole tree of the listener sleeps and
 * uses no CPU any more.
 *
 * LISTENER also gets some ticks right after its start ("young"), then some of which each comes when the listener is
 * more than twice as old as at the one before, and so finds all programs anew ("anew"; applets/oome/programs.h says
 * when that is). Both listeners are at rest SETTLE_S after the start. LOCK is held while measuring, where several
 * relays run at the same time. OUT, which appears when all is done, has the lines
 *
 *   young|anew|ours|peer CPU_NS COUNT              one batch of COUNT ticks
 *   supervisord ours|peer CPU_NS WALL_NS COUNT     supervisord's CPU in all those batches
 *   idle CPU_NS WALL_NS                            supervisord's CPU without ticks
 *   memory ours|peer RSS_KIB PSS_KIB               sum of all processes
 *   reads anew N                                   read calls of the listener's processes for an "anew" tick, at least
 *   reads ours N                                   the same for a settled tick, in the mean
 *   failed WHAT                                    nothing is worth anything */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/procfs.h"

enum {
	ANSWER_WITHIN_MS = 60000, ROUNDS = 11, OUR_TICKS = 20, PEER_TICKS = 10, PEER_BATCH_MS = 400, YOUNG_TICKS = 10,
	ANEW_TICKS = 5, KEEP_QUIET_MS = 5000, IDLE_MS = 4000, CALM_MS = 300,
	SERIAL_FIRST = 21
};

static const char ready[] = "READY\n", answer[] = "RESULT 2\nOKREADY\n";

/* One of the two listeners. */
struct party {
	const char *name;
	pid_t pid;
	int in, out;
	unsigned serial;
	struct pidset tree; /* itself and what it has started */
};

struct total { int64_t supervisord, wall, ticks; };

static struct procfs proc;
static FILE *out;
static char *out_path, out_new[4096];

/* ---- ends ---- */

static void publish(void)
{
	if (fclose(out) != 0 || rename(out_new, out_path) < 0)
		exit(1);
}

static void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("failed ", out);
	vfprintf(out, format, arguments);
	fputc('\n', out);
	va_end(arguments);
	publish();
	exit(1);
}

/* ---- clocks ---- */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		fail("a clock: %s", strerror(errno));
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* All that PID has used so far: nanoseconds of user and system time together. */
static int64_t cpu_of(pid_t pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0)
		fail("pid %d has ended", (int)pid);
	return clock_ns(clock);
}

static int64_t cpu_of_tree(const struct pidset *tree)
{
	int64_t sum = 0;

	for (size_t i = 0; i < tree->count; i++)
		sum += cpu_of(tree->pids[i]);
	return sum;
}

/* ---- the listeners ---- */

static void find_tree(struct party *party)
{
	pidset_reset(&party->tree);
	if (pidset_add(&party->tree, party->pid) < 0 || procfs_descendants(&proc, party->pid, &party->tree) < 0)
		fail("cannot list the processes of %s", party->name);
}

static bool sleeps(pid_t pid)
{
	int dir = procfs_process(&proc, pid);
	struct procparse_stat stat;
	int r = dir < 0 ? dir : procfs_stat(dir, &stat);

	if (dir >= 0)
		close(dir);
	return r == 0 && stat.state == 'S';
}

static bool all_sleep(const struct pidset *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		if (!sleeps(tree->pids[i]))
			return false;
	return true;
}

/* Until nothing of it has moved between three looks. Both ends of a pipe asleep means that nothing is in it. */
static void wait_idle(const struct party *party)
{
	int64_t before = -1, cpu, deadline = now() + ANSWER_WITHIN_MS * INT64_C(1000000);

	for (int calm = 0; calm < 2; before = cpu) {
		if (now() > deadline)
			fail("%s does not come to rest", party->name);
		sleep_ms(1);
		cpu = cpu_of_tree(&party->tree);
		calm = cpu == before && all_sleep(&party->tree) ? calm + 1 : 0;
	}
}

static void expect(const struct party *party, const char *words)
{
	struct pollfd poll_fd = { .fd = party->out, .events = POLLIN };
	size_t len = strlen(words), have = 0;
	char text[64];

	while (have < len) {
		ssize_t n = poll(&poll_fd, 1, ANSWER_WITHIN_MS) == 1 ? read(party->out, text + have, len - have) : 0;

		if (n <= 0 || memcmp(text, words, have + (size_t)n) != 0)
			fail("%s gave no or a wrong answer", party->name);
		have += (size_t)n;
	}
}

static void start(struct party *party, char **command)
{
	int in[2], from[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 || (party->pid = fork()) < 0)
		fail("cannot start %s: %s", party->name, strerror(errno));
	if (party->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(from[1], STDOUT_FILENO) >= 0)
			execv(command[0], command);
		_exit(127);
	}
	close(in[0]);
	close(from[1]);
	party->in = in[1];
	party->out = from[0];
	party->serial = SERIAL_FIRST;
	expect(party, ready);
}

static void end(struct party *party)
{
	close(party->in);
	kill(party->pid, SIGTERM);
	waitpid(party->pid, NULL, 0);
	close(party->out);
}

static void tick(struct party *party)
{
	char text[256];
	int n = snprintf(text, sizeof text, "ver:3.0 server:supervisor serial:%u pool:relay poolserial:%u "
			 "eventname:TICK_5 len:15\nwhen:1700000000", party->serial, party->serial);

	party->serial++;
	if (write(party->in, text, (size_t)n) != n)
		fail("%s takes no events", party->name);
	expect(party, answer);
	wait_idle(party);
}

/* Up to TICKS, fewer where they take long; at least one. */
static void batch(struct party *party, const char *label, int ticks, struct total *total)
{
	pid_t supervisord = getppid();
	int64_t wall = now(), cpu = cpu_of_tree(&party->tree), theirs = cpu_of(supervisord);
	int count = 0;

	do
		tick(party);
	while (++count < ticks && now() - wall < PEER_BATCH_MS * INT64_C(1000000));
	fprintf(out, "%s %" PRId64 " %d\n", label, cpu_of_tree(&party->tree) - cpu, count);
	total->supervisord += cpu_of(supervisord) - theirs;
	total->wall += now() - wall;
	total->ticks += count;
}

static void print_total(const char *label, const struct total *total)
{
	fprintf(out, "supervisord %s %" PRId64 " %" PRId64 " %" PRId64 "\n", label, total->supervisord, total->wall,
		total->ticks);
}

/* ---- measuring ---- */

static int lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		fail("the lock '%s': %s", path, strerror(errno));
	return fd;
}

/* The sum of the lines KEY of the file NAME ("Rss:       1234 kB") of all processes of the tree. */
static long sum_of(const struct pidset *tree, const char *name, const char *key)
{
	char path[64], line[256];
	long sum = 0;

	for (size_t i = 0; i < tree->count; i++) {
		snprintf(path, sizeof path, PROCFS_ROOT "/%d/%s", (int)tree->pids[i], name);
		FILE *file = fopen(path, "re");

		if (!file)
			fail("cannot read '%s': %s", path, strerror(errno));
		while (fgets(line, sizeof line, file))
			if (!strncmp(line, key, strlen(key)))
				sum += strtol(line + strlen(key), NULL, 10);
		fclose(file);
	}
	return sum;
}

static void print_memory(const struct party *party)
{
	fprintf(out, "memory %s %ld %ld\n", party->name, sum_of(&party->tree, "smaps_rollup", "Rss:"),
		sum_of(&party->tree, "smaps_rollup", "Pss:"));
}

/* Until supervisord has started all its programs: one that has not called exec yet has no name, and makes the listener
 * ask for it, in a child. */
static void wait_for_supervisord(void)
{
	for (int64_t before = -1; cpu_of(getppid()) != before; sleep_ms(CALM_MS))
		before = cpu_of(getppid());
}

/* Without a tick it would look on its own every 10 s, and find anew what we want to see found. */
static void sleep_until(int64_t when, struct party *ours)
{
	while (when - now() > (KEEP_QUIET_MS + 1000) * INT64_C(1000000)) {
		sleep_ms(KEEP_QUIET_MS);
		tick(ours);
	}
	while (when > now())
		sleep_ms((when - now()) / 1000000 + 1);
}

/* Some ticks in a row; then, each time twice as old as at the last one, ticks at which all is due. BEGIN: when it was
 * started, before it first saw anything. */
static void measure_beginning(struct party *ours, int64_t begin)
{
	struct total total = { 0 };
	long reads, least = LONG_MAX;

	tick(ours);
	find_tree(ours);
	batch(ours, "young", YOUNG_TICKS, &total);
	for (int i = 0; i < ANEW_TICKS; i++) {
		sleep_until(begin + 2 * (now() - begin), ours);
		reads = sum_of(&ours->tree, "io", "syscr:");
		batch(ours, "anew", 1, &total);
		reads = sum_of(&ours->tree, "io", "syscr:") - reads;
		least = reads < least ? reads : least;
	}
	fprintf(out, "reads anew %ld\n", least);
}

static void measure_idle(void)
{
	int64_t wall = now(), cpu = cpu_of(getppid());

	sleep_ms(IDLE_MS);
	fprintf(out, "idle %" PRId64 " %" PRId64 "\n", cpu_of(getppid()) - cpu, now() - wall);
}

static void measure_settled(struct party *ours, struct party *peer)
{
	struct total our_total = { 0 }, peer_total = { 0 };
	size_t processes = ours->tree.count;
	long reads;

	tick(ours);
	tick(peer);
	measure_idle();
	reads = sum_of(&ours->tree, "io", "syscr:");
	for (int i = 0; i < ROUNDS; i++) {
		batch(ours, "ours", OUR_TICKS, &our_total);
		batch(peer, "peer", PEER_TICKS, &peer_total);
	}
	print_total("ours", &our_total);
	print_total("peer", &peer_total);
	fprintf(out, "reads ours %ld\n", (sum_of(&ours->tree, "io", "syscr:") - reads) / (long)our_total.ticks);
	print_memory(ours);
	print_memory(peer);
	find_tree(ours);
	if (ours->tree.count != processes)
		fail("the processes of the listener changed meanwhile");
}

/* Cut ARGV at its next "--"; returns what is behind it. */
static char **cut(char **argv)
{
	while (*argv && strcmp(*argv, "--"))
		argv++;
	if (!*argv)
		exit(2);
	*argv = NULL;
	return argv + 1;
}

int main(int argc, char **argv)
{
	struct party ours = { .name = "ours" }, peer = { .name = "peer" };
	char **our_command, **peer_command;
	int64_t begin;
	int lock_fd;

	if (argc < 8)
		return 2;
	our_command = cut(argv + 4);
	peer_command = cut(our_command);
	out_path = argv[1];
	snprintf(out_new, sizeof out_new, "%s.new", out_path);
	out = fopen(out_new, "we");
	if (!out || procfs_open(PROCFS_ROOT, &proc) < 0)
		return 1;
	lock_fd = lock(argv[2]);
	wait_for_supervisord();
	begin = now();
	start(&ours, our_command);
	find_tree(&ours);
	measure_beginning(&ours, begin);
	start(&peer, peer_command);
	find_tree(&peer);
	close(lock_fd);
	sleep_until(begin + atoi(argv[3]) * INT64_C(1000000000), &ours);
	lock_fd = lock(argv[2]);
	measure_settled(&ours, &peer);
	end(&ours);
	end(&peer);
	publish();
	return 0;
}
