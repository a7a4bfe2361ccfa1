/* configuration_kernel.c: how the kernel treats a process: its memory, namespaces, capabilities, time, signals. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "applets/gmr/configuration_parse.h"
#include "applets/gmr/configuration_private.h"
#include "applets/gmr/words.h"
#include "core/cleanup.h"
#include "core/procparse_task.h"

enum {
	SMALL_MAX = 4096, /* stat, oom_score, autogroup */
	WORDS_MAX = 4096,
	STAT_PRIORITY = 18, STAT_NICE = 19, STAT_RT_PRIORITY = 40, STAT_POLICY = 41,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A file of one line. */
static void add_file(struct configuration *c, struct value *group, const char *key, const char *file)
{
	CLEANUP(buf_done) struct buf text = BUF(SMALL_MAX);
	struct span s, line;
	int r = procfs_read(c->target->dir, file, &text);
	int64_t number;
	char end;

	if (r < 0) {
		configuration_denied(c, key, r);
		return;
	}
	s = span_of(text.data, text.len);
	if (!span_take_until(&s, '\n', &line))
		return;
	if (text.len < 24 && sscanf(text.data, "%" SCNd64 "%c", &number, &end) == 2 && end == '\n')
		value_add_int(&c->report->tree, group, key, number);
	else
		configuration_span(c, group, key, &line);
}

void configuration_memory(struct configuration *c)
{
	static const char *const keys[] = {
		"VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData",
		"VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap", "HugetlbPages",
	};
	struct value *group = configuration_group(c, "memory");

	for (size_t i = 0; i < COUNT(keys); i++)
		configuration_field(c, group, keys[i]);
	add_file(c, group, "oom_score", "oom_score");
	add_file(c, group, "oom_score_adj", "oom_score_adj");
}

/* net:[4026531833]          namespaces(7) */
void configuration_namespaces(struct configuration *c)
{
	static const char *const names[] = {
		"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts",
	};
	struct value *group = configuration_group(c, "namespaces");
	bool comparable = procfs_shows_us(c->target->proc);

	for (size_t i = 0; i < COUNT(names); i++) {
		char own_name[64], name[64], text[64], own[64];
		int r;

		snprintf(name, sizeof name, "ns/%s", names[i]);
		snprintf(own_name, sizeof own_name, "self/ns/%s", names[i]);
		r = procfs_link(c->target->dir, name, text, sizeof text);
		if (r < 0) {
			configuration_denied(c, "namespaces", r);
			continue;
		}
		if (!comparable || procfs_link(c->target->proc->fd, own_name, own, sizeof own) < 0)
			own[0] = '\0';
		value_add_format(&c->report->tree, group, names[i], "%s%s", text,
				 own[0] == '\0' || strcmp(own, text) == 0 ? "" : " (not ours)");
	}
}

static void add_mask(struct configuration *c, struct value *group, const char *key,
		     int (*words)(uint64_t mask, struct buf *ret))
{
	CLEANUP(buf_done) struct buf text = BUF(WORDS_MAX);
	uint64_t mask;

	if (procparse_field_hex(c->target->status.data, c->target->status.len, key, &mask) == 0 &&
	    words(mask, &text) == 0)
		value_add_string(&c->report->tree, group, key, text.data);
}

static void add_number(struct configuration *c, struct value *group, const char *key)
{
	uint64_t number;

	if (procparse_field_number(c->target->status.data, c->target->status.len, key, &number) == 0)
		value_add_int(&c->report->tree, group, key, (int64_t)(number & INT64_MAX));
}

void configuration_capabilities(struct configuration *c)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	static const char *const modes[] = { "disabled", "strict", "filter" };
	struct value *group = configuration_group(c, "capabilities");
	uint64_t mode;

	for (size_t i = 0; i < COUNT(sets); i++)
		add_mask(c, group, sets[i], words_capabilities);
	add_number(c, group, "NoNewPrivs");
	if (procparse_field_number(c->target->status.data, c->target->status.len, "Seccomp", &mode) == 0)
		value_add_string(&c->report->tree, group, "Seccomp", mode < COUNT(modes) ? modes[mode] : "unknown");
	add_number(c, group, "Seccomp_filters");
}

static void add_stat(struct configuration *c, struct value *group, const struct buf *stat, const char *key, int field)
{
	int64_t number;

	if (stat_field(stat->data, stat->len, field, &number) == 0)
		value_add_int(&c->report->tree, group, key, number);
}

static void add_policy(struct configuration *c, struct value *group, const struct buf *stat)
{
	CLEANUP(buf_done) struct buf policy = BUF(SMALL_MAX);
	int64_t number;

	if (stat_field(stat->data, stat->len, STAT_POLICY, &number) == 0 && words_policy(number, &policy) == 0)
		value_add_string(&c->report->tree, group, "policy", policy.data);
}

/* Of the main thread; each may have its own. */
void configuration_scheduling(struct configuration *c)
{
	CLEANUP(buf_done) struct buf stat = BUF(SMALL_MAX);
	struct value *group = configuration_group(c, "scheduling");

	if (procfs_read(c->target->dir, "stat", &stat) == 0) {
		add_policy(c, group, &stat);
		add_stat(c, group, &stat, "priority", STAT_PRIORITY);
		add_stat(c, group, &stat, "nice", STAT_NICE);
		add_stat(c, group, &stat, "rt_priority", STAT_RT_PRIORITY);
	}
	configuration_field(c, group, "Cpus_allowed_list");
	configuration_field(c, group, "Mems_allowed_list");
	add_number(c, group, "Threads");
	add_number(c, group, "voluntary_ctxt_switches");
	add_number(c, group, "nonvoluntary_ctxt_switches");
	add_file(c, group, "autogroup", "autogroup");
}

void configuration_signals(struct configuration *c)
{
	static const char *const sets[] = { "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt" };
	struct value *group = configuration_group(c, "signals");

	for (size_t i = 0; i < COUNT(sets); i++)
		add_mask(c, group, sets[i], words_signals);
	configuration_field(c, group, "SigQ");
}
