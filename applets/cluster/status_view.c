/* status_view.c: see status_view.h. */
#include "applets/cluster/status_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applets/cluster/roster_private.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/spawn.h"

enum { COLUMNS = 8, GAP = 2 };

struct row { char cells[COLUMNS][STATUS_CELL_SIZE]; };

static const struct row header = { { "NAME", "PID", "KIND", "STATE", "SINCE", "FOR", "MEMORY", "LAST EXIT" } };

/* ---- Words ---- */

const char *status_word(char state)
{
	switch (state) {
	case 0:
		return "ended";
	case 'R':
		return "running";
	case 'T':
	case 't':
		return "stopped";
	case 'Z':
	case 'X':
		return "zombie";
	default: /* S, D, I: it waits for something */
		return "sleeping";
	}
}

const char *status_duration(int64_t seconds, char ret[STATUS_CELL_SIZE])
{
	static const struct { int64_t seconds; char letter; } units[] = {
		{ 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' },
	};
	size_t i = 0;

	if (seconds < 0) /* the clock was put back */
		seconds = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	if (i == 3)
		snprintf(ret, STATUS_CELL_SIZE, "%" PRId64 "s", seconds);
	else
		snprintf(ret, STATUS_CELL_SIZE, "%" PRId64 "%c%" PRId64 "%c", seconds / units[i].seconds,
			 units[i].letter, seconds % units[i].seconds / units[i + 1].seconds, units[i + 1].letter);
	return ret;
}

const char *status_size(int64_t bytes, char ret[STATUS_CELL_SIZE])
{
	int64_t kib = bytes / 1024;

	if (kib < 1024)
		snprintf(ret, STATUS_CELL_SIZE, "%" PRId64 " KiB", kib);
	else
		snprintf(ret, STATUS_CELL_SIZE, "%" PRId64 ".%d MiB", kib / 1024, (int)(kib % 1024 * 10 / 1024));
	return ret;
}

/* "2025-11-21T16:20:00Z"; of a year that no calendar has, nothing. */
static const char *date(int64_t seconds, char ret[STATUS_CELL_SIZE])
{
	time_t when = (time_t)seconds;
	struct tm parts;

	if (when != seconds || !gmtime_r(&when, &parts) ||
	    strftime(ret, STATUS_CELL_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		strcpy(ret, "-");
	return ret;
}

static const char *last_exit(const struct member *member, char ret[STATUS_CELL_SIZE])
{
	return member->status < 0 ? "not known" : spawn_describe(member->status, ret);
}

/* ---- The table ---- */

static void fill_row(const struct status_member *of, int64_t now_s, struct row *ret)
{
	const struct member *m = of->member;
	int64_t since = m->ended ? m->ended_s : m->since_s;
	char text[STATUS_CELL_SIZE];
	const char *const cells[COLUMNS] = {
		[0] = m->name, [2] = roster_kinds[m->kind], [3] = status_word(of->state),
		[7] = m->ended ? last_exit(m, text) : "-",
	};

	for (int i = 0; i < COLUMNS; i++)
		snprintf(ret->cells[i], STATUS_CELL_SIZE, "%s", cells[i] ? cells[i] : "-");
	snprintf(ret->cells[1], STATUS_CELL_SIZE, "%d", (int)m->process.pid);
	date(since, ret->cells[4]);
	status_duration(now_s - since, ret->cells[5]);
	if (of->memory >= 0)
		status_size(of->memory, ret->cells[6]);
}

static void widen(const struct row *row, int widths[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++)
		if ((int)strlen(row->cells[i]) > widths[i])
			widths[i] = (int)strlen(row->cells[i]);
}

/* Nothing stands behind the last column. */
static int add_row(struct buf *b, const struct row *row, const int widths[COLUMNS])
{
	int r = 0;

	for (int i = 0; i < COLUMNS - 1 && r == 0; i++)
		r = buf_printf(b, "%-*s", widths[i] + GAP, row->cells[i]);
	return r < 0 ? r : buf_printf(b, "%s\n", row->cells[COLUMNS - 1]);
}

int status_table(const struct status *status, int64_t now_s, struct buf *ret)
{
	CLEANUP(free_done) struct row *rows = calloc(status->count + 1, sizeof(*rows));
	int widths[COLUMNS] = { 0 }, r = 0;

	if (!rows)
		return -ENOMEM;
	rows[0] = header;
	for (size_t i = 0; i < status->count; i++)
		fill_row(&status->members[i], now_s, &rows[i + 1]);
	for (size_t i = 0; i <= status->count; i++)
		widen(&rows[i], widths);
	for (size_t i = 0; i <= status->count && r == 0; i++)
		r = add_row(ret, &rows[i], widths);
	return r;
}

/* ---- JSON. Where something is not known there is null, so that each key is always there. ---- */

static int add_key(struct buf *b, const char *key)
{
	return buf_printf(b, "%s\"%s\":", b->len > 0 && strchr("{[", b->data[b->len - 1]) ? "" : ",", key);
}

static int add_text(struct buf *b, const char *key, const char *value)
{
	int r = add_key(b, key);

	if (r < 0)
		return r;
	return value ? json_add_string(b, value, strlen(value)) : buf_adds(b, "null");
}

static int add_number(struct buf *b, const char *key, int64_t value, bool known)
{
	int r = add_key(b, key);

	if (r < 0)
		return r;
	return known ? buf_printf(b, "%" PRId64, value) : buf_adds(b, "null");
}

static int add_date(struct buf *b, const char *key, int64_t seconds, bool known)
{
	char text[STATUS_CELL_SIZE];

	known = known && strcmp(date(seconds, text), "-");
	return add_text(b, key, known ? text : NULL);
}

static int add_member(struct buf *b, const struct status_member *of, int64_t now_s)
{
	const struct member *m = of->member;
	char text[STATUS_CELL_SIZE];
	int64_t age = now_s - m->since_s;
	int r = buf_adds(b, "{");

	if (r == 0)
		r = add_text(b, "name", m->name);
	if (r == 0)
		r = add_text(b, "kind", roster_kinds[m->kind]);
	if (r == 0)
		r = add_number(b, "pid", m->process.pid, true);
	if (r == 0)
		r = add_text(b, "state", status_word(of->state));
	if (r == 0)
		r = add_date(b, "since", m->since_s, true);
	if (r == 0)
		r = add_number(b, "seconds", age < 0 ? 0 : age, !m->ended);
	if (r == 0)
		r = add_number(b, "memory", of->memory, of->memory >= 0);
	if (r == 0)
		r = add_date(b, "ended", m->ended_s, m->ended);
	if (r == 0)
		r = add_text(b, "last_exit", m->ended && m->status >= 0 ? last_exit(m, text) : NULL);
	return r < 0 ? r : buf_adds(b, "}");
}

static int add_members(struct buf *b, const struct status *status, int64_t now_s)
{
	int r = add_key(b, "members");

	if (r == 0)
		r = buf_adds(b, "[");
	for (size_t i = 0; i < status->count && r == 0; i++) {
		r = i > 0 ? buf_adds(b, ",") : 0;
		if (r == 0)
			r = add_member(b, &status->members[i], now_s);
	}
	return r < 0 ? r : buf_adds(b, "]");
}

static int add_left(struct buf *b, const struct status *status)
{
	int r = add_key(b, "left");

	if (r == 0)
		r = buf_adds(b, "[");
	for (size_t i = 0; i < status->left_count && r == 0; i++) {
		r = buf_adds(b, i > 0 ? ",{" : "{");
		if (r == 0)
			r = add_text(b, "name", status->left[i].name);
		if (r == 0)
			r = add_number(b, "pid", status->left[i].pid, true);
		if (r == 0)
			r = buf_adds(b, "}");
	}
	return r < 0 ? r : buf_adds(b, "]");
}

int status_json(const struct status *status, int64_t now_s, struct buf *ret)
{
	int r = buf_adds(ret, "{");

	if (r == 0)
		r = add_text(ret, "state", status->state);
	if (r == 0)
		r = add_number(ret, "pid", status->pid, status->pid > 0);
	if (r == 0)
		r = add_text(ret, "pid_file", status->pid_file);
	if (r == 0)
		r = add_text(ret, "why", status->why);
	if (r == 0)
		r = add_members(ret, status, now_s);
	if (r == 0)
		r = add_left(ret, status);
	return r < 0 ? r : buf_adds(ret, "}\n");
}
