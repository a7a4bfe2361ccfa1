/* logger.h: a logger, whose daemon the test is, and what it has written. */
#ifndef TESTS_LOGGER_H
#define TESTS_LOGGER_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "applets/cluster/logger.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/procfs.h"
#include "tests/child.h"
#include "tests/fixture.h"

enum { TEXT_MAX = 4 << 20, STAMP = sizeof("2026-11-21T17:04:05Z ") - 1 };

static struct procfs proc;
static struct logger logger;
static char path[PATH_MAX];
static struct buf text = BUF(TEXT_MAX);

static inline void set_up(void)
{
	fixture_make();
	snprintf(path, sizeof(path), "%s", fixture_path("log"));
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	logger = LOGGER_NONE;
}

static inline void tear_down(void)
{
	logger_done(&logger);
	procfs_done(&proc);
	buf_done(&text);
	fixture_remove();
}

static inline void started(void)
{
	int r = logger_start(&logger, &proc, path);

	ck_assert_msg(r == 0, "%s", strerror(-r));
}

static inline int added(const char *name)
{
	int fd = logger_add(&logger, name);

	ck_assert_msg(fd >= 0, "%s", strerror(-fd));
	return fd;
}

static inline void say_bytes(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		ck_assert_int_gt(n, 0);
		bytes += n;
		len -= (size_t)n;
	}
}

static inline void say(int fd, const char *words)
{
	say_bytes(fd, words, strlen(words));
}

/* All sources have ended: so does the logger. */
static inline void finished(void)
{
	int status = -1;

	logger_close(&logger);
	ck_assert_int_eq(waitpid(logger.process.pid, &status, 0), logger.process.pid);
	ck_assert_int_eq(status, 0);
}

static inline void killed(void)
{
	child_end(logger.process.pid);
}

static inline void restarted(void)
{
	ck_assert_int_eq(logger_restart(&logger, &proc), 0);
}

/* What stands in the log. */
static inline const char *log_text(void)
{
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);

	buf_reset(&text);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(buf_read_fd(&text, fd), 0);
	return text.data ? text.data : "";
}

static inline bool logged(const char *words)
{
	return strstr(log_text(), words);
}

/* The whole log is LINES, each with a time before it. */
static inline void expect(const char *lines)
{
	const char *found = log_text();

	while (*lines) {
		size_t len = strcspn(lines, "\n") + 1;

		ck_assert_msg(strlen(found) > STAMP && found[10] == 'T' && found[STAMP - 2] == 'Z', "no time: %s",
			      found);
		ck_assert_msg(!strncmp(found + STAMP, lines, len), "'%s', not '%s'", found + STAMP, lines);
		found += STAMP + len;
		lines += len;
	}
	ck_assert_str_eq(found, "");
}

#endif
