#include "core/procparse.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/span.h"

struct number {
	uint64_t value;
	bool negative;
};

/* The next line without its newline. False where none ends any more: S then holds what was cut. */
static bool take_line(struct span *s, struct span *ret)
{
	return span_take_until(s, '\n', ret);
}

/* A field of stat and the blank (or, on the last, the newline) that shows that it was not cut. */
static int take_field(struct span *s, struct number *ret)
{
	int r;

	ret->negative = s->at < s->end && *s->at == '-';
	s->at += ret->negative;
	r = span_take_number(s, UINT64_MAX, &ret->value);
	if (r < 0)
		return r;
	if (s->at == s->end || (*s->at != ' ' && *s->at != '\n'))
		return -EBADMSG;
	s->at++;
	return 0;
}

static int number_pid(const struct number *n, pid_t *ret)
{
	if (n->value > INT_MAX)
		return -EBADMSG;
	*ret = n->negative ? -(pid_t)n->value : (pid_t)n->value;
	return 0;
}

static int number_count(const struct number *n, uint64_t *ret)
{
	if (n->negative)
		return -EBADMSG;
	*ret = n->value;
	return 0;
}

/* The fields behind the state, numbered as in proc(5). */
enum {
	STAT_PPID = 4, STAT_PGRP = 5, STAT_SESSION = 6, STAT_TPGID = 8, STAT_FLAGS = 9, STAT_UTIME = 14,
	STAT_STIME = 15, STAT_NUM_THREADS = 20, STAT_STARTTIME = 22,
};

static int stat_numbers(struct span *s, struct procparse_stat *ret)
{
	struct number fields[STAT_STARTTIME + 1];
	uint64_t threads;
	int bad = 0;

	for (int i = STAT_PPID; i <= STAT_STARTTIME; i++)
		if (take_field(s, &fields[i]) < 0)
			return -EBADMSG;
	bad |= number_pid(&fields[STAT_PPID], &ret->ppid);
	bad |= number_pid(&fields[STAT_PGRP], &ret->pgrp);
	bad |= number_pid(&fields[STAT_SESSION], &ret->session);
	bad |= number_pid(&fields[STAT_TPGID], &ret->tpgid);
	bad |= number_count(&fields[STAT_FLAGS], &ret->flags);
	bad |= number_count(&fields[STAT_UTIME], &ret->utime);
	bad |= number_count(&fields[STAT_STIME], &ret->stime);
	bad |= number_count(&fields[STAT_STARTTIME], &ret->start_ticks);
	bad |= number_count(&fields[STAT_NUM_THREADS], &threads);
	if (bad || ret->ppid < 0)
		return -EBADMSG;
	ret->num_threads = threads > INT_MAX ? INT_MAX : (int)threads;
	return 0;
}

/* vsize and rss, behind the start time: whoever asks only for what stands before may have cut them off. */
static void stat_memory(struct span *s, struct procparse_stat *ret)
{
	struct number size, resident;

	if (take_field(s, &size) < 0 || take_field(s, &resident) < 0 || size.negative || resident.negative)
		return;
	ret->size = size.value;
	ret->resident = resident.value;
}

/* sigcatch, field 34, is the tenth behind rss. */
static void stat_signals(struct span *s, struct procparse_stat *ret)
{
	struct number field = { 0 };

	for (int i = 0; i < 10; i++)
		if (take_field(s, &field) < 0)
			return;
	number_count(&field, &ret->caught);
}

static int stat_comm(struct span *s, struct procparse_stat *ret)
{
	const char *close = memrchr(s->at, ')', span_len(s));
	struct span comm = { .at = s->at, .end = close };

	if (!close || memchr(comm.at, '\0', span_len(&comm)))
		return -EBADMSG;
	s->at = close + 1;
	return span_copy(&comm, ret->comm, sizeof ret->comm) < 0 ? -EBADMSG : 0;
}

/* 7 (a) ( b) S 1 7 7 0 -1 4194560 1103 0 0 0 2 1 0 0 20 0 1 0 4711 2813952 375 18446744073709551615 ...
 *
 * The name is free text between the first '(' and the last ')': no later field holds one. */
int procparse_stat(const char *text, size_t len, struct procparse_stat *ret)
{
	struct procparse_stat stat = { 0 };
	struct span s = span_of(text, len);
	uint64_t pid;

	if (span_take_number(&s, INT_MAX, &pid) < 0 || pid == 0)
		return -EBADMSG;
	if (!span_take_prefix(&s, " (") || stat_comm(&s, &stat) < 0)
		return -EBADMSG;
	if (span_len(&s) < 3 || s.at[0] != ' ' || s.at[2] != ' ')
		return -EBADMSG;
	stat.pid = (pid_t)pid;
	stat.state = s.at[1];
	s.at += 3;
	if (stat_numbers(&s, &stat) < 0)
		return -EBADMSG;
	stat_memory(&s, &stat);
	stat_signals(&s, &stat);
	*ret = stat;
	return 0;
}

bool procparse_stat_ended(const struct procparse_stat *stat)
{
	return strchr("ZXx", stat->state) && stat->num_threads <= 1;
}

/* (uid_t)-1 names nobody; setfsuid(2) and its kin read it as "no change". */
static int take_id(struct span *s, uint32_t *ret)
{
	uint64_t id;

	span_skip_blanks(s);
	if (span_take_number(s, UINT32_MAX - 1, &id) < 0)
		return -EBADMSG;
	if (s->at < s->end && *s->at != ' ' && *s->at != '\t')
		return -EBADMSG;
	*ret = (uint32_t)id;
	return 0;
}

