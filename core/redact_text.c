/* redact_text.c: find names with values in a text of which nothing is known, in linear time. */
#include "core/redact.h"

#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/redact_private.h"

/* What is the same for all that begins before STOP: looked for once. */
struct reach {
	size_t stop, last; /* where a URL's user and password must have ended; the last '@' before that, or 0 */
};

struct scan {
	struct redact_text text;
	size_t at, copied;         /* all before COPIED stands in OUT */
	struct redact_quotes quotes;
	struct reach url, bare;
	bool is_literal;           /* of source: placeholders stand for values */
	struct buf *out;
	int error;
};

static char byte_at(const struct scan *s, size_t at)
{
	return at < s->text.len ? s->text.data[at] : '\0';
}

/* The byte before AT. */
static char left_of(const struct scan *s, size_t at)
{
	return at == 0 ? ' ' : at == s->copied ? REDACT_MASK[0] : s->text.data[at - 1];
}

static const struct redact_quote *open_quote(const struct scan *s)
{
	return &s->quotes.open[s->quotes.depth];
}

static void mask(struct scan *s, size_t from, size_t to)
{
	if (from >= to || s->error < 0 || (s->is_literal && redact_is_placeholder(s->text.data + from, to - from)))
		return;
	s->error = buf_add(s->out, s->text.data + s->copied, from - s->copied);
	if (s->error == 0)
		s->error = buf_adds(s->out, REDACT_MASK);
	s->copied = to;
}

/* Mask the value at AT; go on behind it. */
static void mask_value(struct scan *s, size_t at, enum redact_kind kind)
{
	const char *data = s->text.data;
	size_t from, to, end = redact_extent(&s->text, at, kind, open_quote(s), &from, &to);

	if (kind == REDACT_TIGHT && from == at && redact_is_scheme(data + from, to - from)) {
		size_t next = redact_skip_blanks(&s->text, end), next_from, next_to;

		to = redact_extent(&s->text, next, kind, open_quote(s), &next_from, &next_to);
		end = to;
	}
	if (!redact_is_harmless(data + from, to - from, from > at))
		mask(s, from, to);
	s->at = end > s->at ? end : s->at;
}

/* ---- user:password@host ---- */

static void look_ahead(const struct scan *s, size_t at, bool url, struct reach *reach)
{
	struct redact_quote quote;

	if (at < reach->stop)
		return;
	reach->last = 0;
	for (; at < s->text.len; at++) {
		char c = byte_at(s, at);

		if (redact_is_blank(c) || redact_is_newline(c) || strchr("\"'`<>", c))
			break;
		if (url ? c == ':' && byte_at(s, at + 1) == '/' && byte_at(s, at + 2) == '/' : c == '/')
			break;
		if (c == '\\' && redact_quote_at(&s->text, at, &quote) > 0)
			break;
		if (c == '@')
			reach->last = at;
	}
	reach->stop = at + 1;
}

/* "https://TOKEN@host": what is that long is no user's name. */
static bool take_user(struct scan *s, size_t begin, size_t end)
{
	enum { TOKEN_MIN = 20 };

	if (byte_at(s, end) != '@' || end - begin < TOKEN_MIN)
		return false;
	mask(s, begin, end);
	s->at = end;
	return true;
}

/* Behind "://". The password may hold what it should not: '/', '@'. "host:80/@scope" has none. */
static bool take_url(struct scan *s, size_t at)
{
	size_t begin = at, port;
	char c;

	while (at < s->text.len && (c = byte_at(s, at)) != ':') {
		if (redact_is_blank(c) || redact_is_newline(c) || strchr("/?#@[\"'`<>\\", c))
			return take_user(s, begin, at);
		at++;
	}
	if (at++ >= s->text.len)
		return false;
	for (port = at; redact_is_digit(byte_at(s, port));)
		port++;
	look_ahead(s, begin, true, &s->url);
	if (s->url.last <= at || (port > at && byte_at(s, port) != '@' && strchr("/?#", byte_at(s, port))))
		return false;
	mask(s, at, s->url.last);
	s->at = s->url.last;
	return true;
}

/* "//user:", "\\/\\/user:"; with "://" before it, take_url() has decided. */
static bool is_after_slashes(const struct scan *s, size_t at)
{
	const char *data = s->text.data;

	return at >= 2 && (data[at - 2] == '\\' || (data[at - 2] == '/' && (at == 2 || data[at - 3] != ':')));
}

