/* configuration_cgroup.c: the cgroups of a process: where it is, what it may use, what it was denied. cgroups(7);
 * Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel.
 *
 * What is shown is called as the files are, of whichever hierarchy has the controller; a limit of a cgroup above holds,
 * too: "memory" and "cpu" say the smallest and whose it is. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/gmr/configuration_parse.h"
#include "applets/gmr/configuration_private.h"
#include "core/cgroup_place.h"
#include "core/cleanup.h"

enum {
	SMALL_MAX = 1 << 14,
	UP_MAX = 64,         /* cgroups above that are looked at */
	HIERARCHIES_MAX = 64,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The smallest limit of a cgroup and those above it. */
struct least {
	double value;       /* 0: none */
	char path[PATH_MAX];
};

/* What is known under one name in both versions. */
struct controller {
	const char *name;         /* of v1; v2 has all in one hierarchy */
	bool v2;
	int dir;                  /* its cgroup */
	const struct cgroup_place *place;
};

static const char *hierarchy(const struct controller *at)
{
	return at->v2 ? NULL : at->name;
}

static int read_number(int dir, const char *file, uint64_t *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(SMALL_MAX);
	int r = procfs_read(dir, file, &text);

	return r < 0 ? r : cgroup_number(text.data, text.len, ret);
}

/* A file of one number, or of "max". */
static void add_number(struct configuration *c, struct value *group, int dir, const char *file)
{
	uint64_t number;

	if (value_get(group, file) || read_number(dir, file, &number) < 0)
		return;
	if (number == UINT64_MAX)
		value_add_string(&c->report->tree, group, file, "max");
	else
		value_add_int(&c->report->tree, group, file, (int64_t)number);
}

/* "memory.events oom_kill": a line of a file of several. */
static void add_keyed(struct configuration *c, struct value *group, int dir, const char *file, const char *name)
{
	CLEANUP(buf_done) struct buf text = BUF(SMALL_MAX);
	char key[64];
	uint64_t number;

	snprintf(key, sizeof key, "%s %s", file, name);
	if (!value_get(group, key) && procfs_read(dir, file, &text) == 0 &&
	    procparse_keyed(text.data, text.len, name, &number) == 0)
		value_add_int(&c->report->tree, group, key, (int64_t)(number & INT64_MAX));
}

static void add_files(struct configuration *c, struct value *group, const struct controller *at)
{
	static const struct { const char *controller, *file, *line; } files[] = {
		{ "memory", "memory.max", NULL }, { "memory", "memory.high", NULL },
		{ "memory", "memory.current", NULL }, { "memory", "memory.peak", NULL },
		{ "memory", "memory.swap.max", NULL }, { "memory", "memory.swap.current", NULL },
		{ "memory", "memory.events", "high" }, { "memory", "memory.events", "max" },
		{ "memory", "memory.events", "oom" }, { "memory", "memory.events", "oom_kill" },
		{ "memory", "memory.limit_in_bytes", NULL }, { "memory", "memory.usage_in_bytes", NULL },
		{ "memory", "memory.max_usage_in_bytes", NULL }, { "memory", "memory.memsw.limit_in_bytes", NULL },
		{ "memory", "memory.memsw.usage_in_bytes", NULL }, { "memory", "memory.failcnt", NULL },
		{ "memory", "memory.oom_control", "oom_kill" }, { "memory", "memory.oom_control", "under_oom" },
		{ "cpu", "cpu.weight", NULL }, { "cpu", "cpu.shares", NULL }, { "cpu", "cpu.stat", "nr_periods" },
		{ "cpu", "cpu.stat", "nr_throttled" }, { "cpu", "cpu.stat", "throttled_usec" },
		{ "cpu", "cpu.stat", "throttled_time" }, { "cpu", "cpu.cfs_quota_us", NULL },
		{ "cpu", "cpu.cfs_period_us", NULL },
		{ "pids", "pids.max", NULL }, { "pids", "pids.current", NULL }, { "pids", "pids.peak", NULL },
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		if (strcmp(files[i].controller, at->name) != 0)
			continue;
		if (files[i].line)
			add_keyed(c, group, at->dir, files[i].file, files[i].line);
		else
			add_number(c, group, at->dir, files[i].file);
	}
}

/* The limit of memory in bytes, of processor time in cores; 0: none here. */
static double memory_limit(const struct controller *at, int dir)
{
	uint64_t number;

	if (read_number(dir, at->v2 ? "memory.max" : "memory.limit_in_bytes", &number) < 0 || number == UINT64_MAX)
		return 0;
	return (double)number;
}