/* real, effective, saved, filesystem */
static int status_ids(struct span line, uint32_t *ret_real, uint32_t *ret_fs)
{
	uint32_t ids[4];

	for (int i = 0; i < 4; i++)
		if (take_id(&line, &ids[i]) < 0)
			return -EBADMSG;
	span_skip_blanks(&line);
	if (line.at != line.end)
		return -EBADMSG;
	*ret_real = ids[0];
	*ret_fs = ids[3];
	return 0;
}

static int status_groups(struct span line, struct procparse_status *ret)
{
	for (span_skip_blanks(&line); line.at < line.end; span_skip_blanks(&line)) {
		if (ret->group_count == PROCPARSE_GROUPS_MAX) {
			ret->groups_cut = 1;
			return 0;
		}
		if (take_id(&line, &ret->groups[ret->group_count]) < 0)
			return -EBADMSG;
		ret->group_count++;
	}
	return 0;
}

enum { STATUS_UID = 1, STATUS_GID = 2, STATUS_GROUPS = 4, STATUS_ALL = 7 };

/* Take LINE if it is one of ours; each counts once. Returns its bit of STATUS_ALL, 0 for others. */
static int status_line(struct span line, int seen, struct procparse_status *ret)
{
	int r;

	if (!(seen & STATUS_UID) && span_take_prefix(&line, "Uid:"))
		return (r = status_ids(line, &ret->uid, &ret->fsuid)) < 0 ? r : STATUS_UID;
	if (!(seen & STATUS_GID) && span_take_prefix(&line, "Gid:"))
		return (r = status_ids(line, &ret->gid, &ret->fsgid)) < 0 ? r : STATUS_GID;
	if (!(seen & STATUS_GROUPS) && span_take_prefix(&line, "Groups:"))
		return (r = status_groups(line, ret)) < 0 ? r : STATUS_GROUPS;
	return 0;
}

/* Name:   a\nb                          (a newline in the name is escaped: no line can be forged)
 * ...
 * Uid:    1000    1000    1000    1000
 * Gid:    1000    1000    1000    1000
 * FDSize: 256
 * Groups: 4 24 27 1000 */
int procparse_status(const char *text, size_t len, struct procparse_status *ret)
{
	struct procparse_status status = { 0 };
	struct span s = span_of(text, len), line;
	int seen = 0, bit;

	while (seen != STATUS_ALL && take_line(&s, &line)) {
		bit = status_line(line, seen, &status);
		if (bit < 0)
			return bit;
		seen |= bit;
	}
	/* A line that was cut is as good as whole where more groups were seen than are kept. */
	if (seen == (STATUS_UID | STATUS_GID) && status_line(s, seen, &status) == STATUS_GROUPS && status.groups_cut)
		seen = STATUS_ALL;
	if (seen != STATUS_ALL)
		return -EBADMSG;
	*ret = status;
	return 0;
}

/* The number behind KEY and its tab. 1; 0: another line. */
static int status_count(struct span line, const char *key, uint64_t *ret)
{
	if (!span_take_prefix(&line, key))
		return 0;
	span_skip_blanks(&line);
	return span_take_number(&line, UINT64_MAX, ret) < 0 || line.at != line.end ? -EBADMSG : 1;
}

/* Mems_allowed_list:      0
 * voluntary_ctxt_switches:        150
 * nonvoluntary_ctxt_switches:     545 */
int procparse_switches(const char *text, size_t len, uint64_t *ret)
{
	struct span s = span_of(text, len), line;
	uint64_t own = 0, forced = 0;
	int has_own = 0, has_forced = 0;

	while ((!has_own || !has_forced) && take_line(&s, &line)) {
		if (!has_own)
			has_own = status_count(line, "voluntary_ctxt_switches:", &own);
		if (!has_forced)
			has_forced = status_count(line, "nonvoluntary_ctxt_switches:", &forced);
	}
	if (has_own <= 0 || has_forced <= 0)
		return -EBADMSG;
	*ret = own + forced;
	return 0;
}

const char *procparse_environ(const char *block, size_t len, const char *name, size_t *ret_len)
{
	struct span s = span_of(block, len), entry;
	size_t name_len = strlen(name);

	if (name_len == 0)
		return NULL;
	while (s.at < s.end) {
		if (!span_take_until(&s, '\0', &entry)) {
			entry = s;
			s.at = s.end;
		}
		if (span_take_prefix(&entry, name) && span_take_prefix(&entry, "=")) {
			*ret_len = span_len(&entry);
			return entry.at;
		}
	}
	return NULL;
}

/* 4711 4712 4713            (a blank behind each, no newline) */
int procparse_children(const char *text, size_t len, size_t *at, pid_t *ret)
{
	struct span s = span_of(text + *at, len - *at);
	uint64_t pid;

	while (s.at < s.end && (*s.at == ' ' || *s.at == '\n'))
		s.at++;
	if (s.at == s.end) {
		*at = len;
		return 0;
	}
	if (span_take_number(&s, INT_MAX, &pid) < 0 || pid == 0 || s.at == s.end || (*s.at != ' ' && *s.at != '\n'))
		return -EBADMSG;
	*at = (size_t)(s.at + 1 - text);
	*ret = (pid_t)pid;
	return 1;
}