/* "user:password@host" without a scheme; the name before AT begins a word. */
static bool take_bare(struct scan *s, size_t name, size_t at)
{
	char left = left_of(s, name), host;

	if (byte_at(s, at) != ':' || byte_at(s, at + 1) == ':')
		return false;
	if (!redact_is_blank(left) && !redact_is_newline(left) && !strchr("\"'`=(,/", left))
		return false;
	if (left == '/' && !is_after_slashes(s, name))
		return false;
	at++;
	look_ahead(s, at, false, &s->bare);
	host = s->bare.last > at ? byte_at(s, s->bare.last + 1) : '\0';
	if (!redact_is_letter(host) && !redact_is_digit(host) && host != '[')
		return false;
	if (!redact_is_number(s->text.data + at, s->bare.last - at))
		mask(s, at, s->bare.last);
	s->at = s->bare.last;
	return true;
}

/* ---- names and values ---- */

/* What stands between a name and its value: its length, 0 for nothing. RET_LITERAL: only what is quoted is a value.
 * COMMA: even that may separate the two. */
static size_t separator(const struct scan *s, size_t at, bool comma, bool *ret_literal)
{
	char c = byte_at(s, at), next = byte_at(s, at + 1), third = byte_at(s, at + 2);

	*ret_literal = true;
	if ((c == '=' || c == '!') && next == '=')
		return third == '=' ? 3 : 2; /* == "x", != "x", === "x" */
	if (c == '(' || (c == ',' && comma)) /* auth("x"), put("password", "x") */
		return 1;
	*ret_literal = false;
	if (c == '=')
		return next == '>' ? 2 : 1;
	if (next == '=' && strchr(":+?|", c) && c)
		return 2;
	if (c == ':')
		return next == ':' ? 0 : 1;
	if (c == '%' && next == '3') /* in a query parameter that is a URL itself: %3D, %3A */
		return third && strchr("DdAa", third) ? 3 : 0;
	return 0;
}

/* Behind the quote, bracket and blanks that may stand behind a name: "password": , ["password"] = , u[key]=. */
static size_t name_closed(const struct scan *s, size_t at, bool *ret_quoted)
{
	struct redact_quote quote;
	size_t n = redact_quote_at(&s->text, at, &quote);

	*ret_quoted = n > 0;
	at += n;
	if (byte_at(s, at) == ']' && (n > 0 || byte_at(s, at + 1) == '='))
		at++;
	return redact_skip_blanks(&s->text, at);
}

/* <password>x</password> */
static bool take_element(struct scan *s, size_t name, size_t at)
{
	const char *end;

	if (left_of(s, name) != '<' || byte_at(s, at) != '>')
		return false;
	end = memchr(s->text.data + at, '<', s->text.len - at);
	if (!end || byte_at(s, (size_t)(end + 1 - s->text.data)) != '/')
		return false;
	s->at = (size_t)(end - s->text.data);
	if (!redact_is_harmless(s->text.data + at + 1, s->at - at - 1, false))
		mask(s, at + 1, s->at);
	return true;
}

/* Is what begins at AT an option of its own rather than the value of the one before? */
static bool is_option(const struct scan *s, size_t at)
{
	size_t end = redact_name_end(&s->text, at);
	char next = byte_at(s, end);

	return redact_is_option(s->text.data + at, end - at) &&
	       (redact_is_blank(next) || redact_is_newline(next) || strchr("=\"'`", next));
}

/* "Bearer eyJhbGciOi..." without a name */
static bool take_bearer(struct scan *s, size_t name, size_t at)
{
	enum { BEARER_MIN = 16 };
	size_t value = redact_skip_blanks(&s->text, at), end = value;

	if (at - name != 6 || strncasecmp(s->text.data + name, "bearer", 6) != 0 || value == at)
		return false;
	while (redact_is_name(byte_at(s, end)) || (byte_at(s, end) && strchr("~+/=", byte_at(s, end))))
		end++;
	if (end - value < BEARER_MIN)
		return false;
	mask(s, value, end);
	s->at = end;
	return true;
}

/* "--password x" */
static bool take_next(struct scan *s, size_t name, size_t at)
{
	char left = left_of(s, name);
	size_t value = redact_skip_blanks(&s->text, at);

	if (value == at || value == s->text.len || redact_is_newline(s->text.data[value]))
		return false;
	if (s->text.data[name] != '-' || is_option(s, value) ||
	    !(redact_is_blank(left) || redact_is_newline(left) || strchr("\"'`", left)))
		return false;
	mask_value(s, value, REDACT_TIGHT);
	return true;
}

