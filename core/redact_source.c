/* redact_source.c: a line of source code, of Python above all, in linear time. It is code, literals and a comment: code
 * tells no secret, literals and comments are texts, and a literal that belongs to a secret's name is one.
 *
 *   connect(user, password=get("x") or "y", key=lambda a: a[1])   ->   connect(user, password=get("***") or "***", ...
 *
 * Nothing is parsed: what a name is given goes on to the next comma, or to the bracket around it. */
#include "core/redact.h"

#include <string.h>

#include "core/cleanup.h"
#include "core/redact_private.h"

enum { PREFIX_MAX = 3 }; /* of a literal: b"", Rb"" */

struct source {
	struct redact_text text;
	size_t at, copied;    /* all before COPIED stands in OUT */
	struct buf *out;
	int error;
	size_t depth;         /* of brackets, as far as this line has them */
	size_t subscript;     /* behind the "[" of "x[" */
	bool is_comment;
	size_t comment;       /* where it begins in OUT */
	bool is_value;        /* what is here belongs to a secret's name, */
	bool is_call;         /* as its arguments, behind commas, too; */
	bool is_tuple;        /* behind "=": with the literals behind commas: user, password = "a", "b"; */
	size_t value;         /* at this depth */
};

static char byte_at(const struct source *s, size_t at)
{
	return at < s->text.len ? s->text.data[at] : '\0';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

static bool is_word(char c)
{
	return redact_is_letter(c) || redact_is_digit(c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

/* Copy all that is before AT. */
static void copy_to(struct source *s, size_t at)
{
	if (s->error == 0)
		s->error = buf_add(s->out, s->text.data + s->copied, at - s->copied);
	s->copied = at;
}

static void mask(struct source *s, size_t from, size_t to)
{
	copy_to(s, from);
	if (s->error == 0)
		s->error = buf_adds(s->out, REDACT_MASK);
	s->copied = to;
}

static void text(struct source *s, size_t from, size_t to)
{
	copy_to(s, from);
	if (s->error == 0)
		s->error = redact_literal(s->text.data + from, to - from, s->out);
	s->copied = to;
}

/* ---- names ---- */

/* What stands between a name and its value: its length, or 0. COMMA: even that does. */
static size_t separator(const struct source *s, size_t at, bool comma)
{
	char c = byte_at(s, at), next = byte_at(s, at + 1), third = byte_at(s, at + 2);

	if ((c == '=' || c == '!') && next == '=')
		return third == '=' ? 3 : 2;
	if (c == '=')
		return next == '>' ? 2 : 1;
	if (c && next == '=' && strchr(":+?|", c))
		return 2;
	if (c == ':')
		return next == ':' ? 0 : 1;
	return c == ',' && comma ? 1 : 0;
}

/* The value that begins at AT. What is inside of another's is masked anyway. */
static void begin_value(struct source *s, size_t at, size_t depth, bool is_call)
{
	char left = at > 0 ? byte_at(s, at - 1) : ' ';

	if (s->is_value && (s->is_call || depth != s->value))
		return;
	s->is_value = true;
	s->is_call = is_call;
	s->is_tuple = left == '=';
	s->value = depth;
	s->at = at;
}

/* Behind a secret's name that ends before AT: "=", "(", ... */
static void take_name(struct source *s, size_t at, bool comma)
{
	size_t n;

	at = redact_skip_blanks(&s->text, at);
	n = separator(s, at, comma);
	if (n > 0)
		begin_value(s, at + n, s->depth, false);
	else if (byte_at(s, at) == '(')
		begin_value(s, at, s->depth + 1, true);
}

/* Behind a literal whose text, from FROM to TO, may end with a secret's name: {"password": , ["password"] = ,
 * ("password", , "--password=" + */
static void take_literal_name(struct source *s, size_t from, size_t to)
{
	const char *data = s->text.data;
	bool is_open = false;
	size_t name, at;

	for (; to > from && strchr(" \t=:\"'\\", data[to - 1]) && data[to - 1]; to--)
		is_open |= data[to - 1] == '=' || data[to - 1] == ':';
	for (name = to; name > from && redact_is_name(data[name - 1]);)
		name--;
	if (!redact_is_secret(data + name, to - name))
		return;
	at = redact_skip_blanks(&s->text, s->at);
	if (is_open) {
		begin_value(s, byte_at(s, at) == ',' ? at + 1 : at, s->depth, false);
	} else if (byte_at(s, at) == ']') {
		s->depth -= s->depth > 0;
		s->at = at + 1;
		take_name(s, at + 1, true);
	} else {
		take_name(s, at, true);
	}
}

/* ---- literals ---- */

/* Where the literal ends whose text begins at AT: before LEN times QUOTE, or with the line. */
static size_t literal_end(const struct source *s, size_t at, char quote, size_t len)
{
	while (at < s->text.len) {
		char c = byte_at(s, at);

		if (c == quote && (len == 1 || (byte_at(s, at + 1) == c && byte_at(s, at + 2) == c)))
			return at;
		at += c == '\\' && at + 1 < s->text.len ? 2 : 1;
	}
	return at;
}

/* Is what stands from BEGIN to END a key in the value: {"user": "x"}? */
static bool is_key(const struct source *s, size_t begin, size_t end)
{
	end = redact_skip_blanks(&s->text, end);
	if (s->depth <= s->value || byte_at(s, end) != ':')
		return false;
	while (begin > 0 && redact_is_blank(byte_at(s, begin - 1)))
		begin--;
	return begin > 0 && (byte_at(s, begin - 1) == '{' || byte_at(s, begin - 1) == ',');
}

/* The literal whose prefix begins at BEGIN, with the quote at AT: b"", rb'''. */
static void take_literal(struct source *s, size_t begin, size_t at)
{
	char quote = byte_at(s, at);
	size_t len = byte_at(s, at + 1) == quote && byte_at(s, at + 2) == quote ? 3 : 1;
	size_t from = at + len, to = literal_end(s, from, quote, len), end = to + len;
	bool is_value;

	if (end > s->text.len)
		end = s->text.len;
	is_value = s->is_value && begin != s->subscript && !is_key(s, begin, end);
	s->at = end;
	if (!is_value || redact_is_harmless(s->text.data + from, to - from, true) ||
	    redact_is_placeholder(s->text.data + from, to - from))
		text(s, from, to);
	else if (to > from)
		mask(s, from, to);
	if (!is_value)
		take_literal_name(s, from, to);
}

/* ---- code ---- */

static void take_word(struct source *s)
{
	enum { NUMBER_MAX = 20 };
	const char *word = s->text.data + s->at;
	size_t begin = s->at, end = begin, len;

	while (is_word(byte_at(s, end)))
		end++;
	len = end - begin;
	s->at = end;
	if (redact_is_digit(*word)) {
		if (s->is_value && len > NUMBER_MAX) /* what is longer is a code, as 0x5f...e1 */
			mask(s, begin, end);
		s->at += byte_at(s, end) == '\''; /* 1'000 of C++ */
	} else if (is_quote(byte_at(s, end)) && len <= PREFIX_MAX && strspn(word, "bBfFlLrRtTuU8") >= len) {
		take_literal(s, begin, end);
	} else if (s->is_comment && byte_at(s, end) == '\'') {
		s->at++; /* don't */
	} else if (redact_is_secret(word, len)) {
		take_name(s, end, redact_is_certain(word, len));
	}
}

static bool begins_comment(const struct source *s)
{
	char c = byte_at(s, s->at), next = byte_at(s, s->at + 1);

	return c == '#' || (c == '/' && (next == '/' || next == '*'));
}

static bool is_literal_behind(const struct source *s, size_t at)
{
	size_t end;

	for (end = at = redact_skip_blanks(&s->text, at); end - at <= PREFIX_MAX && is_word(byte_at(s, end));)
		end++;
	return is_quote(byte_at(s, end));
}

static void take_comma(struct source *s)
{
	if (s->depth <= s->value && !s->is_call && !(s->is_tuple && is_literal_behind(s, s->at + 1)))
		s->is_value = false;
}

static void take_bracket(struct source *s, char c)
{
	char left = s->at > 0 ? byte_at(s, s->at - 1) : ' ';

	if (strchr("([{", c)) {
		s->depth++;
		if (c == '[' && (is_word(left) || left == ')' || left == ']'))
			s->subscript = s->at + 1;
		return;
	}
	if (s->depth <= s->value)
		s->is_value = false;
	s->depth -= s->depth > 0;
}

static void take_other(struct source *s)
{
	char c = byte_at(s, s->at);

	if (c && strchr("()[]{}", c))
		take_bracket(s, c);
	else if (c == ',' || c == ';')
		take_comma(s);
	else if (!s->is_comment && begins_comment(s)) {
		s->is_comment = true;
		copy_to(s, s->at);
		s->comment = s->out->len;
	}
	s->at++;
}

/* A comment is a text from its beginning to its end. */
static int redact_comment(struct buf *ret, size_t begin)
{
	CLEANUP(buf_done) struct buf comment = BUF(ret->max);
	int r = buf_add(&comment, ret->data + begin, ret->len - begin);

	ret->len = begin;
	return r < 0 ? r : redact_text(comment.data, comment.len, ret);
}

int redact_source(const char *line, size_t len, struct buf *ret)
{
	struct source s = { .text = { line, len }, .out = ret };
	size_t before = ret->len;

	while (s.at < len && s.error == 0)
		if (is_quote(line[s.at]))
			take_literal(&s, s.at, s.at);
		else if (is_word(line[s.at]))
			take_word(&s);
		else
			take_other(&s);
	copy_to(&s, len);
	if (s.error == 0 && s.is_comment)
		s.error = redact_comment(ret, s.comment);
	if (s.error < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return s.error;
}