static double cpu_limit(const struct controller *at, int dir)
{
	CLEANUP(buf_done) struct buf text = BUF(SMALL_MAX);
	uint64_t quota, period;
	double cores;

	if (at->v2)
		return procfs_read(dir, "cpu.max", &text) == 0 && cpu_max(text.data, text.len, &cores) == 0 ? cores : 0;
	if (read_number(dir, "cpu.cfs_quota_us", &quota) < 0 || quota == UINT64_MAX ||
	    read_number(dir, "cpu.cfs_period_us", &period) < 0 || period == 0)
		return 0;
	return (double)quota / (double)period;
}

static void find_least(const struct controller *at, double (*limit)(const struct controller *at, int dir),
		       struct least *ret)
{
	for (unsigned up = 0; up < UP_MAX; up++) {
		CLEANUP(fd_done) int dir = cgroup_place_open(at->place, hierarchy(at), up);
		double value;

		if (dir < 0)
			return;
		value = limit(at, dir);
		if (value > 0 && (ret->value <= 0 || value < ret->value)) {
			ret->value = value;
			cgroup_place_path(at->place, hierarchy(at), up, ret->path);
		}
	}
}

/* 1.2 GiB of 2.0 GiB (60%), by /sys/fs/cgroup/box */
static void add_memory(struct configuration *c, struct value *group, const struct controller *at)
{
	struct least least = { 0 };
	char used_word[WORD_SIZE], least_word[WORD_SIZE];
	uint64_t used;

	if (value_get(group, "memory") ||
	    read_number(at->dir, at->v2 ? "memory.current" : "memory.usage_in_bytes", &used) < 0)
		return;
	find_least(at, memory_limit, &least);
	bytes_word(used, used_word);
	if (least.value <= 0) {
		value_add_format(&c->report->tree, group, "memory", "%s, no limit", used_word);
		return;
	}
	bytes_word((uint64_t)least.value, least_word);
	value_add_format(&c->report->tree, group, "memory", "%s of %s (%.0f%%), by %s", used_word, least_word,
			 100 * (double)used / least.value, least.path);
}

/* 0.50 cores, by /sys/fs/cgroup/box */
static void add_cpu(struct configuration *c, struct value *group, const struct controller *at)
{
	struct least least = { 0 };

	if (value_get(group, "cpu"))
		return;
	find_least(at, cpu_limit, &least);
	if (least.value > 0)
		value_add_format(&c->report->tree, group, "cpu", "%.2f cores, by %s", least.value, least.path);
	else if (faccessat(at->dir, at->v2 ? "cpu.max" : "cpu.cfs_quota_us", F_OK, 0) == 0)
		value_add_string(&c->report->tree, group, "cpu", "no limit");
}

static void add_controller(struct configuration *c, struct value *group, const struct cgroup_place *place,
			   const char *name, bool v2)
{
	CLEANUP(fd_done) int dir = cgroup_place_open(place, v2 ? NULL : name, 0);
	const struct controller at = { .name = name, .v2 = v2, .dir = dir, .place = place };

	if (dir < 0) {
		if (dir == -EACCES || dir == -EPERM)
			configuration_denied(c, "cgroup", dir);
		return;
	}
	add_files(c, group, &at);
	if (strcmp(name, "memory") == 0)
		add_memory(c, group, &at);
	else if (strcmp(name, "cpu") == 0)
		add_cpu(c, group, &at);
}

/* memory: /box/a */
static void add_paths(struct configuration *c, struct value *group, const struct buf *text)
{
	struct value *list = value_add_list(&c->report->tree, group, "paths");
	struct span s = span_of(text->data, text->len);
	struct cgroup_line line;

	for (int i = 0; i < HIERARCHIES_MAX && cgroup_line_next(&s, &line); i++) {
		bool v2 = span_len(&line.controllers) == 0;

		value_add_format(&c->report->tree, list, NULL, "%.*s: %.*s",
				 v2 ? 2 : (int)span_len(&line.controllers), v2 ? "v2" : line.controllers.at,
				 (int)span_len(&line.path), line.path.at);
	}
}

void configuration_cgroup(struct configuration *c)
{
	static const char *const names[] = { "memory", "cpu", "pids" };
	CLEANUP(cgroup_place_done) struct cgroup_place place = { 0 };
	int r = cgroup_place_read(c->target->proc, c->target->dir, &place);
	struct value *group;

	if (r < 0) {
		configuration_denied(c, "cgroup", r);
		return;
	}
	group = configuration_group(c, "cgroup");
	add_paths(c, group, &place.cgroup);
	for (size_t i = 0; i < COUNT(names); i++) {
		add_controller(c, group, &place, names[i], true);
		add_controller(c, group, &place, names[i], false);
	}
}
