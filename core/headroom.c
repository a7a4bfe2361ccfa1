/* headroom.c: see headroom.h. Where a cgroup has not got what gmr takes, the OOM killer looks for the largest process
 * in it: the program, although gmr has an oom_score_adj of 1000, for that counts in thousandths of the limit, rounded
 * down; or it kills them all (memory.oom.group). cgroups(7); files of v1 in parentheses:
 *
 *	memory.max      (memory.limit_in_bytes)    "67108864", "max"; v1's none is 0x7ffffffffffff000
 *	memory.current  (memory.usage_in_bytes)    "66658304"
 *	memory.stat     (the same)                 "inactive_file 1351680" ("total_inactive_file")
 *
 * of the cgroup and of all above it, where they are mounted as usual; what cannot be read is no limit. */
#include "core/headroom_private.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct files {
	const char *controllers, *mount, *limit, *usage, *inactive, *active;
};

static const struct files v1 = {
	"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
	"\ntotal_inactive_file ", "\ntotal_active_file ",
};
static const struct files v2 = {
	"", "/sys/fs/cgroup", "memory.max", "memory.current", "\ninactive_file ", "\nactive_file ",
};

/* What is no number, or as good as no limit, is this. */
static const uint64_t none = UINT64_C(1) << 60;

static char text[8192];
static char path[PATH_MAX]; /* of a cgroup, with room for a file's name behind it for a moment */

/* The beginning of the file at path, as a string behind a '\n', so that each line begins with one. */
static bool read_text(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text + 1, sizeof text - 2);

	if (fd >= 0)
		close(fd);
	text[0] = '\n';
	text[n < 0 ? 0 : n + 1] = '\0';
	return n > 0;
}

static uint64_t number(const char *digits)
{
	uint64_t n = *digits >= '0' && *digits <= '9' ? 0 : none;

	for (; *digits >= '0' && *digits <= '9' && n < none; digits++)
		n = 10 * n + (uint64_t)(*digits - '0');
	return n < none ? n : none;
}

static bool append(size_t length, const char *more, size_t n)
{
	if (length + n >= sizeof path)
		return false;
	memcpy(path + length, more, n);
	path[length + n] = '\0';
	return true;
}

/* NAME of the cgroup whose path is of LENGTH bytes. */
static bool read_file(size_t length, const char *name)
{
	return append(length, "/", 1) && append(length + 1, name, strlen(name)) && read_text();
}

static uint64_t read_number(size_t length, const char *name)
{
	return read_file(length, name) ? number(text + 1) : none;
}

static uint64_t stat_field(const char *name)
{
	const char *line = strstr(text, name);
	uint64_t n = line ? number(line + strlen(name)) : 0;

	return n < none ? n : 0;
}

/* What one cgroup has left: UINT64_MAX where it has no limit. */
static uint64_t left_of(const struct files *files, size_t length)
{
	uint64_t limit = read_number(length, files->limit), usage, reclaimable = 0;

	if (limit == none)
		return UINT64_MAX;
	usage = read_number(length, files->usage);
	if (usage == none)
		return UINT64_MAX;
	if (usage < limit && limit - usage >= HEADROOM_LEAST)
		return limit - usage;
	if (read_file(length, "memory.stat"))
		reclaimable = stat_field(files->inactive) + stat_field(files->active);
	return usage > limit + reclaimable ? 0 : limit + reclaimable - usage;
}

/* Of the cgroup at path, of END bytes, and those above it, to the MOUNT. */
static uint64_t least(const struct files *files, size_t mount, size_t end)
{
	uint64_t ret = UINT64_MAX, left;

	for (;;) {
		left = left_of(files, end);
		ret = left < ret ? left : ret;
		while (end > mount && path[end - 1] != '/')
			end--;
		if (end <= mount)
			return ret;
		end--;
	}
}

/* "4:memory:/a/b\n" of v1, "0::/a/b\n" of v2; proc_pid_cgroup(5): of the line whose CONTROLLERS these are, the path. A
 * path may have a ':' in it. NULL: there is none. */
static const char *find_cgroup(const char *controllers)
{
	size_t n = strlen(controllers);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += 1 + strspn(line + 1, "0123456789");
		if (*line == ':' && !strncmp(line + 1, controllers, n) && line[1 + n] == ':' && line[2 + n] == '/')
			return line + 2 + n;
	}
	return NULL;
}

static uint64_t in_hierarchy(const struct files *files, const char *root)
{
	static const char own[] = "/proc/self/cgroup";
	size_t mount = strlen(root), length;
	const char *cgroup;

	if (!append(0, root, mount) || !append(mount, own, strlen(own)) || !read_text())
		return UINT64_MAX;
	cgroup = find_cgroup(files->controllers);
	if (!cgroup || !append(mount, files->mount, strlen(files->mount)))
		return UINT64_MAX;
	mount += strlen(files->mount);
	length = strcspn(cgroup, "\n");
	return append(mount, cgroup, length) ? least(files, mount, mount + length) : UINT64_MAX;
}

bool headroom_is_short_below(const char *root, uint64_t *ret)
{
	uint64_t old = in_hierarchy(&v1, root), new = in_hierarchy(&v2, root);

	*ret = old < new ? old : new;
	return *ret < HEADROOM_LEAST;
}

bool headroom_is_short(uint64_t *ret)
{
	return headroom_is_short_below("", ret);
}
