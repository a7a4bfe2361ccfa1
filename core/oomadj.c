#include "core/oomadj.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/procfs.h"

#define OOM_SCORE_ADJ PROCFS_ROOT "/self/oom_score_adj"

enum { NEVER = -1000, TEXT_SIZE = 16 };

/* "-1000\n": one number. */
static int read_value(int fd, int *ret)
{
	char text[TEXT_SIZE], *end;
	ssize_t n;
	long value;

	do
		n = read(fd, text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	value = strtol(text, &end, 10);
	if (end == text || value < NEVER || value > -NEVER)
		return -EBADMSG;
	*ret = (int)value;
	return 0;
}

static int write_value(int fd, int value)
{
	char text[TEXT_SIZE];
	int length = snprintf(text, sizeof(text), "%d\n", value);
	ssize_t n;

	do
		n = write(fd, text, (size_t)length);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int oomadj_lower(struct oomadj *ret)
{
	CLEANUP(fd_done) int fd = open(OOM_SCORE_ADJ, O_RDWR | O_CLOEXEC);
	int before = 0, r;

	if (fd < 0)
		return -errno;
	r = read_value(fd, &before);
	if (r < 0)
		return r;
	if (before > NEVER)
		r = write_value(fd, NEVER);
	if (r < 0)
		return r;
	*ret = (struct oomadj){ .lowered = before > NEVER, .before = before };
	return 0;
}

static void set_own(int value)
{
	CLEANUP(fd_done) int fd = open(OOM_SCORE_ADJ, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		write_value(fd, value);
}

void oomadj_restore(const struct oomadj *adj)
{
	if (adj && adj->lowered)
		set_own(adj->before);
}

void oomadj_go_first(void)
{
	set_own(-NEVER);
}
