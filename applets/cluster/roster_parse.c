/* roster_parse.c: read the text of a pid file, which may be anything; roster.h shows one. */
#include "applets/cluster/roster.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/roster_private.h"
#include "core/cleanup.h"
#include "core/span.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+@";
static const char hexadecimal[] = "0123456789abcdef", uuid_characters[] = "0123456789abcdef-";

struct parse {
	struct roster roster;
	struct span children; /* what stands behind the daemon in the first line: ":4720:4725" */
	unsigned seen;        /* a bit for each of keys[] */
};

static void parse_done(struct parse *p)
{
	roster_done(&p->roster);
}

static bool is_all_of(const struct span *s, const char *characters)
{
	for (const char *at = s->at; at < s->end; at++)
		if (!*at || !strchr(characters, *at))
			return false;
	return true;
}

static int take_word(const struct span *word, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(word, words[i]))
			return (int)i;
	return -EBADMSG;
}

static int take_pid(struct span *s, pid_t *ret)
{
	uint64_t pid;

	if (span_take_number(s, INT32_MAX, &pid) < 0 || pid == 0)
		return -EBADMSG;
	*ret = (pid_t)pid;
	return 0;
}

/* " 8123475": the next field. */
static int take_field(struct span *s, uint64_t max, uint64_t *ret)
{
	return span_take_prefix(s, " ") ? span_take_number(s, max, ret) : -EBADMSG;
}

static int take_time(struct span *s, int64_t *ret)
{
	uint64_t seconds;

	if (take_field(s, INT64_MAX, &seconds) < 0)
		return -EBADMSG;
	*ret = (int64_t)seconds;
	return 0;
}

static int take_process(struct span *s, struct tree_node *ret)
{
	return take_pid(s, &ret->pid) < 0 ? -EBADMSG : take_field(s, UINT64_MAX, &ret->start_ticks);
}

static int take_state(struct parse *p, struct span value)
{
	int state = take_word(&value, roster_states, ROSTER_STATES);

	if (state < 0)
		return state;
	p->roster.state = (enum roster_state)state;
	return 0;
}

static int take_id(struct parse *p, struct span value)
{
	if (span_len(&value) != ROSTER_ID_SIZE - 1 || !is_all_of(&value, hexadecimal))
		return -EBADMSG;
	return span_copy(&value, p->roster.id, sizeof(p->roster.id));
}

static int take_boot(struct parse *p, struct span value)
{
	if (span_len(&value) != PROCFS_BOOT_ID_SIZE - 1 || !is_all_of(&value, uuid_characters))
		return -EBADMSG;
	return span_copy(&value, p->roster.boot, sizeof(p->roster.boot));
}

static int take_namespace(struct parse *p, struct span value)
{
	uint64_t inode;

	if (span_take_number(&value, (ino_t)-1, &inode) < 0 || span_len(&value) > 0)
		return -EBADMSG;
	p->roster.namespace = (ino_t)inode;
	return 0;
}

static int take_start(struct parse *p, struct span value)
{
	uint64_t ticks;

	if (span_take_number(&value, UINT64_MAX, &ticks) < 0 || span_len(&value) > 0)
		return -EBADMSG;
	p->roster.daemon.start_ticks = ticks;
	return 0;
}

static int take_logger(struct parse *p, struct span value)
{
	return take_process(&value, &p->roster.logger) < 0 || span_len(&value) > 0 ? -EBADMSG : 0;
}

/* " 9 1763742077", " - 1763742077" */
static int take_end(struct span *s, struct member *ret)
{
	uint64_t status;

	ret->ended = true;
	ret->status = MEMBER_STATUS_UNKNOWN;
	if (!span_take_prefix(s, " -")) {
		if (take_field(s, UINT16_MAX, &status) < 0)
			return -EBADMSG;
		ret->status = (int)status;
	}
	return take_time(s, &ret->ended_s);
}

/* "redis-server daemon 4725 8123475 1763742001 1" */
static int parse_member(struct span value, bool ended, struct member *ret)
{
	struct span name, word;
	uint64_t line;
	int kind;

	if (!span_take_until(&value, ' ', &name) || span_len(&name) == 0 || !is_all_of(&name, name_characters) ||
	    span_copy(&name, ret->name, sizeof(ret->name)) < 0 || !span_take_until(&value, ' ', &word))
		return -EBADMSG;
	kind = take_word(&word, roster_kinds, ROSTER_KINDS);
	if (kind < 0 || take_process(&value, &ret->process) < 0 || take_time(&value, &ret->since_s) < 0 ||
	    take_field(&value, SIZE_MAX, &line) < 0 || (ended && take_end(&value, ret) < 0) || span_len(&value) > 0)
		return -EBADMSG;
	ret->kind = (enum member_kind)kind;
	ret->line = (size_t)line;
	return 0;
}

