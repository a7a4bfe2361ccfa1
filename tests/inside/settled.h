/* settled.h: fork(2) and daemon(3) of a program whose threads are all made. */
#ifndef TESTS_INSIDE_SETTLED_H
#define TESTS_INSIDE_SETTLED_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How many of them there are with a section: one that waits, two that call generators; once a generator has returned:
 * three that do. */
enum { SETTLED_HELPERS = 3, SETTLED_HELPERS_LATER = 4 };

static inline int settled_helpers(void)
{
	DIR *tasks = opendir("/proc/self/task");
	char path[300], name[8];
	int count = 0, fd;

	for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
		snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		count += fd >= 0 && read(fd, name, sizeof name) == 4 && !memcmp(name, "gmr\n", 4);
		if (fd >= 0)
			close(fd);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

/* A thread that is just being made may hold a lock of AddressSanitizer's allocator, which has no handler for fork(2)
 * (LLVM 14): a child could make no thread then. One that has its name is past that. */
static inline void settle(int helpers)
{
	const struct timespec pause_time = { .tv_nsec = 1000000 };

	while (settled_helpers() < helpers)
		nanosleep(&pause_time, NULL);
}

static inline pid_t settled_fork(int helpers)
{
	settle(helpers);
	return fork();
}

static inline int settled_daemon(void)
{
	settle(SETTLED_HELPERS);
	return daemon(1, 1);
}

#endif
