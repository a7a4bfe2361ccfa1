/* procfs_identity.c: see procfs.h: what tells one process, one boot from another. */
#include "core/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/procfs_private.h"

/* execve(2) takes 6 MiB of arguments and environment at most. PR_SET_MM_MAP, prctl(2), can show more than that. */
enum { ENVIRON_MAX = 8 << 20 };

/* Looks for an entry in "A=1\0B=2\0", which comes in pieces. */
struct search {
	const char *entry;
	size_t len;
	size_t at;    /* so much of what we are in is as in ENTRY */
	bool differs; /* what comes of it does not matter any more */
};

static bool is_whole(const struct search *s)
{
	return !s->differs && s->at == s->len && s->len > 0;
}

static bool search_on(struct search *s, const char *text, size_t len)
{
	for (const char *end = text + len; text < end; text++) {
		if (*text == '\0') {
			if (is_whole(s))
				return true;
			s->at = 0;
			s->differs = false;
		} else if (!s->differs && s->at < s->len && *text == s->entry[s->at]) {
			s->at++;
		} else {
			s->differs = true;
		}
	}
	return false;
}

int procfs_environ_has(int dir, const char *entry)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, "environ", O_RDONLY);
	struct search search = { .entry = entry, .len = strlen(entry) };
	char block[PROCFS_BLOCK];
	size_t all = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (all < ENVIRON_MAX && (n = procfs_read_once(fd, block, sizeof block)) > 0) {
		if (search_on(&search, block, (size_t)n))
			return 1;
		all += (size_t)n;
	}
	if (n < 0)
		return (int)n;
	return n == 0 && is_whole(&search);
}

/* 0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55 */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == '-' ? text[i] != '-' : text[i] == '\0' || !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

int procfs_boot_id(const struct procfs *proc, char ret[PROCFS_BOOT_ID_SIZE])
{
	CLEANUP(fd_done) int fd = procfs_open_at(proc->fd, "sys/kernel/random/boot_id", O_RDONLY);
	char text[PROCFS_BOOT_ID_SIZE];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = procfs_read_once(fd, text, sizeof text);
	if (n < 0)
		return (int)n;
	if (n != sizeof text || text[n - 1] != '\n' || !is_uuid(text))
		return -EBADMSG;
	memcpy(ret, text, sizeof text - 1);
	ret[sizeof text - 1] = '\0';
	return 0;
}

int64_t procfs_age_ms(uint64_t start_ticks)
{
	uint64_t ticks = start_ticks < INT64_MAX / 1000 ? start_ticks : INT64_MAX / 1000;
	long per_second = sysconf(_SC_CLK_TCK);
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)ticks * 1000 / per_second;
}
