/* fuzz_redact.c: redaction: never more than it may write, the same when done twice, and a secret that is planted into
 * the input in each of the forms is gone. The first byte chooses what the rest is. */
#include "core/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char secret[] = "Zq7PlantedX9";

/* Each begins and ends a line: what comes behind must not bring it back. */
static const struct form {
	const char *before, *after;
} forms[] = {
	{ "password=", "\n" }, { "api_key = \"", "\";\n" }, { "{\"token\": \"", "\", \"a\": 1}\n" },
	{ "Authorization: Bearer ", " x\n" }, { "postgres://u:", "@h/d\n" }, { "x --password ", " y\n" },
	{ "h/?a=1&secret=", "&b=2\n" }, { "-Ddb.pass=", "\n" }, { "{\\\"cookie\\\": \\\"", "\\\"}\n" },
	{ "auth(token='", "')\n" },
};

/* In a line of source. */
static const struct form sources[] = {
	{ "password = \"", "\", " }, { "f(token=rb'", "'), " }, { "{'key': '", "', " }, { "d['auth'] = '''", "''' " },
	{ "f('api_key', '", "') " }, { "set_password('x', \"", "\") " }, { "\"http://u:", "@h/\" " },
	{ "\"--password ", "\" " }, { "x # password: ", " " }, { "password = \"", "" },
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

typedef int (*redact_fn)(const char *text, size_t len, struct buf *ret);

static void twice(redact_fn function, const char *text, size_t len, struct buf *once)
{
	struct buf again = BUF(once->max * 4);

	if (function(text, len, once) < 0 || once->len > 3 * len + 4)
		abort();
	if (function(once->data, once->len, &again) < 0 || again.len != once->len ||
	    (once->len > 0 && memcmp(again.data, once->data, once->len) != 0))
		abort();
	buf_done(&again);
}

static void no_secret(redact_fn function, const struct buf *text, const char *found)
{
	struct buf once = BUF(text->max * 4);

	twice(function, text->data, text->len, &once);
	if (memmem(once.data, once.len, found, strlen(found)))
		abort();
	buf_done(&once);
}

static void plant_text(const struct form *form, const char *data, size_t len)
{
	struct buf text = BUF(1 << 20);

	if (buf_adds(&text, form->before) < 0 || buf_adds(&text, secret) < 0 || buf_adds(&text, form->after) < 0 ||
	    buf_add(&text, data, len) < 0)
		abort();
	no_secret(redact_text, &text, secret);
	buf_done(&text);
}

static void plant_source(const struct form *form, const char *data, size_t len)
{
	struct buf text = BUF(1 << 20), ret = BUF(1 << 22);

	if (buf_adds(&text, form->before) < 0 || buf_adds(&text, secret) < 0 || buf_adds(&text, form->after) < 0 ||
	    buf_add(&text, data, len) < 0 || redact_source(text.data, text.len, &ret) < 0)
		abort();
	if (ret.len > 3 * text.len || memmem(ret.data, ret.len, secret, strlen(secret)))
		abort();
	buf_done(&text);
	buf_done(&ret);
}

/* Behind arguments of which the last is none that may want a value. */
static void plant_argv(const char *data, size_t len)
{
	static const char command[] = "\0x\0--password\0Zq7PlantedX9\0-Dx.key=Zq7PlantedX9";
	struct buf text = BUF(1 << 20);

	if (buf_add(&text, data, len) < 0 || buf_add(&text, command, sizeof(command)) < 0)
		abort();
	no_secret(redact_argv, &text, secret);
	buf_reset(&text);
	if (buf_add(&text, data, len) < 0 || buf_add(&text, "\0MYSQL_PWD=Zq7PlantedX9", 23) < 0)
		abort();
	no_secret(redact_environ, &text, secret);
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	size_t len = size ? size - 1 : 0;
	struct buf once = BUF((1 << 20) + 4 * len);

	if (size == 0 || memmem(text, len, secret, 6))
		return 0;
	switch (data[0] % 4) {
	case 0:
		twice(redact_text, text, len, &once);
		break;
	case 1:
		twice(redact_argv, text, len, &once);
		break;
	case 2:
		twice(redact_environ, text, len, &once);
		break;
	default:
		plant_argv(text, len);
		plant_text(&forms[data[0] / 4 % FORMS], text, len);
		plant_source(&sources[data[0] / 4 % FORMS], text, len);
	}
	buf_done(&once);
	return 0;
}
