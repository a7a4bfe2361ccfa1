/* redact_private.h: what the files of redact share. */
#ifndef CORE_REDACT_PRIVATE_H
#define CORE_REDACT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* ---- redact_name.c ---- */

/* Of what names consist. Independent of the locale. */
bool redact_is_letter(char c);
bool redact_is_digit(char c);
bool redact_is_name(char c);

/* Is the value a number, a boolean, nothing ("null"), a path, or the mask? In quotes only the last two count: who
 * writes "12345" means a text. */
bool redact_is_harmless(const char *value, size_t len, bool quoted);
bool redact_is_number(const char *value, size_t len);

/* Does it consist of nothing but what a value is going to stand for: "%s", "%(key)s", "{}", "{user!r}:{self.key}"? */
bool redact_is_placeholder(const char *value, size_t len);

/* Is it a secret's name by more than one short word: "password", not "key"? */
bool redact_is_certain(const char *name, size_t len);

/* The name of a header whose value goes on to the end of the line: "Authorization: Digest a="b", c=d". */
bool redact_is_header(const char *name, size_t len);

/* "Bearer", "Basic", ...: the secret is the word behind it. */
bool redact_is_scheme(const char *word, size_t len);

/* "-x", "--long-option", "--option=value": hardly a secret. "-7fK2..." may well be one. */
bool redact_is_option(const char *argument, size_t len);

/* ---- redact_text.c ---- */

/* As redact_text(), of a literal in source code: placeholders are no secrets. */
int redact_literal(const char *literal, size_t len, struct buf *ret);

/* ---- redact_extent.c: how far a value goes ---- */

struct redact_text {
	const char *data;
	size_t len;
};

/* A quote that is open: its character (0: none), and the backslashes before it ("{\"a\": 1}" has one). */
struct redact_quote {
	char mark;
	size_t slashes;
};

enum redact_kind {
	REDACT_TIGHT,  /* K=V: to the next blank */
	REDACT_LOOSE,  /* K = V, K: V: to the end of the line, or of the statement */
	REDACT_HEADER, /* to the end of the line, whatever comes */
};

bool redact_is_blank(char c);   /* inside of a line */
bool redact_is_newline(char c); /* what ends one; NUL too */

/* Is there a quote at AT, with the backslashes before it? Its length, and it in RET; else 0. */
size_t redact_quote_at(const struct redact_text *text, size_t at, struct redact_quote *ret);

/* Is what was opened by OPEN closed by QUOTE? */
bool redact_closes(const struct redact_quote *open, const struct redact_quote *quote);

/* The quotes that are open, in one another: "{\"a\": 1}". The innermost is the last; the first is none. */
enum { REDACT_QUOTES = 4 };
struct redact_quotes {
	struct redact_quote open[REDACT_QUOTES];
	size_t depth;
};

/* What is open behind QUOTE; LEFT is the byte before it. */
void redact_quote_meet(struct redact_quotes *quotes, const struct redact_quote *quote, char left);

/* Where the value that begins at AT ends, inside of the quote OPEN. Where it is one quoted text, RET_FROM and RET_TO
 * are what stands in the quotes, else the value itself. */
size_t redact_extent(const struct redact_text *text, size_t at, enum redact_kind kind, const struct redact_quote *open,
		     size_t *ret_from, size_t *ret_to);

/* The end of the name that begins at AT; of the blanks. */
size_t redact_name_end(const struct redact_text *text, size_t at);
size_t redact_skip_blanks(const struct redact_text *text, size_t at);

/* Where the key ends whose first line "-----BEGIN RSA PRIVATE KEY-----" is at AT (before "-----END"; the end of the
 * text if that is missing), RET_FROM behind that line; 0: there is no such line. */
size_t redact_pem(const struct redact_text *text, size_t at, size_t *ret_from);

#endif
