/* say.c: see helper.h. No stdio: its locks may be held. */
#include "core/inside/helper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/utf8.h"

enum {
	SAY_PAUSE_NS = 1000000000,
	SAY_PATIENCE_MS = 1000, /* with a pipe that nobody reads */
};

struct line {
	bool is_stuck; /* what is still to come is dropped */
	size_t length;
	char bytes[512];
};

static void flush(struct line *line)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	size_t at = 0;

	while (at < line->length && !line->is_stuck) {
		ssize_t n = poll(&ready, 1, SAY_PATIENCE_MS) > 0 ? write(STDERR_FILENO, line->bytes + at,
									 line->length - at) : 0;

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			line->is_stuck = true;
	}
	line->length = 0;
}

static void add(struct line *line, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line->length == sizeof line->bytes)
			flush(line);
		line->bytes[line->length++] = bytes[i];
	}
}

static void add_text(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

static bool is_shown(uint32_t code)
{
	return code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7f) || code >= 0xa0;
}

/* Other bytes as \xNN. */
static void add_shown(struct line *line, const char *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t code;
	size_t n;

	for (size_t at = 0; at < length; at += n) {
		n = utf8_char(text + at, length - at, &code);
		if (n > 0 && is_shown(code)) {
			add(line, text + at, n);
			continue;
		}
		n = 1;
		add_text(line, "\\x");
		add(line, &digits[(unsigned char)text[at] >> 4], 1);
		add(line, &digits[(unsigned char)text[at] & 15], 1);
	}
}

static void add_number(struct line *line, uint32_t number)
{
	char digits[10];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	add(line, digits + at, sizeof digits - at);
}

/* strerror(3) may allocate and take the locale's lock: the few that are likely, and the number. */
static const char *reason(int error)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
		{ EPERM, "not permitted" }, { EACCES, "permission denied" }, { EAGAIN, "no process to be had" },
		{ ENOMEM, "no memory" }, { EMFILE, "no descriptor is free" }, { ENFILE, "no file is free" },
		{ ENOSPC, "no room" }, { ENOENT, "no such file" }, { ENOSYS, "not known to the kernel" },
		{ EFBIG, "beyond the limit of files" }, { ETIMEDOUT, "no answer in time" }, { EPIPE, "it has ended" },
	};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].error == error)
			return reasons[i].text;
	return NULL;
}

void say(const char *what, int error)
{
	static int64_t next_ns;
	struct line line = { .length = 0 };
	int64_t now = clock_ns();

	error = error < 0 ? -error : error;
	if (now < next_ns)
		return;
	next_ns = now + SAY_PAUSE_NS;
	add_text(&line, "gmr: ");
	add_text(&line, what);
	if (error != 0) {
		add_text(&line, ": ");
		add_text(&line, reason(error) ? reason(error) : "error ");
		if (!reason(error))
			add_number(&line, (uint32_t)error);
	}
	add_text(&line, "\n");
	flush(&line);
}

static void add_keys(struct line *line, const struct gmr_section *content)
{
	const char *at = content->bytes, *end = at + content->length;

	while (at < end) {
		size_t key = strnlen(at, (size_t)(end - at));
		const char *value = at + key < end ? at + key + 1 : end;
		size_t length = strnlen(value, (size_t)(end - value));

		add_shown(line, at, key);
		add_text(line, " = ");
		add_shown(line, value, length);
		add_text(line, "\n");
		at = value + length + 1;
	}
}

void say_section(void *context, const struct generated *generated)
{
	const struct gmr_section *content = generated->content;
	bool *is_stuck = context;
	struct line line = { .is_stuck = *is_stuck };

	add_text(&line, "== ");
	add_shown(&line, generated->section->title, strnlen(generated->section->title, REGISTRY_TEXT_MAX));
	add_text(&line, " ==\n");
	if (!content)
		add_text(&line, generated->late ? "did not answer\n" : "not asked\n");
	else if (content->kind == INSIDE_KEYS)
		add_keys(&line, content);
	else
		add_shown(&line, content->bytes, content->length);
	if (content && content->cut)
		add_text(&line, "...\n");
	if (line.length > 0 && line.bytes[line.length - 1] != '\n')
		add_text(&line, "\n");
	flush(&line);
	*is_stuck = line.is_stuck;
}
