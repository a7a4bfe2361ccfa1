#include "core/procparse_task.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/span.h"

static bool take_hex_and(struct span *s, const char *behind, uint64_t *ret)
{
	return span_take_hex(s, ret) == 0 && span_take_prefix(s, behind);
}

static bool take_perms(struct span *s, char ret[5])
{
	if (span_len(s) < 5 || memchr(s->at, '\0', 4) || s->at[4] != ' ')
		return false;
	memcpy(ret, s->at, 4);
	ret[4] = '\0';
	s->at += 5;
	return true;
}

/* 7f3a1c000000-7f3a1c021000 r-xp 0001c000 fe:01 131090                     /usr/lib/a file.so (deleted) */
static int parse_map(struct span line, struct procparse_map *ret)
{
	struct procparse_map map = { 0 };
	uint64_t major, minor;

	if (!take_hex_and(&line, "-", &map.start) || !take_hex_and(&line, " ", &map.end) ||
	    !take_perms(&line, map.perms) || !take_hex_and(&line, " ", &map.offset) ||
	    !take_hex_and(&line, ":", &major) || !take_hex_and(&line, " ", &minor) ||
	    span_take_number(&line, UINT64_MAX, &map.inode) < 0)
		return -EBADMSG;
	if (map.start >= map.end || major > UINT_MAX || minor > UINT_MAX)
		return -EBADMSG;
	if (line.at < line.end && *line.at != ' ')
		return -EBADMSG;
	while (line.at < line.end && *line.at == ' ')
		line.at++;
	map.dev = makedev((unsigned)major, (unsigned)minor);
	map.path = line;
	*ret = map;
	return 0;
}

int procparse_map(const char *text, size_t len, size_t *at, struct procparse_map *ret)
{
	struct span s, line;
	int r;

	if (*at >= len)
		return 0;
	s = span_of(text + *at, len - *at);
	if (!span_take_until(&s, '\n', &line)) /* cut */
		return -EBADMSG;
	r = parse_map(line, ret);
	if (r < 0)
		return r;
	*at = (size_t)(s.at - text);
	return 1;
}

static bool take_word(struct span *s, uint64_t *ret)
{
	return span_take_prefix(s, " 0x") && span_take_hex(s, ret) == 0;
}

/* The number, six arguments, stack pointer, program counter; -1 and the last two where it is blocked outside of a call:
 *
 *	202 0x7f1c2b3a4990 0x189 0x0 0x0 0x0 0x0 0x7f1c2b3a4810 0x7f1c2c1d9f16
 *	-1 0x7ffd2d1b3c10 0x7f5c1e2a3b4d
 *	running */
int procparse_syscall(const char *text, size_t len, struct procparse_syscall *ret)
{
	struct procparse_syscall call = { .number = PROCPARSE_CALL_UNKNOWN };
	struct span s = span_of(text, len), line;
	uint64_t number;

	if (!span_take_until(&s, '\n', &line))
		return -EBADMSG;
	if (span_is(&line, "running")) {
		*ret = call;
		return 0;
	}
	if (span_take_prefix(&line, "-1")) {
		call.number = PROCPARSE_CALL_NONE;
	} else {
		if (span_take_number(&line, LONG_MAX, &number) < 0)
			return -EBADMSG;
		call.number = (long)number;
		for (int i = 0; i < 6; i++)
			if (!take_word(&line, &call.args[i]))
				return -EBADMSG;
	}
	if (!take_word(&line, &call.sp) || !take_word(&line, &call.pc) || line.at != line.end)
		return -EBADMSG;
	*ret = call;
	return 0;
}

static struct span trimmed(struct span s)
{
	span_skip_blanks(&s);
	while (s.end > s.at && (s.end[-1] == ' ' || s.end[-1] == '\t'))
		s.end--;
	return s;
}

/* A name in limits has blanks, and a column of them behind it. */
static bool take_key(struct span *line, const char *key)
{
	return span_take_prefix(line, key) && (span_take_prefix(line, ":") || span_take_prefix(line, "  "));
}

int procparse_field(const char *text, size_t len, const char *key, struct span *ret)
{
	struct span s = span_of(text, len), line;

	while (span_take_until(&s, '\n', &line)) {
		if (take_key(&line, key)) {
			*ret = trimmed(line);
			return 0;
		}
	}
	return -ENOENT;
}

int procparse_field_hex(const char *text, size_t len, const char *key, uint64_t *ret)
{
	struct span value;
	uint64_t number;
	int r = procparse_field(text, len, key, &value);

	if (r < 0)
		return r;
	if (span_take_hex(&value, &number) < 0 || value.at != value.end)
		return -EBADMSG;
	*ret = number;
	return 0;
}

int procparse_field_number(const char *text, size_t len, const char *key, uint64_t *ret)
{
	struct span value;
	uint64_t number;
	int r = procparse_field(text, len, key, &value);

	if (r < 0)
		return r;
	if (span_take_number(&value, UINT64_MAX, &number) < 0 || value.at != value.end)
		return -EBADMSG;
	*ret = number;
	return 0;
}

int procparse_field_item(const char *text, size_t len, const char *key, size_t index, uint64_t *ret)
{
	struct span value;
	uint64_t number = 0;
	int r = procparse_field(text, len, key, &value);

	if (r < 0)
		return r;
	for (size_t i = 0; i <= index; i++) {
		if (value.at == value.end)
			return -ENOENT;
		if (span_take_number(&value, UINT64_MAX, &number) < 0)
			return -EBADMSG;
		if (value.at < value.end && *value.at != ' ' && *value.at != '\t')
			return -EBADMSG;
		span_skip_blanks(&value);
	}
	*ret = number;
	return 0;
}

/* Pairs of a type and a value, up to one of type AT_NULL. */
int procparse_auxv(const void *data, size_t len, uint64_t type, uint64_t *ret)
{
	unsigned long pair[2];

	for (size_t at = 0; len - at >= sizeof pair; at += sizeof pair) {
		memcpy(pair, (const char *)data + at, sizeof pair);
		if (pair[0] == type) {
			*ret = pair[1];
			return 0;
		}
		if (pair[0] == 0)
			break;
	}
	return -ENOENT;
}
