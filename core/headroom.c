/* headroom.c: see headroom.h. Where a cgroup has not got what gmr takes, the OOM killer looks for the largest process
 * in it: the program, although gmr has an oom_score_adj of 1000, for that counts in thousandths of the limit, rounded
 * down; or it kills them all (memory.oom.group). cgroups(7); files of v1 in parentheses:
 *
 *	memory.max      (memory.limit_in_bytes)    "67108864", "max"; v1's none is 0x7ffffffffffff000
 *	memory.current  (memory.usage_in_bytes)    "66658304"
 *	memory.stat     (the same)                 "inactive_file 1351680" ("total_inactive_file")
 *
 * of the cgroup and of all above it, where they are mounted as usual; what cannot be read is no limit. */
#include "core/headroom.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct files {
	const char *mount, *limit, *usage, *inactive, *active;
};

static const struct files v1 = {
	"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "\ntotal_inactive_file ",
	"\ntotal_active_file ",
};
static const struct files v2 = {
	"/sys/fs/cgroup", "memory.max", "memory.current", "\ninactive_file ", "\nactive_file ",
};

static char text[8192];

/* Its beginning, as a string behind a '\n', so that each line begins with one. */
static bool read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text + 1, sizeof text - 2);

	if (fd >= 0)
		close(fd);
	text[0] = '\n';
	text[n < 0 ? 0 : n + 1] = '\0';
	return n > 0;
}

static uint64_t number(const char *digits)
{
	uint64_t n = 0;

	if (*digits < '0' || *digits > '9')
		return UINT64_MAX;
	for (; *digits >= '0' && *digits <= '9' && n < UINT64_MAX / 20; digits++)
		n = 10 * n + (uint64_t)(*digits - '0');
	return n;
}

static bool read_file(const char *directory, size_t length, const char *name)
{
	char path[PATH_MAX];
	size_t n = strlen(name);

	if (length + 1 + n >= sizeof path)
		return false;
	memcpy(path, directory, length);
	path[length] = '/';
	memcpy(path + length + 1, name, n + 1);
	return read_text(path);
}

static uint64_t stat_field(const char *name)
{
	const char *line = strstr(text, name);

	return line ? number(line + strlen(name)) : 0;
}

/* What one cgroup has left: UINT64_MAX where it has no limit. */
static uint64_t left_of(const struct files *files, const char *directory, size_t length)
{
	uint64_t limit, usage, reclaimable = 0;

	if (!read_file(directory, length, files->limit))
		return UINT64_MAX;
	limit = number(text + 1);
	if (limit >= UINT64_C(1) << 60 || !read_file(directory, length, files->usage))
		return UINT64_MAX;
	usage = number(text + 1);
	if (usage < limit && limit - usage >= HEADROOM_LEAST)
		return limit - usage;
	if (read_file(directory, length, "memory.stat"))
		reclaimable = stat_field(files->inactive) + stat_field(files->active);
	return usage > limit + reclaimable ? 0 : limit + reclaimable - usage;
}

/* Of the cgroup PATH, of LENGTH bytes, and those above it. */
static uint64_t least(const struct files *files, const char *path, size_t length)
{
	size_t mount = strlen(files->mount), end = mount + length;
	uint64_t ret = UINT64_MAX, left;
	char directory[PATH_MAX];

	if (end >= sizeof directory)
		return UINT64_MAX;
	memcpy(directory, files->mount, mount);
	memcpy(directory + mount, path, length);
	for (;;) {
		left = left_of(files, directory, end);
		ret = left < ret ? left : ret;
		while (end > mount && directory[end - 1] != '/')
			end--;
		if (end <= mount)
			return ret;
		end--;
	}
}

/* "4:memory:/a/b\n" of v1, "0::/a/b\n" of v2; proc_pid_cgroup(5) */
static uint64_t in_hierarchy(const struct files *files, const char *line)
{
	char path[PATH_MAX];
	const char *begin;
	size_t length;

	if (!read_text("/proc/self/cgroup"))
		return UINT64_MAX;
	begin = strstr(text, line);
	if (!begin)
		return UINT64_MAX;
	begin += strlen(line);
	length = strcspn(begin, "\n");
	if (length >= sizeof path)
		return UINT64_MAX;
	memcpy(path, begin, length);
	return least(files, path, length);
}

bool headroom_is_short(uint64_t *ret)
{
	uint64_t old = in_hierarchy(&v1, ":memory:"), new = in_hierarchy(&v2, "\n0::");

	*ret = old < new ? old : new;
	return *ret < HEADROOM_LEAST;
}
