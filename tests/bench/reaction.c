/* reaction: the time from the creation of an oome file to the stop request.
 *
 *   reaction RECORD FILE ROUNDS PAUSE_MS JITTER_MS
 *
 * RECORD is what victim writes. Each round waits until it runs and FILE is gone, then PAUSE_MS and up to JITTER_MS
 * more, creates FILE, and prints the nanoseconds to the next "stop". Before the first it waits longer than from one
 * TICK_5 to the next: whom somebody else has started the listener finds when it looks, at the next tick at the
 * latest. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_MS = 30000, LOOK_EVERY_MS = 2, FIRST_PAUSE_MS = 6000 };

struct record { int starts, stops; int64_t last_stop; };

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static struct record look(const char *path)
{
	struct record record = { 0 };
	FILE *file = fopen(path, "re");
	char line[64];

	while (file && fgets(line, sizeof line, file)) {
		if (!strchr(line, '\n'))
			break; /* it is being written */
		if (!strncmp(line, "start ", 6))
			record.starts++;
		else if (sscanf(line, "stop %" SCNd64, &record.last_stop) == 1)
			record.stops++;
	}
	if (file)
		fclose(file);
	return record;
}

static bool runs(const char *path, const char *file, int round)
{
	return look(path).starts == round + 1 && access(file, F_OK) < 0;
}

static bool stopped(const char *path, const char *file, int round)
{
	(void)file;
	return look(path).stops == round + 1;
}

static bool wait_for(bool (*condition)(const char *, const char *, int), char **argv, int round)
{
	int64_t deadline = now() + LONGEST_MS * INT64_C(1000000);

	while (!condition(argv[1], argv[2], round)) {
		if (now() > deadline)
			return false;
		sleep_ms(LOOK_EVERY_MS);
	}
	return true;
}

static int run_round(char **argv, int round)
{
	int64_t start;
	int fd;

	if (!wait_for(runs, argv, round))
		return fprintf(stderr, "reaction: round %d: it does not run\n", round);
	sleep_ms((round == 0 ? FIRST_PAUSE_MS : 0) + atoi(argv[4]) + random() % (atoi(argv[5]) + 1));
	start = now();
	fd = open(argv[2], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || close(fd) < 0)
		return fprintf(stderr, "reaction: round %d: cannot create '%s'\n", round, argv[2]);
	if (!wait_for(stopped, argv, round))
		return fprintf(stderr, "reaction: round %d: no stop request\n", round);
	printf("%" PRId64 "\n", look(argv[1]).last_stop - start);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	for (int round = 0; round < atoi(argv[3]); round++)
		if (run_round(argv, round))
			return 1;
	return 0;
}
