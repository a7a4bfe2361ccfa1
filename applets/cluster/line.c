#include "applets/cluster/line.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/path.h"
#include "core/cleanup.h"
#include "core/ini.h"
#include "core/near.h"
#include "core/span.h"

enum { PORT_MAX = 65535 };

struct parse { struct span rest; const char *directory; char *why; };

static int __attribute__((format(printf, 2, 3))) refuse(const struct parse *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->why, LINE_WHY_SIZE, format, args);
	va_end(args);
	return -EBADMSG;
}

static char *copy(const struct span *s)
{
	return strndup(s->at, span_len(s));
}

/* ---- background[ready=...]: ---- */

/* "HOST:PORT", "[::1]:PORT", as getaddrinfo(3) wants the host. */
static int take_tcp(const struct parse *p, struct span value, struct line_ready *ret)
{
	struct span shown = value, host;
	uint64_t port;
	bool bracket = span_take_prefix(&value, "[");
	bool found = bracket ? span_take_until(&value, ']', &host) && span_take_prefix(&value, ":")
			     : span_take_until(&value, ':', &host);

	if (!found || span_len(&host) == 0 || span_take_number(&value, PORT_MAX, &port) < 0 || span_len(&value) > 0 ||
	    port == 0)
		return refuse(p, "ready=tcp:%.*s: not HOST:PORT, with a port from 1 to %d", (int)span_len(&shown),
			      shown.at, PORT_MAX);
	ret->kind = LINE_READY_TCP;
	ret->port = (uint16_t)port;
	ret->host = copy(&host);
	return ret->host ? 0 : -ENOMEM;
}

static int take_file(const struct parse *p, struct span value, struct line_ready *ret)
{
	CLEANUP(free_done) char *name = copy(&value);

	if (span_len(&value) == 0)
		return refuse(p, "ready=file: without a PATH");
	ret->kind = LINE_READY_FILE;
	ret->path = name ? path_join(p->directory, name) : NULL;
	return ret->path ? 0 : -ENOMEM;
}

static int take_ready(const struct parse *p, struct span value, struct line_ready *ret)
{
	if (span_take_prefix(&value, "tcp:"))
		return take_tcp(p, value, ret);
	if (span_take_prefix(&value, "file:"))
		return take_file(p, value, ret);
	if (!span_is(&value, "notify"))
		return refuse(p, "ready=%.*s: not tcp:HOST:PORT, file:PATH or notify", (int)span_len(&value),
			      value.at);
	ret->kind = LINE_READY_NOTIFY;
	return 0;
}

/* "ready=tcp:[::1]:80]:CMD": up to the bracket that closes, which is not that of an address. */
static bool take_brackets(struct span *rest, struct span *ret)
{
	const char *begin = rest->at;
	struct span inner;

	if (span_take_prefix(rest, "ready=tcp:[") && !span_take_until(rest, ']', &inner))
		return false;
	if (!span_take_until(rest, ']', &inner))
		return false;
	*ret = (struct span){ .at = begin, .end = inner.end };
	return span_take_prefix(rest, ":");
}

/* Behind "background[". */
static int take_background(struct parse *p, struct line *line)
{
	struct span options;

	line->kind = LINE_BACKGROUND;
	if (!take_brackets(&p->rest, &options))
		return refuse(p, "background[ without ']:'");
	if (!span_take_prefix(&options, "ready="))
		return refuse(p, "background[%.*s]: only ready=tcp:HOST:PORT, ready=file:PATH, ready=notify",
			      (int)span_len(&options), options.at);
	return take_ready(p, options, &line->ready);
}

/* ---- pid: ---- */

static int take_pid(const struct parse *p, struct line *line)
{
	struct span digits = p->rest;
	CLEANUP(free_done) char *name = copy(&p->rest);
	uint64_t pid;

	if (!name)
		return -ENOMEM;
	if (span_len(&digits) == strspn(name, "0123456789") && span_len(&digits) > 0) {
		if (span_take_number(&digits, INT_MAX, &pid) < 0 || pid == 0)
			return refuse(p, "pid:%s: no process has that number", name);
		line->pid = (pid_t)pid;
		return 0;
	}
	line->path = path_join(p->directory, name);
	return line->path ? 0 : -ENOMEM;
}

/* ---- the line ---- */

/* "backgroud:CMD": a word and a colon, that mean a prefix. */
static int check_prefix(const struct parse *p)
{
	size_t n = 0;
	struct near near;

	while (p->rest.at + n < p->rest.end &&
	       ((p->rest.at[n] >= 'a' && p->rest.at[n] <= 'z') || (p->rest.at[n] >= 'A' && p->rest.at[n] <= 'Z')))
		n++;
	if (p->rest.at + n == p->rest.end || (p->rest.at[n] != ':' && p->rest.at[n] != '['))
		return 0;
	near = NEAR(p->rest.at, n);
	near_offer(&near, "background");
	near_offer(&near, "pid");
	if (!near.best)
		return 0;
	return refuse(p, "'%.*s' is no prefix (did you mean '%s:'?)", (int)n, p->rest.at, near.best);
}

/* "background:", "background[...]:", "pid:", or none. */
static int take_prefix(struct parse *p, struct line *line)
{
	if (span_take_prefix(&p->rest, "pid:")) {
		line->kind = LINE_PID;
		return 0;
	}
	if (!span_take_prefix(&p->rest, "background"))
		return check_prefix(p);
	if (span_take_prefix(&p->rest, ":")) {
		line->kind = LINE_BACKGROUND;
		return 0;
	}
	if (span_take_prefix(&p->rest, "["))
		return take_background(p, line);
	p->rest.at -= strlen("background"); /* a command of such a name */
	return check_prefix(p);
}

/* "-CMD", "background:-CMD" */
static void take_dash(struct parse *p, struct line *line)
{
	span_skip_blanks(&p->rest);
	line->may_fail |= span_take_prefix(&p->rest, "-");
	span_skip_blanks(&p->rest);
}

static int parse(struct parse *p, struct line *line)
{
	int r;

	take_dash(p, line);
	r = take_prefix(p, line);
	if (r < 0)
		return r;
	if (line->kind == LINE_BACKGROUND)
		take_dash(p, line);
	span_skip_blanks(&p->rest);
	if (span_len(&p->rest) == 0)
		return refuse(p, "%s", line->kind == LINE_PID ? "pid: without a number or a file" : "no command");
	line->text = copy(&p->rest);
	if (!line->text)
		return -ENOMEM;
	return line->kind == LINE_PID ? take_pid(p, line) : 0;
}

bool line_is_blank(const char *text)
{
	struct span s = ini_strip(text);

	return span_len(&s) == 0 || *s.at == '#' || *s.at == ';';
}

int line_parse(const char *text, const char *directory, struct line *ret, char ret_why[LINE_WHY_SIZE])
{
	CLEANUP(line_done) struct line line = { 0 };
	struct parse p = { .rest = ini_strip(text), .directory = directory, .why = ret_why };
	int r = parse(&p, &line);

	if (r < 0)
		return r;
	*ret = line;
	line = (struct line){ 0 };
	return 0;
}

void line_done(struct line *line)
{
	if (!line)
		return;
	free(line->text);
	free(line->ready.host);
	free(line->ready.path);
	free(line->path);
	free(line->place);
	*line = (struct line){ 0 };
}
