/* procparse_cgroup.c: see procparse.h: what tells of cgroups(7). */
#include "core/procparse.h"

#include <errno.h>
#include <string.h>

#include "core/span.h"

static bool list_has(struct span list, const char *word)
{
	struct span item;

	while (span_take_until(&list, ',', &item))
		if (span_is(&item, word))
			return true;
	return span_is(&list, word);
}

/* 4:memory:/user.slice
 * 1:name=systemd:/init.scope
 * 0::/user.slice/session-1.scope       (v2: no controllers; cgroups(7)) */
int procparse_cgroup(const char *text, size_t len, const char *controller, char *ret, size_t ret_size)
{
	struct span s = span_of(text, len), line, id, controllers;

	while (span_take_until(&s, '\n', &line)) {
		if (!span_take_until(&line, ':', &id) || !span_take_until(&line, ':', &controllers))
			return -EBADMSG;
		if (controller ? list_has(controllers, controller) : span_is(&id, "0") && span_is(&controllers, ""))
			return line.at < line.end && *line.at == '/' ? span_copy(&line, ret, ret_size) : -EBADMSG;
	}
	return -ENOENT;
}

/* One byte of a mountinfo field, in which blanks and backslashes stand as \040. */
static char mount_byte(struct span *s)
{
	const char *at = s->at;

	if (span_len(s) >= 4 && at[0] == '\\' && (at[1] & ~3) == '0' && (at[2] & ~7) == '0' && (at[3] & ~7) == '0') {
		s->at += 4;
		return (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
	}
	s->at++;
	return *at;
}

/* Unescape S into RET, or see whether that would work when RET is NULL. */
static int mount_copy(struct span s, char *ret, size_t size)
{
	size_t len = 0;

	for (; s.at < s.end; len++) {
		char c = mount_byte(&s);

		if (len + 1 >= size)
			return -ENAMETOOLONG;
		if (c == '\0')
			return -EBADMSG;
		if (ret)
			ret[len] = c;
	}
	if (ret)
		ret[len] = '\0';
	return 0;
}

struct mount_line {
	struct span root, point, type, options;
};

static bool mount_split(struct span line, struct mount_line *ret)
{
	struct span word;

	for (int i = 0; i < 3; i++)
		if (!span_take_until(&line, ' ', &word))
			return false;
	if (!span_take_until(&line, ' ', &ret->root) || !span_take_until(&line, ' ', &ret->point))
		return false;
	do
		if (!span_take_until(&line, ' ', &word))
			return false;
	while (!span_is(&word, "-"));
	if (!span_take_until(&line, ' ', &ret->type) || !span_take_until(&line, ' ', &word))
		return false;
	ret->options = line;
	return true;
}

/* 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:15 - cgroup cgroup rw,memory
 * 38 31 0:35 /docker/7f /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate
 * id parent device root mount-point options [optional]... - type source super-options */
int procparse_cgroup_mount(const char *text, size_t len, const char *controller, char *ret_mount, char *ret_root,
			   size_t size)
{
	struct span s = span_of(text, len), line;
	struct mount_line mount;
	int r;

	while (span_take_until(&s, '\n', &line)) {
		if (!mount_split(line, &mount))
			return -EBADMSG;
		if (!span_is(&mount.type, controller ? "cgroup" : "cgroup2"))
			continue;
		if (controller && !list_has(mount.options, controller))
			continue;
		r = mount_copy(mount.root, NULL, size);
		if (r == 0)
			r = mount_copy(mount.point, NULL, size);
		if (r < 0)
			return r;
		mount_copy(mount.root, ret_root, size);
		return mount_copy(mount.point, ret_mount, size);
	}
	return -ENOENT;
}

/* low 0
 * oom_kill 3 */
int procparse_keyed(const char *text, size_t len, const char *key, uint64_t *ret)
{
	struct span s = span_of(text, len), line;
	uint64_t value;

	while (span_take_until(&s, '\n', &line)) {
		if (!span_take_prefix(&line, key) || !span_take_prefix(&line, " "))
			continue;
		if (span_take_number(&line, UINT64_MAX, &value) < 0 || line.at != line.end)
			return -EBADMSG;
		*ret = value;
		return 0;
	}
	return -ENOENT;
}
