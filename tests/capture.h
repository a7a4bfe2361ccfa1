/* capture.h: what a test's own code writes to a descriptor, mostly 1 or 2. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture { int fd, saved, file; char text[65536]; };

static inline void capture_begin(struct capture *c, int fd)
{
	fflush(NULL);
	c->fd = fd;
	c->saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	c->file = memfd_create("capture", MFD_CLOEXEC);
	ck_assert_int_ge(c->saved, 0);
	ck_assert_int_ge(c->file, 0);
	ck_assert_int_eq(dup2(c->file, fd), fd);
}

/* What was written since, as a string. */
static inline const char *capture_end(struct capture *c)
{
	ssize_t n;

	fflush(NULL);
	ck_assert_int_eq(dup2(c->saved, c->fd), c->fd);
	close(c->saved);
	n = pread(c->file, c->text, sizeof(c->text) - 1, 0);
	ck_assert_int_ge(n, 0);
	c->text[n] = '\0';
	close(c->file);
	return c->text;
}

#endif
