/* configuration_files.c: the open files of a process, and its environment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/configuration_parse.h"
#include "applets/gmr/configuration_private.h"
#include "applets/gmr/descriptors.h"
#include "core/cleanup.h"
#include "core/redact.h"
#include "core/report.h"

enum {
	LISTED_MAX = 1024,        /* descriptors that are named */
	KINDS_MAX = 64,
	COUNTED_MAX = 8192,       /* and that are counted by their kind */
	DESCRIPTION_MAX = 8192,
	LIMITS_MAX = 1 << 16,
	ENVIRON_MAX = 1 << 20,
	VARIABLES_MAX = 4096,
	MASKED_GROWTH = 4,
};

struct kind_count {
	const char *kind;
	size_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct kind_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->kind, y->kind);
}

static size_t count_kind(struct kind_count *counts, size_t used, const char *kind)
{
	for (size_t i = 0; i < used; i++) {
		if (strcmp(counts[i].kind, kind) == 0) {
			counts[i].count++;
			return used;
		}
	}
	if (used < KINDS_MAX)
		counts[used++] = (struct kind_count){ .kind = kind, .count = 1 };
	return used;
}

/* TCP: 12, file: 3; the most frequent first. */
static void add_kinds(struct configuration *c, struct value *group, struct descriptors *descriptors, const int *all,
		      size_t count)
{
	struct value *list = value_add_list(&c->report->tree, group, "by kind");
	struct kind_count counts[KINDS_MAX] = { 0 };
	size_t used = 0;

	for (size_t i = 0; i < count && i < COUNTED_MAX; i++)
		used = count_kind(counts, used, descriptors_kind(descriptors, all[i]));
	qsort(counts, used, sizeof counts[0], by_count);
	for (size_t i = 0; i < used; i++)
		value_add_format(&c->report->tree, list, NULL, "%s: %zu", counts[i].kind, counts[i].count);
}

/* 7: TCP 10.0.0.1:5432 -> 10.0.0.2:80 ESTABLISHED */
static void add_names(struct configuration *c, struct value *group, struct descriptors *descriptors, const int *all,
		      size_t count)
{
	CLEANUP(buf_done) struct buf text = BUF(DESCRIPTION_MAX);
	struct value *list = value_add_list(&c->report->tree, group, "descriptors");

	for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
		buf_reset(&text);
		/* It may have been closed meanwhile. */
		if (buf_printf(&text, "%d: ", all[i]) == 0 && descriptors_name(descriptors, all[i], &text) == 0)
			value_add_bytes(&c->report->tree, list, NULL, text.data, text.len);
	}
}

/* "12 of 1024": of the soft limit. */
static void add_open(struct configuration *c, struct value *group, size_t count, bool cut)
{
	CLEANUP(buf_done) struct buf text = BUF(LIMITS_MAX);
	struct span s;
	struct limit_line limit;

	if (procfs_read(c->target->dir, "limits", &text) < 0)
		buf_reset(&text);
	s = span_of(text.data, text.len);
	while (limit_line_next(&s, &limit)) {
		if (!span_is(&limit.name, "Max open files"))
			continue;
		value_add_format(&c->report->tree, group, "open", "%s%zu of %.*s", cut ? "more than " : "", count,
				 (int)span_len(&limit.soft), limit.soft.at);
		return;
	}
	value_add_format(&c->report->tree, group, "open", "%s%zu", cut ? "more than " : "", count);
}

static void descriptors_done(struct descriptors **descriptors)
{
	descriptors_free(*descriptors);
}

void configuration_files(struct configuration *c)
{
	CLEANUP(descriptors_done) struct descriptors *descriptors = NULL;
	struct value *group = configuration_group(c, "files");
	int r = descriptors_open(c->target, &descriptors);
	const int *all;
	size_t count;
	bool cut;

	if (r < 0) {
		configuration_denied(c, "open files", r);
		return;
	}
	all = descriptors_all(descriptors, &count, &cut);
	add_open(c, group, count, cut);
	add_kinds(c, group, descriptors, all, count);
	add_names(c, group, descriptors, all, count);
	if (count > COUNTED_MAX)
		section_note(c->report, REPORT_CONFIGURATION, "files by kind: only the first %d were looked at",
			     COUNTED_MAX);
	if (count > LISTED_MAX)
		section_note(c->report, REPORT_CONFIGURATION, "only the first %d of the open files are listed",
			     LISTED_MAX);
}

/* NAME=VALUE. A name may be there twice: getenv(3) finds the first. */
static void add_variable(struct configuration *c, struct value *group, struct span variable)
{
	CLEANUP(buf_done) struct buf name = BUF(span_len(&variable) * MASKED_GROWTH + 1);
	struct span key;
	const char *shown;

	if (!span_take_until(&variable, '=', &key)) {
		key = variable;
		variable.at = variable.end;
	}
	/* Two names may look the same as they are shown. */
	if (buf_add_escaped(&name, key.at, span_len(&key), false) < 0)
		return;
	shown = name.data ? name.data : "";
	if (!value_get(group, shown))
		configuration_span(c, group, shown, &variable);
}

void configuration_environment(struct configuration *c)
{
	CLEANUP(buf_done) struct buf raw = BUF(ENVIRON_MAX), text = BUF(ENVIRON_MAX * MASKED_GROWTH);
	struct value *group = configuration_group(c, "environment");
	int r = procfs_read(c->target->dir, "environ", &raw);
	struct span s, variable;
	size_t count = 0;
	bool cut = r == -ENOBUFS;

	if (r < 0 && !cut) {
		configuration_denied(c, "environment", r);
		return;
	}
	/* Half a variable may be a secret that does not look like one. */
	while (cut && raw.len > 0 && raw.data[raw.len - 1] != '\0')
		raw.len--;
	if (redact_environ(raw.data, raw.len, &text) < 0) {
		configuration_denied(c, "environment", -ENOMEM);
		return;
	}
	s = span_of(text.data, text.len);
	for (; count < VARIABLES_MAX && span_take_until(&s, '\0', &variable); count++)
		if (span_len(&variable) > 0)
			add_variable(c, group, variable);
	if (cut || span_len(&s) > 0)
		section_note(c->report, REPORT_CONFIGURATION, "the environment is longer than what is shown of it");
}
