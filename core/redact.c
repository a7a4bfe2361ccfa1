#include "core/redact.h"

#include <string.h>
#include <strings.h>

#include "core/redact_private.h"

/* Cut RET back to what it was, if R is an error. */
static int checked(struct buf *ret, size_t before, int r)
{
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}

/* A value whose name is known, or is not needed: it was asked for. */
static int add_secret(const char *value, size_t len, struct buf *ret)
{
	if (len == 0 || redact_is_harmless(value, len, false))
		return buf_add(ret, value, len);
	return buf_adds(ret, REDACT_MASK);
}

int redact_value(const char *name, size_t name_len, const char *value, size_t len, struct buf *ret)
{
	return redact_is_secret(name, name_len) ? add_secret(value, len, ret) : redact_text(value, len, ret);
}

/* "NAME=VALUE" */
static int add_assignment(const char *entry, size_t name_len, size_t len, struct buf *ret)
{
	size_t before = ret->len, value = name_len + 1;
	int r = buf_add(ret, entry, value);

	if (r == 0)
		r = redact_value(entry, name_len, entry + value, len - value, ret);
	return checked(ret, before, r);
}

static int environ_one(const char *entry, size_t len, struct buf *ret)
{
	const char *equals = len ? memchr(entry, '=', len) : NULL;

	return equals ? add_assignment(entry, (size_t)(equals - entry), len, ret) : redact_text(entry, len, ret);
}

/* ---- the command line ---- */

/* What the argument before has left open. */
enum pending {
	PENDING_NONE,
	PENDING_NAME,  /* a secret name: "=" would make the next its value */
	PENDING_VALUE, /* "--password", "password:": this is its value */
	PENDING_LOGIN, /* "-u": this may be user:password */
};

/* The length of the name at the beginning; what is longer than that is not the name alone. */
static size_t name_length(const char *argument, size_t len)
{
	struct redact_text text = { argument, len };

	return redact_name_end(&text, 0);
}

/* With -DK=V, -PK=V, the first letter is none of the name's. */
static bool is_secret_option(const char *name, size_t len)
{
	return redact_is_secret(name, len) || (len > 2 && name[0] == '-' && redact_is_secret(name + 2, len - 2));
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len && strncasecmp(text + len - end_len, end, end_len) == 0;
}

/* curl -u USER:PASSWORD, --user, --proxy-user */
static bool is_login_option(const char *name, size_t len)
{
	if (len == 2)
		return name[0] == '-' && (name[1] == 'u' || name[1] == 'U');
	return len > 2 && name[0] == '-' && name[1] == '-' && (ends_with(name, len, "-user"));
}

/* "USER:PASSWORD", "DOMAIN\\USER:PASSWORD"; two numbers are ids. */
static int add_login(const char *argument, size_t len, struct buf *ret)
{
	size_t user = 0, before = ret->len;
	int r;

	while (user < len && (redact_is_name(argument[user]) || memchr("@\\+%", argument[user], 4)))
		user++;
	if (user == len || argument[user] != ':' || (len - user > 2 && memcmp(argument + user, "://", 3) == 0))
		return redact_text(argument, len, ret);
	user++;
	r = buf_add(ret, argument, user);
	if (r == 0)
		r = add_secret(argument + user, len - user, ret);
	return checked(ret, before, r);
}

/* What an argument that gives no value to the one before leaves open. */
static enum pending left_open(const char *argument, size_t len)
{
	size_t name = name_length(argument, len);

	if (name == len && is_login_option(argument, len))
		return PENDING_LOGIN;
	if (ends_with(argument, len, " bearer") || ends_with(argument, len, ": basic") ||
	    (len == 6 && ends_with(argument, len, "bearer")))
		return PENDING_VALUE;
	if (name == 0 || !redact_is_secret(argument, name))
		return PENDING_NONE;
	if (name == len)
		return argument[0] == '-' ? PENDING_VALUE : PENDING_NAME;
	return name + 1 == len && (argument[name] == '=' || argument[name] == ':') ? PENDING_VALUE : PENDING_NONE;
}

static bool is_separator(const char *argument, size_t len)
{
	return len == 1 && (argument[0] == '=' || argument[0] == ':');
}

static int argument_plain(const char *argument, size_t len, enum pending *pending, struct buf *ret)
{
	size_t name = name_length(argument, len), before = ret->len;
	int r;

	*pending = left_open(argument, len);
	if (name == 0 || name == len || argument[name] != '=')
		return redact_text(argument, len, ret);
	if (!is_login_option(argument, name) && !is_secret_option(argument, name))
		return redact_text(argument, len, ret);
	name++;
	r = buf_add(ret, argument, name);
	if (r == 0)
		r = is_login_option(argument, name - 1) ? add_login(argument + name, len - name, ret) :
							  add_secret(argument + name, len - name, ret);
	return checked(ret, before, r);
}

static int argument_one(const char *argument, size_t len, enum pending *pending, struct buf *ret)
{
	enum pending was = *pending;

	if (is_separator(argument, len) && (was == PENDING_NAME || was == PENDING_VALUE)) {
		*pending = PENDING_VALUE;
		return buf_add(ret, argument, len);
	}
	if (was == PENDING_LOGIN && !redact_is_option(argument, len)) {
		*pending = PENDING_NONE;
		return add_login(argument, len, ret);
	}
	if (was != PENDING_VALUE || redact_is_option(argument, len))
		return argument_plain(argument, len, pending, ret);
	*pending = redact_is_scheme(argument, len) ? PENDING_VALUE : PENDING_NONE;
	return add_secret(argument, len, ret);
}

/* ---- blocks of strings that end with NUL ---- */

static size_t string_length(const char *block, size_t len)
{
	const char *end = memchr(block, '\0', len);

	return end ? (size_t)(end - block) : len;
}

int redact_argv(const char *cmdline, size_t len, struct buf *ret)
{
	enum pending pending = PENDING_NONE;
	size_t before = ret->len, n;
	int r = 0;

	for (size_t at = 0; at < len && r == 0; at += n + 1) {
		n = string_length(cmdline + at, len - at);
		r = argument_one(cmdline + at, n, &pending, ret);
		if (r == 0)
			r = buf_add(ret, "", 1);
	}
	return checked(ret, before, r);
}

int redact_environ(const char *environ, size_t len, struct buf *ret)
{
	size_t before = ret->len, n;
	int r = 0;

	for (size_t at = 0; at < len && r == 0; at += n + 1) {
		n = string_length(environ + at, len - at);
		r = environ_one(environ + at, n, ret);
		if (r == 0)
			r = buf_add(ret, "", 1);
	}
	return checked(ret, before, r);
}
