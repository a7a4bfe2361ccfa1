/* redact_name.c: which names name secrets, and which values are none. */
#include "core/redact.h"

#include <string.h>
#include <strings.h>

#include "core/redact_private.h"

/* Anywhere in a name. '_' stands for any separator, and for none: ConnectionString. */
static const char *const parts[] = {
	"password", "passwd", "passphrase", "secret", "token", "credential", "cookie", "jaas", "connection_string",
};

/* A whole word of a name. Behind the first seven: what is usually written as one word of two. */
static const char *const words[] = {
	"pwd", "pass", "key", "auth", "authorization", "private", "jwt",
	"apikey", "accesskey", "authkey", "privatekey", "storepass", "keypass", "sshpass", "requirepass", "masterauth",
};

static const char *const headers[] = { "authorization", "cookie" };

static const char *const schemes[] = {
	"bearer", "basic", "digest", "negotiate", "ntlm", "apikey", "aws4-hmac-sha256",
};

static const char *const constants[] = {
	"true", "false", "yes", "no", "on", "off", "enabled", "disabled", "null", "none", "nil", "undefined",
};

enum {
	NUMBER_MAX = 20, /* digits of the largest of 64 bits; what is longer is a code */
	RANDOM_MIN = 16, /* letters and digits in a row that look like a code */
	OPTION_MAX = 40,
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

bool redact_is_letter(char c)
{
	return is_upper(c) || is_lower(c);
}

bool redact_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
	return c == '_' || c == '-' || c == '.';
}

bool redact_is_name(char c)
{
	return redact_is_letter(c) || redact_is_digit(c) || is_separator(c);
}

static char lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static bool is_one_of(const char *word, size_t len, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && strncasecmp(word, list[i], len) == 0)
			return true;
	return false;
}

/* Does the name go on with PART? */
static bool begins_with(const char *name, size_t len, const char *part)
{
	size_t at = 0;

	for (; *part; part++) {
		if (*part == '_') {
			at += at < len && is_separator(name[at]);
			continue;
		}
		if (at == len || lower(name[at]) != *part)
			return false;
		at++;
	}
	return true;
}

static bool has_one_of(const char *name, size_t len, const char *const *list, size_t count)
{
	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < count; i++)
			if (begins_with(name + at, len - at, list[i]))
				return true;
	return false;
}

/* Does a word begin at AT: dbPass, HTTPAuth (the last capital of several belongs to what follows), key2? */
static bool is_boundary(const char *name, size_t len, size_t at)
{
	char left = name[at - 1], c = name[at];

	if (redact_is_letter(left) != redact_is_letter(c))
		return true;
	return is_upper(c) && (is_lower(left) || (is_upper(left) && at + 1 < len && is_lower(name[at + 1])));
}

static bool has_word(const char *name, size_t len)
{
	for (size_t at = 0, end; at < len; at = end) {
		for (end = at + 1; end < len && !is_boundary(name, len, end);)
			end++;
		if (redact_is_letter(name[at]) && is_one_of(name + at, end - at, words, COUNT(words)))
			return true;
	}
	return false;
}

/* "KeyError: 'user'": what follows is a message, not a key. */
static bool is_exception(const char *name, size_t len)
{
	return (len >= 5 && strncasecmp(name + len - 5, "error", 5) == 0) ||
	       (len >= 9 && strncasecmp(name + len - 9, "exception", 9) == 0);
}

bool redact_is_certain(const char *name, size_t len)
{
	return has_one_of(name, len, parts, COUNT(parts));
}

bool redact_is_secret(const char *name, size_t len)
{
	return redact_is_certain(name, len) || (has_word(name, len) && !is_exception(name, len));
}

bool redact_is_header(const char *name, size_t len)
{
	return has_one_of(name, len, headers, COUNT(headers));
}

bool redact_is_scheme(const char *word, size_t len)
{
	return is_one_of(word, len, schemes, COUNT(schemes));
}