/* What follows the secret name from NAME to END. */
static bool take_named(struct scan *s, size_t name, size_t end)
{
	const char *data = s->text.data;
	struct redact_quote quote;
	bool quoted, literal, blank;
	size_t at, n, value;

	at = name_closed(s, end, &quoted);
	n = separator(s, at, quoted || redact_is_certain(data + name, end - name), &literal);
	if (n == 0)
		return take_element(s, name, end) || take_next(s, name, end);
	blank = at > 0 && redact_is_blank(data[at - 1]);
	value = redact_skip_blanks(&s->text, at + n);
	blank |= value > at + n;
	if (value == s->text.len || redact_is_newline(data[value]))
		return false;
	if (literal && byte_at(s, value) == '<' && byte_at(s, value + 1) == '<') /* {password, <<"x">>} */
		value += 2;
	if (quoted) {
		s->at += redact_quote_at(&s->text, end, &quote);
		redact_quote_meet(&s->quotes, &quote, data[end - 1]);
	}
	if (literal && (redact_quote_at(&s->text, value, &quote) == 0 || redact_closes(open_quote(s), &quote)))
		return false;
	mask_value(s, value, data[at] == ':' && redact_is_header(data + name, end - name) ? REDACT_HEADER :
		   blank && !literal ? REDACT_LOOSE : REDACT_TIGHT);
	return true;
}

/* Is it a secret's? With -DK=V, -PK=V the first letter is none of the name's. */
static bool is_secret(const struct scan *s, size_t name, size_t end)
{
	const char *data = s->text.data + name;
	size_t len = end - name;

	if (redact_is_secret(data, len))
		return true;
	return len > 2 && data[0] == '-' && redact_is_letter(data[1]) && byte_at(s, end) == '=' &&
	       redact_is_secret(data + 2, len - 2);
}

static void take_name(struct scan *s)
{
	size_t name = s->at, end = redact_name_end(&s->text, name), from, to;
	bool taken = false;

	s->at = end;
	if (byte_at(s, end) == ' ' && end - name >= 10) {
		to = redact_pem(&s->text, end - 10, &from);
		if (to > 0) {
			mask(s, from, to);
			s->at = to;
			return;
		}
	}
	if (byte_at(s, end) == ':' && byte_at(s, end + 1) == '/' && byte_at(s, end + 2) == '/') {
		s->at = end + 3;
		take_url(s, end + 3);
		return;
	}
	if (is_secret(s, name, end))
		taken = take_named(s, name, end);
	else
		taken = take_bearer(s, name, end);
	if (!taken)
		take_bare(s, name, end);
}

static void take_other(struct scan *s)
{
	struct redact_quote quote;
	size_t n = redact_quote_at(&s->text, s->at, &quote);

	if (n > 0)
		redact_quote_meet(&s->quotes, &quote, left_of(s, s->at));
	else if (redact_is_newline(byte_at(s, s->at)))
		s->quotes = (struct redact_quotes){ 0 };
	while (n == 0 && byte_at(s, s->at + 1) == '\\' && byte_at(s, s->at) == '\\')
		s->at++;
	s->at += n > 0 ? n : 1;
}

/* Append what one pass makes of the text; *RET_MASKED: it is another one. */
static int pass(const char *text, size_t len, bool is_literal, struct buf *ret, bool *ret_masked)
{
	struct scan s = { .text = { text, len }, .is_literal = is_literal, .out = ret };

	while (s.at < len && s.error == 0)
		if (redact_is_name(text[s.at]))
			take_name(&s);
		else
			take_other(&s);
	*ret_masked = s.copied > 0;
	return s.error < 0 ? s.error : buf_add(ret, len ? text + s.copied : NULL, len - s.copied);
}

/* What has been masked may bring together what was apart ("a:b" and "c@d", when there was a '/' between them), so it is
 * looked at until nothing changes: once more as a rule. */
static int all_passes(const char *text, size_t len, bool is_literal, struct buf *ret)
{
	enum { PASSES_MAX = 8 };
	CLEANUP(buf_done) struct buf last = BUF(ret->max);
	size_t before = ret->len;
	bool masked;
	int r = pass(text, len, is_literal, ret, &masked);

	for (int i = 1; i < PASSES_MAX && masked && r == 0; i++) {
		buf_reset(&last);
		r = buf_add(&last, ret->data + before, ret->len - before);
		ret->len = before;
		if (r == 0)
			r = pass(last.data, last.len, is_literal, ret, &masked);
		masked = masked && r == 0 &&
			 (ret->len - before != last.len || memcmp(ret->data + before, last.data, last.len) != 0);
	}
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}

int redact_text(const char *text, size_t len, struct buf *ret)
{
	return all_passes(text, len, false, ret);
}

int redact_literal(const char *literal, size_t len, struct buf *ret)
{
	return all_passes(literal, len, true, ret);
}
