/* redact_extent.c: how far a value goes in a text of which nothing is known. Where that is not clear, further. */
#include <string.h>

#include "core/redact_private.h"

bool redact_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

bool redact_is_newline(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

static bool is_opener(char c)
{
	return c == '(' || c == '[' || c == '{';
}

static bool is_closer(char c)
{
	return c == ')' || c == ']' || c == '}';
}

static bool is_end(char c)
{
	return c == ',' || c == ';' || c == '&';
}

size_t redact_name_end(const struct redact_text *text, size_t at)
{
	while (at < text->len && redact_is_name(text->data[at]))
		at++;
	return at;
}

size_t redact_skip_blanks(const struct redact_text *text, size_t at)
{
	while (at < text->len && redact_is_blank(text->data[at]))
		at++;
	return at;
}

static size_t slashes_end(const struct redact_text *text, size_t at)
{
	while (at < text->len && text->data[at] == '\\')
		at++;
	return at;
}

size_t redact_quote_at(const struct redact_text *text, size_t at, struct redact_quote *ret)
{
	size_t end = slashes_end(text, at);

	if (end == text->len || !is_quote(text->data[end]))
		return 0;
	*ret = (struct redact_quote){ .mark = text->data[end], .slashes = end - at };
	return end + 1 - at;
}

bool redact_closes(const struct redact_quote *open, const struct redact_quote *quote)
{
	if (open->mark != quote->mark)
		return false;
	return open->slashes == 0 ? quote->slashes % 2 == 0 : quote->slashes <= open->slashes;
}

/* Can it open anything behind LEFT? Not the one of "don't". */
static bool may_open(const struct redact_quote *quote, char left)
{
	return quote->mark != '\'' || quote->slashes > 0 || !(redact_is_letter(left) || redact_is_digit(left));
}

void redact_quote_meet(struct redact_quotes *quotes, const struct redact_quote *quote, char left)
{
	const struct redact_quote *open = &quotes->open[quotes->depth];
	bool closed = false;

	/* With fewer backslashes than the innermost has, it is one around that. */
	for (; quotes->depth > 0 && redact_closes(open, quote); open--) {
		quotes->depth--;
		closed = true;
		if (quote->slashes >= open->slashes)
			break;
	}
	if (closed || (quotes->depth > 0 && quote->slashes <= open->slashes))
		return;
	if (may_open(quote, left) && quotes->depth + 1 < REDACT_QUOTES)
		quotes->open[++quotes->depth] = *quote;
}

/* Behind the quote that closes OPEN; where it is missing, the end of the line, or of the text if LINES. RET_CLOSE is
 * where the closing one begins. */
static size_t quote_end(const struct redact_text *text, size_t at, const struct redact_quote *open, bool lines,
			size_t *ret_close)
{
	while (at < text->len && (lines || !redact_is_newline(text->data[at]))) {
		struct redact_quote quote;
		size_t n = redact_quote_at(text, at, &quote);

		if (n > 0 && redact_closes(open, &quote)) {
			*ret_close = open->slashes == 0 ? at + n - 1 : at;
			return at + n;
		}
		at = n > 0 ? at + n : slashes_end(text, at) > at ? slashes_end(text, at) : at + 1;
	}
	*ret_close = at;
	return at;
}

/* Does another name with its value begin at AT: `{"name": `, `name=`? */
static bool is_pair(const struct redact_text *text, size_t at)
{
	struct redact_quote quote;
	size_t name;

	while (at < text->len && (redact_is_blank(text->data[at]) || is_opener(text->data[at])))
		at++;
	at += redact_quote_at(text, at, &quote);
	name = at;
	at = redact_name_end(text, at);
	if (at == name)
		return false;
	at += redact_quote_at(text, at, &quote);
	at = redact_skip_blanks(text, at);
	return at < text->len && (text->data[at] == '=' || text->data[at] == ':');
}

/* Does nothing of the value follow at AT, behind the quoted text that it began with? Else `"a" + "b"`. */
static bool is_over(const struct redact_text *text, size_t at, enum redact_kind kind, const struct redact_quote *open)
{
	struct redact_quote quote;
	char c;

	if (kind == REDACT_TIGHT && at < text->len && redact_is_blank(text->data[at]))
		return true;
	at = redact_skip_blanks(text, at);
	if (at == text->len)
		return true;
	c = text->data[at];
	if (redact_is_newline(c) || is_closer(c) || is_end(c) || c == '#' || c == '>')
		return true;
	if (at + 1 < text->len ? c == '/' && text->data[at + 1] == '>' : c == ':') /* <user password="x"/> */
		return true;
	return redact_quote_at(text, at, &quote) > 0 && redact_closes(open, &quote);
}

/* Does a value without quotes end at the byte AT, which is none in brackets of its own? */
static bool ends_at(const struct redact_text *text, size_t at, enum redact_kind kind)
{
	char c = text->data[at], next = at + 1 < text->len ? text->data[at + 1] : '\0';

	if (kind == REDACT_HEADER)
		return false;
	if (redact_is_blank(c))
		return kind == REDACT_TIGHT;
	if (is_end(c))
		return is_pair(text, at + 1);
	return is_closer(c) && kind == REDACT_LOOSE &&
	       (redact_is_blank(next) || redact_is_newline(next) || is_closer(next) || is_end(next) || next == ':');
}

/* What belongs to the value only when something of it follows: "x)," */
static bool is_tail(char c, enum redact_kind kind, size_t depth)
{
	if (redact_is_blank(c))
		return true;
	return kind != REDACT_HEADER && depth == 0 && (is_closer(c) || is_end(c));
}

/* The end of a value which is not, or not only, one quoted text. Linear: what is looked at ahead is passed then. */
static size_t plain_end(const struct redact_text *text, size_t at, enum redact_kind kind,
			const struct redact_quote *open)
{
	size_t begin = at, end = at, depth = 0, close; /* in the first three, b'x', rb'x': any quote opens */

	while (at < text->len && !redact_is_newline(text->data[at])) {
		char c = text->data[at], left = at > begin + 2 ? text->data[at - 1] : ' ';
		struct redact_quote quote;
		size_t n = redact_quote_at(text, at, &quote);

		if (n > 0 && redact_closes(open, &quote)) {
			if (open->slashes == 0) /* an even number of backslashes, which are the value's */
				end = quote.slashes > 0 ? at + n - 1 : end;
			break;
		}
		if (n > 0) {
			end = at = may_open(&quote, left) ? quote_end(text, at + n, &quote, false, &close) : at + n;
			continue;
		}
		if (depth == 0 && ends_at(text, at, kind))
			break;
		at = c == '\\' ? slashes_end(text, at) : at + 1;
		if (!is_tail(c, kind, depth))
			end = at;
		if (is_opener(c))
			depth++;
		else if (is_closer(c) && depth > 0)
			depth--;
	}
	return end;
}

/* "RSA PRIVATE KEY": in a label are capitals, digits and blanks, RFC 7468. */
static size_t label_length(const char *text, size_t len)
{
	enum { LABEL_MAX = 64 };
	size_t n = 0;

	while (n < len && n < LABEL_MAX &&
	       (text[n] == ' ' || redact_is_digit(text[n]) || (text[n] >= 'A' && text[n] <= 'Z')))
		n++;
	return n;
}

size_t redact_pem(const struct redact_text *text, size_t at, size_t *ret_from)
{
	static const char begin[] = "-----BEGIN ", secret[] = "PRIVATE KEY", rule[] = "-----";
	enum { BEGIN = sizeof(begin) - 1, RULE = sizeof(rule) - 1 };
	const char *data = text->data + at, *end;
	size_t left = text->len - at, label;

	if (left < BEGIN || memcmp(data, begin, BEGIN) != 0)
		return 0;
	data += BEGIN;
	left -= BEGIN;
	label = label_length(data, left);
	if (left - label < RULE || memcmp(data + label, rule, RULE) != 0 ||
	    !memmem(data, label, secret, sizeof(secret) - 1))
		return 0;
	*ret_from = (size_t)(data - text->data) + label + RULE;
	end = memmem(text->data + *ret_from, text->len - *ret_from, "-----END", 8);
	return end ? (size_t)(end - text->data) : text->len;
}

size_t redact_extent(const struct redact_text *text, size_t at, enum redact_kind kind, const struct redact_quote *open,
		     size_t *ret_from, size_t *ret_to)
{
	struct redact_quote quote;
	size_t n = redact_quote_at(text, at, &quote), end = at;

	if (n > 0 && !redact_closes(open, &quote)) {
		end = quote_end(text, at + n, &quote, true, ret_to);
		*ret_from = at + n;
		if (is_over(text, end, kind, open))
			return end;
	} else {
		end = redact_pem(text, at, ret_from);
		kind = end > 0 ? REDACT_LOOSE : kind; /* -----END PRIVATE KEY----- */
	}
	end = plain_end(text, end > at ? end : at, kind, open);
	*ret_from = at;
	*ret_to = end;
	return end;
}