bool redact_is_number(const char *value, size_t len)
{
	size_t at = len > 1 && (value[0] == '-' || value[0] == '+');
	bool point = false, digits = false;

	if (len > NUMBER_MAX)
		return false;
	for (; at < len; at++) {
		if (value[at] == '.' ? point : !redact_is_digit(value[at]))
			return false;
		point |= value[at] == '.';
		digits |= redact_is_digit(value[at]);
	}
	return digits;
}

/* Keys in base64 may begin with '/': a long run of small and capital letters and digits is no file's name. */
static bool looks_random(const char *text, size_t len)
{
	size_t run = 0;
	bool seen[3] = { false };

	for (size_t at = 0; at < len; at++) {
		char c = text[at];

		if (!redact_is_letter(c) && !redact_is_digit(c) && c != '+') {
			run = 0;
			memset(seen, 0, sizeof(seen));
			continue;
		}
		seen[is_upper(c) ? 0 : is_lower(c) ? 1 : 2] = true;
		if (++run >= RANDOM_MIN && seen[0] && seen[1] && seen[2])
			return true;
	}
	return false;
}

/* "/etc/ssl/x.pem", "./x", "../x", "~/x" */
static bool is_path(const char *value, size_t len)
{
	size_t at = 0;

	if (at < len && value[at] == '~')
		at++;
	else
		while (at < len && at < 2 && value[at] == '.')
			at++;
	if (len - at < 2 || value[at] != '/')
		return false;
	for (; at < len; at++)
		if (!redact_is_name(value[at]) && !strchr("/+~@%,", value[at]))
			return false;
	return !looks_random(value, len);
}

bool redact_is_harmless(const char *value, size_t len, bool quoted)
{
	if (len == strlen(REDACT_MASK) && memcmp(value, REDACT_MASK, len) == 0)
		return true;
	if (len > 0 && memchr(value, '\0', len))
		return false;
	if (is_path(value, len))
		return true;
	return !quoted && (redact_is_number(value, len) || is_one_of(value, len, constants, COUNT(constants)));
}

/* "%s", "%-5.2lf", "%(key)s" of printf(3) and of Python: its length, or 0. */
static size_t percent_length(const char *text, size_t len)
{
	size_t at = 1;

	if (len > 1 && text[1] == '(') {
		for (at++; at < len && (redact_is_name(text[at]));)
			at++;
		if (at == len || text[at++] != ')')
			return 0;
	}
	while (at < len && (redact_is_digit(text[at]) || (text[at] && strchr("-+ #.*", text[at]))))
		at++;
	while (at < len && text[at] && strchr("lhzj", text[at]))
		at++;
	return at < len && text[at] && strchr("acdeEfFgGioprsuxX", text[at]) ? at + 1 : 0;
}

/* "{}", "{0}", "{self.name!r:>10}", "{get(x)}". No "{0f8fad5b-d9cb-...}". */
static size_t brace_length(const char *text, size_t len)
{
	size_t at = 1;

	while (at < len && text[at] && text[at] != '-' &&
	       (redact_is_name(text[at]) || strchr("!:<>^()[]", text[at])))
		at++;
	if (at == len || text[at] != '}')
		return 0;
	return at > 3 && redact_is_digit(text[1]) ? 0 : at + 1;
}

bool redact_is_placeholder(const char *value, size_t len)
{
	bool found = false;

	for (size_t at = 0, n; at < len; at += n) {
		char c = value[at];

		n = c == '%' ? percent_length(value + at, len - at) : c == '{' ? brace_length(value + at, len - at) : 1;
		if (n == 0 || redact_is_letter(c) || redact_is_digit(c) || (unsigned char)c >= 0x80)
			return false;
		found |= n > 1;
	}
	return found;
}

bool redact_is_option(const char *argument, size_t len)
{
	size_t at = 0, letters;

	while (at < len && at < 2 && argument[at] == '-')
		at++;
	if (at == 0 || len == at)
		return false;
	for (letters = at; at < len && argument[at] != '='; at++)
		if (!redact_is_letter(argument[at]) && argument[at] != '-' && argument[at] != '_')
			return false;
	return at > letters && redact_is_letter(argument[letters]) && at - letters <= OPTION_MAX;
}
