#include "applets/gmr/configuration_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct span trimmed(struct span s)
{
	span_skip_blanks(&s);
	while (s.end > s.at && (s.end[-1] == ' ' || s.end[-1] == '\t'))
		s.end--;
	return s;
}

static struct span take_word(struct span *s)
{
	struct span word;

	span_skip_blanks(s);
	if (span_take_until(s, ' ', &word))
		return word;
	word = *s;
	s->at = s->end;
	return word;
}

/* Limit                     Soft Limit           Hard Limit           Units
 * Max open files            1024                 524288               files
 * Max nice priority         0                    0
 *
 * The columns are 26 and 21 wide, the last blank included; a number may fill one. */
int limit_line_next(struct span *text, struct limit_line *ret)
{
	enum { NAME_WIDTH = 26 };
	struct span line;

	while (span_take_until(text, '\n', &line)) {
		struct span name = { .at = line.at, .end = line.at + NAME_WIDTH };

		if (span_len(&line) <= NAME_WIDTH || span_take_prefix(&line, "Limit "))
			continue;
		line.at += NAME_WIDTH;
		ret->name = trimmed(name);
		ret->soft = take_word(&line);
		ret->hard = take_word(&line);
		ret->unit = take_word(&line);
		if (span_len(&ret->name) > 0 && span_len(&ret->hard) > 0)
			return 1;
	}
	return 0;
}

/* 4:memory:/user.slice
 * 1:name=systemd:/init.scope
 * 0::/user.slice/session-1.scope          cgroups(7) */
int cgroup_line_next(struct span *text, struct cgroup_line *ret)
{
	struct span line, id, controllers;

	while (span_take_until(text, '\n', &line)) {
		if (!span_take_until(&line, ':', &id) || !span_take_until(&line, ':', &controllers))
			continue;
		ret->controllers = controllers;
		ret->path = line;
		return 1;
	}
	return 0;
}

/* 7 (a) ( b) S 1 7 7 34816 -1 ...
 *
 * The name is free text up to the last ')'; the state, field 3, is behind it. */
int stat_field(const char *text, size_t len, int number, int64_t *ret)
{
	const char *close = len > 0 ? memrchr(text, ')', len) : NULL;
	struct span s, word;
	uint64_t value;
	bool negative;

	if (!close)
		return -EBADMSG;
	s = span_of(close + 1, (size_t)(text + len - close - 1));
	if (s.at < s.end && s.end[-1] == '\n')
		s.end--;
	word = take_word(&s);
	for (int field = 3; field < number; field++)
		word = take_word(&s);
	if (span_len(&word) == 0)
		return -ENOENT;
	negative = span_take_prefix(&word, "-");
	if (span_take_number(&word, INT64_MAX, &value) < 0 || span_len(&word) > 0)
		return -EBADMSG;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

/* Numbers of devices: Documentation/admin-guide/devices.txt of the kernel; how tty_nr holds them: proc_pid_stat(5). */
void terminal_name(uint32_t tty_nr, char ret[TERMINAL_MAX])
{
	unsigned major = tty_nr >> 8 & 0xfff, minor = (tty_nr & 0xff) | (tty_nr >> 12 & 0xfff00);

	if (tty_nr == 0)
		snprintf(ret, TERMINAL_MAX, "none");
	else if (major >= 136 && major <= 143)
		snprintf(ret, TERMINAL_MAX, "/dev/pts/%u", (major - 136) << 20 | minor);
	else if (major == 4 && minor < 64)
		snprintf(ret, TERMINAL_MAX, "/dev/tty%u", minor);
	else if (major == 4 && minor < 256)
		snprintf(ret, TERMINAL_MAX, "/dev/ttyS%u", minor - 64);
	else if (major == 5 && minor == 1)
		snprintf(ret, TERMINAL_MAX, "/dev/console");
	else
		snprintf(ret, TERMINAL_MAX, "%u:%u", major, minor);
}

static struct span first_line(const char *text, size_t len)
{
	struct span s = span_of(text, len), line;

	return span_take_until(&s, '\n', &line) ? line : s;
}

int cgroup_number(const char *text, size_t len, uint64_t *ret)
{
	/* v1 has the largest number of whole pages for none: PAGE_COUNTER_MAX. */
	const uint64_t v1_none = (uint64_t)1 << 62;
	struct span line = first_line(text, len);
	uint64_t number;

	if (span_is(&line, "max") || span_is(&line, "-1")) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (span_take_number(&line, UINT64_MAX, &number) < 0 || span_len(&line) > 0)
		return -EBADMSG;
	*ret = number >= v1_none ? UINT64_MAX : number;
	return 0;
}

int cpu_max(const char *text, size_t len, double *ret)
{
	struct span line = first_line(text, len);
	uint64_t quota = 0, period;

	if (!span_take_prefix(&line, "max ") &&
	    (span_take_number(&line, INT64_MAX, &quota) < 0 || !span_take_prefix(&line, " ")))
		return -EBADMSG;
	if (span_take_number(&line, INT64_MAX, &period) < 0 || span_len(&line) > 0 || period == 0)
		return -EBADMSG;
	*ret = (double)quota / (double)period;
	return 0;
}

void bytes_word(uint64_t bytes, char ret[WORD_SIZE])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(ret, WORD_SIZE, "%" PRIu64 " B", bytes);
		return;
	}
	for (; value >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		value /= 1024;
	snprintf(ret, WORD_SIZE, "%.1f %s", value, units[unit]);
}

void age_word(int64_t ms, char ret[WORD_SIZE])
{
	int64_t seconds = ms > 0 ? ms / 1000 : 0;
	int days_len = 0;

	if (seconds >= 86400)
		days_len = snprintf(ret, WORD_SIZE, "%" PRId64 "d ", seconds / 86400);
	snprintf(ret + days_len, WORD_SIZE - (size_t)days_len, "%dh %dm %ds", (int)(seconds / 3600 % 24),
		 (int)(seconds / 60 % 60), (int)(seconds % 60));
}

void time_word(time_t time, char ret[WORD_SIZE])
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || strftime(ret, WORD_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(ret, WORD_SIZE, "?");
}
