/* fixture.h: a tree of files in a directory of its own, made by the test that reads it. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fixture_root[PATH_MAX / 2];

static inline void fixture_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(fixture_root, sizeof fixture_root, "%s/fixture.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	ck_assert_msg(mkdtemp(fixture_root) != NULL, "mkdtemp: %s", strerror(errno));
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void fixture_remove(void)
{
	nftw(fixture_root, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in the fixture, and the directories that lead to it. */
static inline const char *fixture_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", fixture_root, name);
	for (char *slash = path + strlen(fixture_root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	return path;
}

static inline void fixture_bytes(const char *name, const void *data, size_t len)
{
	int fd = open(fixture_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static inline void fixture_text(const char *name, const char *text)
{
	fixture_bytes(name, text, strlen(text));
}

static inline void fixture_directory(const char *name)
{
	ck_assert(mkdir(fixture_path(name), 0755) == 0 || errno == EEXIST);
}

static inline void fixture_link(const char *name, const char *target)
{
	ck_assert_int_eq(symlink(target, fixture_path(name)), 0);
}

/* "PID/stat" of a process in STATE with the rest as given. */
static inline void fixture_stat(int pid, const char *comm, char state, int ppid, unsigned long long start)
{
	char name[32], text[512];

	snprintf(name, sizeof name, "%d/stat", pid);
	snprintf(text, sizeof text,
		 "%d (%s) %c %d 7 7 0 -1 4194560 1103 0 0 0 2 1 0 0 20 0 1 0 %llu 2813952 375 18446744073709551615\n",
		 pid, comm, state, ppid, start);
	fixture_text(name, text);
}

#endif