static int take_any_member(struct parse *p, struct span value, bool ended)
{
	struct member member = { 0 };

	if (p->roster.count >= ROSTER_MEMBERS_MAX || parse_member(value, ended, &member) < 0)
		return -EBADMSG;
	return roster_add(&p->roster, &member) ? 0 : -ENOMEM;
}

static int take_member(struct parse *p, struct span value)
{
	return take_any_member(p, value, false);
}

static int take_ended(struct parse *p, struct span value)
{
	return take_any_member(p, value, true);
}

static const struct {
	const char *key;
	int (*take)(struct parse *p, struct span value);
	bool needed, repeated;
} keys[] = {
	{ "state", take_state, true, false },
	{ "id", take_id, true, false },
	{ "boot", take_boot, true, false },
	{ "namespace", take_namespace, true, false },
	{ "start", take_start, true, false },
	{ "logger", take_logger, false, false },
	{ "member", take_member, false, true },
	{ "ended", take_ended, false, true },
};

static int parse_line(struct parse *p, struct span line)
{
	struct span key;

	if (!span_take_until(&line, '=', &key))
		return -EBADMSG;
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (!span_is(&key, keys[i].key))
			continue;
		if (!keys[i].repeated && (p->seen & 1u << i))
			return -EBADMSG;
		p->seen |= 1u << i;
		return keys[i].take(p, line);
	}
	return 0;
}

/* "4711:4720:4725" */
static int parse_first_line(struct parse *p, struct span line)
{
	pid_t child;

	if (take_pid(&line, &p->roster.daemon.pid) < 0)
		return -EBADMSG;
	p->children = line;
	while (span_len(&line) > 0)
		if (!span_take_prefix(&line, ":") || take_pid(&line, &child) < 0)
			return -EBADMSG;
	return 0;
}

/* A file that was cut off behind a whole line lacks members that the first one names. */
static bool children_agree(const struct parse *p)
{
	struct span children = p->children;
	pid_t child;

	for (size_t i = 0; i < p->roster.count; i++)
		if (roster_is_in_first_line(&p->roster.members[i]) &&
		    (!span_take_prefix(&children, ":") || take_pid(&children, &child) < 0 ||
		     child != p->roster.members[i].process.pid))
			return false;
	return span_len(&children) == 0;
}

static int compare_processes(const void *a, const void *b)
{
	const struct tree_node *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->start_ticks < y->start_ticks ? -1 : x->start_ticks > y->start_ticks;
}

/* Is each process there once? */
static int check_unique(const struct roster *roster)
{
	CLEANUP(free_done) struct tree_node *all = calloc(roster->count + 2, sizeof(*all));
	size_t count = 0;

	if (!all)
		return -ENOMEM;
	all[count++] = roster->daemon;
	if (roster->logger.pid > 0)
		all[count++] = roster->logger;
	for (size_t i = 0; i < roster->count; i++)
		if (!roster->members[i].ended)
			all[count++] = roster->members[i].process;
	qsort(all, count, sizeof(*all), compare_processes);
	for (size_t i = 1; i < count; i++)
		if (compare_processes(&all[i - 1], &all[i]) == 0)
			return -EBADMSG;
	return 0;
}

static int check_whole(const struct parse *p)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].needed && !(p->seen & 1u << i))
			return -EBADMSG;
	return children_agree(p) ? check_unique(&p->roster) : -EBADMSG;
}

int roster_parse(const char *text, size_t len, struct roster *ret)
{
	CLEANUP(parse_done) struct parse p = { .roster.state = ROSTER_RUNNING };
	struct span rest = span_of(text, len), line;
	int r;

	if (len > ROSTER_BYTES_MAX)
		return -EBADMSG;
	/* Of the one line that the original writes the newline may be missing. */
	p.roster.bare = !span_take_until(&rest, '\n', &line);
	if (p.roster.bare)
		line = rest, rest.at = rest.end;
	p.roster.bare = span_len(&rest) == 0;
	r = parse_first_line(&p, line);
	while (r == 0 && span_len(&rest) > 0)
		r = span_take_until(&rest, '\n', &line) ? parse_line(&p, line) : -EBADMSG;
	if (r == 0 && !p.roster.bare)
		r = check_whole(&p);
	if (r < 0)
		return r;
	*ret = p.roster;
	p.roster = (struct roster){ 0 };
	return 0;
}
