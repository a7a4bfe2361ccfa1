/* scan: core/find.h's find_by_comm(), to be timed.
 *
 *   scan NAME                  print the pids, one a line: what a whole command costs
 *   scan NAME ROUNDS BATCH     in one process: time it and its floor in turn, BATCH scans each; a line "OURS FLOOR"
 *                              a round, nanoseconds a scan
 *
 * The floor is the least that can be asked of the kernel: list /proc, then open, read and close each process's comm. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/find.h"

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static void read_comm(int proc, const char *pid)
{
	char path[32], comm[17];
	int fd;

	strcpy(stpcpy(path, pid), "/comm");
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, comm, sizeof comm) < 0)
		comm[0] = 0;
	close(fd);
}

static int floor_scan(const struct procfs *proc)
{
	_Alignas(struct entry) static char block[32768];
	int fd = openat(proc->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return -1;
	while ((n = syscall(SYS_getdents64, fd, block, sizeof block)) > 0)
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(block + at);

			if (entry->name[0] >= '1' && entry->name[0] <= '9')
				read_comm(proc->fd, entry->name);
			at += entry->reclen;
		}
	close(fd);
	return (int)n;
}

static int our_scan(const struct procfs *proc, const char *name)
{
	static struct pidset set;

	pidset_reset(&set);
	return find_by_comm(proc, name, &set);
}

/* Nanoseconds of one scan, the mean of BATCH; negative: it failed. NAME NULL: the floor. */
static int64_t timed(const struct procfs *proc, const char *name, int batch)
{
	int64_t start = clock_ns();

	for (int i = 0; i < batch; i++)
		if ((name ? our_scan(proc, name) : floor_scan(proc)) < 0)
			return -1;
	return (clock_ns() - start) / batch;
}

static int compare(const struct procfs *proc, const char *name, int rounds, int batch)
{
	for (int i = -1; i < rounds; i++) {
		/* Each goes first as often as the other; the first round warms up. */
		int64_t first = timed(proc, i & 1 ? name : NULL, batch);
		int64_t second = timed(proc, i & 1 ? NULL : name, batch);

		if (first < 0 || second < 0)
			return 1;
		if (i >= 0)
			printf("%jd %jd\n", (intmax_t)(i & 1 ? first : second), (intmax_t)(i & 1 ? second : first));
	}
	return 0;
}

static int print(const struct procfs *proc, const char *name)
{
	struct pidset set = { 0 };

	if (find_by_comm(proc, name, &set) < 0)
		return 1;
	for (size_t i = 0; i < set.count; i++)
		printf("%d\n", (int)set.pids[i]);
	pidset_done(&set);
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	struct procfs proc;

	if ((argc != 2 && argc != 4) || procfs_open(PROCFS_ROOT, &proc) < 0)
		return 2;
	return argc == 2 ? print(&proc, argv[1]) : compare(&proc, argv[1], atoi(argv[2]), atoi(argv[3]));
}
