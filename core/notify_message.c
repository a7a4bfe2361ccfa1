/* notify_message.c: see notify_message.h. */
#include "core/notify_message.h"

#include <limits.h>
#include <string.h>

#include "core/span.h"

enum { ERRNO_MAX = 4095 }; /* the kernel's MAX_ERRNO */

/* Only this value has a meaning; another one is passed over. */
static const struct { const char *line; size_t at; } flags[] = {
	{ "READY=1", offsetof(struct notify_message, ready) },
	{ "RELOADING=1", offsetof(struct notify_message, reloading) },
	{ "STOPPING=1", offsetof(struct notify_message, stopping) },
	{ "WATCHDOG=1", offsetof(struct notify_message, beat) },
	{ "WATCHDOG=trigger", offsetof(struct notify_message, trigger) },
	{ "BARRIER=1", offsetof(struct notify_message, barrier) },
};

static bool take_flag(const struct span *line, struct notify_message *ret)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (span_is(line, flags[i].line)) {
			*(bool *)((char *)ret + flags[i].at) = true;
			return true;
		}
	return false;
}

static bool read_number(struct span value, uint64_t max, uint64_t *ret)
{
	return span_take_number(&value, max, ret) == 0 && value.at == value.end;
}

static bool take_main_pid(struct span value, struct notify_message *ret)
{
	uint64_t pid;

	if (!read_number(value, INT_MAX, &pid) || pid == 0)
		return false;
	ret->main_pid = (pid_t)pid;
	return true;
}

static bool take_error(struct span value, struct notify_message *ret)
{
	uint64_t error;

	if (!read_number(value, ERRNO_MAX, &error) || error == 0)
		return false;
	ret->error = (int)error;
	return true;
}

static int64_t ms_of(uint64_t usec)
{
	return (int64_t)(usec / 1000 + (usec % 1000 != 0));
}

/* systemd's infinity is the largest number; it and 0 turn the watchdog off. */
static bool take_watchdog(struct span value, struct notify_message *ret)
{
	uint64_t usec = UINT64_MAX;

	if (!span_is(&value, "infinity") && !read_number(value, UINT64_MAX, &usec))
		return false;
	ret->watchdog_ms = usec == 0 || usec == UINT64_MAX ? INT64_MAX : ms_of(usec);
	return true;
}

/* As in systemd, a deadline is not moved to never. */
static bool take_extend(struct span value, struct notify_message *ret)
{
	uint64_t usec;

	if (!read_number(value, UINT64_MAX - 1, &usec) || usec == 0)
		return false;
	ret->extend_ms = ms_of(usec);
	return true;
}

/* Too long: cut before the UTF-8 character that does not fit. */
static bool take_status(struct span value, struct notify_message *ret)
{
	size_t len = span_len(&value);

	if (len > NOTIFY_STATUS_MAX) {
		len = NOTIFY_STATUS_MAX;
		while (len > NOTIFY_STATUS_MAX - 3 && ((unsigned char)value.at[len] & 0xc0) == 0x80)
			len--;
	}
	ret->has_status = true;
	ret->status = value.at;
	ret->status_len = len;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct span value, struct notify_message *ret);
} variables[] = {
	{ "STATUS=", take_status },
	{ "MAINPID=", take_main_pid },
	{ "WATCHDOG_USEC=", take_watchdog },
	{ "EXTEND_TIMEOUT_USEC=", take_extend },
	{ "ERRNO=", take_error },
};

static bool take_variable(struct span line, struct notify_message *ret)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (span_take_prefix(&line, variables[i].name))
			return variables[i].take(line, ret);
	return false;
}

/* The next line; it ends with \n, \r or the text. */
static bool take_line(struct span *s, struct span *ret)
{
	if (s->at == s->end)
		return false;
	ret->at = s->at;
	while (s->at < s->end && *s->at != '\n' && *s->at != '\r')
		s->at++;
	ret->end = s->at;
	if (s->at < s->end)
		s->at++;
	return true;
}

int notify_message_parse(const char *text, size_t len, struct notify_message *ret)
{
	struct span s, line;
	int count = 0;

	*ret = (struct notify_message){ 0 };
	if (len > 0 && text[len - 1] == '\0') /* of a client that sends its string whole */
		len--;
	s = span_of(text, len);
	if (len > 0 && memchr(text, '\0', len))
		return 0;
	while (take_line(&s, &line))
		if (take_flag(&line, ret) || take_variable(line, ret))
			count++;
	return count;
}
