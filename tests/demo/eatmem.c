/* eatmem: run out of memory, as the demo and the tests need it.
 *
 *   eatmem [OPTION]... MIB
 *
 * Eats memory 1 MiB at a time until it has MIB, or until the system refuses. In that case it does as a JVM with
 * -XX:OnOutOfMemoryError="touch $OOME_FILE" does: it touches the file. Then it hangs.
 *
 *   -l MIB   RLIMIT_AS: beyond this the system refuses (1024: a mistake must not eat the machine)
 *   -s MS    sleep so long after each MiB
 *   -x CODE  exit with CODE instead of hanging, as -XX:+ExitOnOutOfMemoryError
 *   -v       say how it goes */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, EVERY = 8 };

struct eater { long mib, limit, sleep_ms, exit_code; bool verbose; };

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 0 || n > 1000000) {
		fprintf(stderr, "eatmem: '%s' is not a number\n", text);
		exit(2);
	}
	return n;
}

static struct eater parse(int argc, char **argv)
{
	struct eater e = { .limit = 1024, .exit_code = -1 };
	int option;

	while ((option = getopt(argc, argv, "+l:s:x:v")) != -1) {
		switch (option) {
		case 'l':
			e.limit = number(optarg);
			break;
		case 's':
			e.sleep_ms = number(optarg);
			break;
		case 'x':
			e.exit_code = number(optarg);
			break;
		case 'v':
			e.verbose = true;
			break;
		default:
			exit(2);
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: eatmem [-l MIB] [-s MS] [-x CODE] [-v] MIB\n");
		exit(2);
	}
	e.mib = number(argv[optind]);
	return e;
}

static bool eat(const struct eater *e)
{
	const struct timespec pause = { .tv_sec = e->sleep_ms / 1000, .tv_nsec = e->sleep_ms % 1000 * 1000000 };

	for (long eaten = 1; eaten <= e->mib; eaten++) {
		void *block = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (block == MAP_FAILED) {
			if (e->verbose)
				printf("eatmem %d: %s after %ld MiB\n", (int)getpid(), strerror(errno), eaten - 1);
			return false;
		}
		memset(block, 1, MIB);
		if (e->verbose && eaten % EVERY == 0)
			printf("eatmem %d: %ld MiB eaten\n", (int)getpid(), eaten);
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Without allocation: there is no memory left. */
static void report(const struct eater *e)
{
	const char *path = getenv("OOME_FILE");
	int fd;

	if (!path || (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) < 0) {
		perror(path ? path : "eatmem: OOME_FILE is not set");
		exit(1);
	}
	futimens(fd, NULL); /* as touch(1): also of a file that is there already */
	close(fd);
	if (e->verbose)
		printf("eatmem %d: touched %s, and now hangs\n", (int)getpid(), path);
}

int main(int argc, char **argv)
{
	static char line[BUFSIZ];
	const struct eater e = parse(argc, argv);
	const struct rlimit limit = { (rlim_t)e.limit * MIB, (rlim_t)e.limit * MIB };

	setvbuf(stdout, line, _IOLBF, sizeof(line));
	setrlimit(RLIMIT_AS, &limit);
	if (!eat(&e))
		report(&e);
	if (e.exit_code >= 0)
		return (int)e.exit_code;
	for (;;)
		pause();
}
