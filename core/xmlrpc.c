/* xmlrpc.c: calls are written, answers fetched and judged here; see xmlrpc.h. */
#include "core/xmlrpc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/http.h"
#include "core/utf8.h"

enum { CALL_MAX = 64 * 1024 };

struct xmlrpc_client {
	struct http_client *http;
	struct http_request request; /* url and unix_socket belong to the client */
	char *url, *unix_socket;
};

/* --- values --- */

const struct xmlrpc_value *xmlrpc_member(const struct xmlrpc_value *value, const char *name)
{
	if (value->type != XMLRPC_STRUCT)
		return NULL;
	for (size_t i = 0; i < value->count; i++)
		if (!strcmp(value->items[i].name, name))
			return &value->items[i];
	return NULL;
}

int64_t xmlrpc_member_int(const struct xmlrpc_value *value, const char *name, int64_t fallback)
{
	const struct xmlrpc_value *member = xmlrpc_member(value, name);

	return member && member->type == XMLRPC_INT ? member->number : fallback;
}

const char *xmlrpc_member_string(const struct xmlrpc_value *value, const char *name, const char *fallback)
{
	const struct xmlrpc_value *member = xmlrpc_member(value, name);

	return member && member->type == XMLRPC_STRING ? member->string : fallback;
}

/* Recursion is bounded: the parser makes nothing deeper than XMLRPC_DEPTH_MAX. */
void xmlrpc_value_done(struct xmlrpc_value *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < value->count; i++)
		xmlrpc_value_done(&value->items[i]);
	free(value->items);
	free(value->name);
	free(value->string);
	*value = (struct xmlrpc_value){ .type = XMLRPC_NONE };
}

/* --- characters --- */

/* Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF] */
static bool xml_allows(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

size_t xmlrpc_char(const char *text, size_t len)
{
	uint32_t code;
	size_t n = utf8_char(text, len, &code);

	return n && xml_allows(code) ? n : 0;
}

/* Bytes of the character reference at TEXT ("&#27;", "&#x1b;") when it names what XML does not allow; else 0: it is
 * fine, or no reference at all, which the parser finds out. */
static size_t bad_reference(const char *text, size_t len)
{
	bool hex = len > 2 && text[2] == 'x';
	size_t i = hex ? 3 : 2, digits = i;
	uint32_t code = 0;

	if (len < 4 || text[0] != '&' || text[1] != '#')
		return 0;
	for (; i < len && text[i] != ';'; i++) {
		const char *set = "0123456789abcdef";
		const char *digit = text[i] ? strchr(set, text[i] | 0x20) : NULL;

		if (!digit || digit - set >= (hex ? 16 : 10))
			return 0;
		if (code <= 0x10ffff) /* larger ones stay too large */
			code = code * (hex ? 16 : 10) + (uint32_t)(digit - set);
	}
	return i < len && i > digits && !xml_allows(code) ? i + 1 : 0;
}

/* Bytes at TEXT that can stay as they are. */
static size_t clean_run(const char *text, size_t len)
{
	size_t at = 0, n;

	while (at < len && (n = xmlrpc_char(text + at, len - at)) > 0 && !bad_reference(text + at, len - at))
		at += n;
	return at;
}

int xmlrpc_clean(const char *text, size_t len, struct buf *ret)
{
	size_t at = 0;

	/* No answer has a reason for one, and most of what can be wrong with XML begins there. */
	if (memmem(text, len, "<!DOCTYPE", 9))
		return -EBADMSG;
	while (at < len) {
		size_t run = clean_run(text + at, len - at), skip;
		int error = buf_add(ret, text + at, run);

		at += run;
		if (!error && at < len) {
			skip = bad_reference(text + at, len - at);
			at += skip ? skip : 1;
			error = buf_add(ret, "?", 1);
		}
		if (error)
			return error;
	}
	return 0;
}

/* --- calls --- */

static int add_text(struct buf *ret, const char *text)
{
	size_t len = strlen(text), n;
	int error = 0;

	for (size_t at = 0; !error && at < len; at += n) {
		n = xmlrpc_char(text + at, len - at);
		if (!n)
			return -EINVAL;
		switch (text[at]) {
		case '&':
			error = buf_adds(ret, "&amp;");
			break;
		case '<':
			error = buf_adds(ret, "&lt;");
			break;
		case '>':
			error = buf_adds(ret, "&gt;");
			break;
		case '\r': /* as it is it would arrive as a line feed */
			error = buf_adds(ret, "&#13;");
			break;
		default:
			error = buf_add(ret, text + at, n);
		}
	}
	return error;
}

static int add_element(struct buf *ret, const char *open, const char *text, const char *close)
{
	int error = buf_adds(ret, open);

	if (!error)
		error = add_text(ret, text);
	return error ? error : buf_adds(ret, close);
}

static int write_call(struct buf *ret, const char *method, const char *params, va_list args)
{
	int error = add_element(ret, "<?xml version=\"1.0\"?>\n<methodCall><methodName>", method,
				"</methodName><params>");

	for (; !error && *params; params++) {
		if (*params == 's')
			error = add_element(ret, "<param><value><string>", va_arg(args, const char *),
					    "</string></value></param>");
		else if (*params == 'b')
			error = add_element(ret, "<param><value><boolean>", va_arg(args, int) ? "1" : "0",
					    "</boolean></value></param>");
		else
			error = -EINVAL;
	}
	return error ? error : buf_adds(ret, "</params></methodCall>\n");
}

int xmlrpc_write_call(struct buf *ret, const char *method, const char *params, ...)
{
	va_list args;
	int error;

	va_start(args, params);
	error = write_call(ret, method, params, args);
	va_end(args);
	return error;
}

/* --- client --- */

enum xmlrpc_outcome xmlrpc_fail(struct xmlrpc_error *error, enum xmlrpc_outcome outcome, int cause,
				const char *format, ...)
{
	va_list args;

	if (!error)
		return outcome;
	*error = (struct xmlrpc_error){ .outcome = outcome, .cause = cause };
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return outcome;
}

/* unix://PATH, as supervisord's own client reads it: the path is all that follows. Over TCP anything behind the host
 * but /RPC2 is a base path, for those who put a reverse proxy before it. */
static int take_url(struct xmlrpc_client *client, const char *url)
{
	size_t len = strlen(url);

	if (!strncasecmp(url, "unix://", 7) && url[7]) {
		client->unix_socket = strdup(url + 7);
		client->url = strdup("http://localhost/RPC2");
		return client->unix_socket && client->url ? 0 : -ENOMEM;
	}
	if ((strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8)) || strpbrk(url, "?#"))
		return -EINVAL;
	while (len && url[len - 1] == '/')
		len--;
	if (len >= 5 && !strncmp(url + len - 5, "/RPC2", 5))
		len -= 5;
	return asprintf(&client->url, "%.*s/RPC2", (int)len, url) < 0 ? (client->url = NULL, -ENOMEM) : 0;
}

/* Does xmlrpc_parse() work here? It has to be known before the first call is made. */
static int try_parser(void)
{
	static const char answer[] = "<methodResponse><params><param><value/></param></params></methodResponse>";
	struct xmlrpc_value value = { .type = XMLRPC_NONE };
	int error = xmlrpc_parse(answer, strlen(answer), &value);

	xmlrpc_value_done(&value);
	return error;
}

static int open_parser(struct xmlrpc_error *ret_error)
{
	int error = try_parser();
	const char *text = error == -ENOSYS ? "built without libxml2" : error == -ENOENT ? "libxml2 is not installed" :
			   "this libxml2 is not usable";

	if (error)
		xmlrpc_fail(ret_error, error == -ENOMEM ? XMLRPC_FAILED : XMLRPC_MISSING, error, "%s",
			    error == -ENOMEM ? strerror(ENOMEM) : text);
	return error;
}

static int open_http(struct xmlrpc_client *client, struct xmlrpc_error *ret_error)
{
	const char *why = NULL;
	int error = http_open(&client->http, &why);

	if (error)
		xmlrpc_fail(ret_error, error == -ENOMEM ? XMLRPC_FAILED : XMLRPC_MISSING, error, "%s%s",
			    error == -ENOENT ? "libcurl is not installed: " : "", why);
	return error;
}

int xmlrpc_open(const struct xmlrpc_server *server, struct xmlrpc_client **ret, struct xmlrpc_error *ret_error)
{
	struct xmlrpc_client *client = calloc(1, sizeof(*client));
	int error = client ? take_url(client, server->url) : -ENOMEM;

	if (error == -EINVAL)
		xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "the URL is neither unix://PATH nor http://HOST:PORT");
	else if (error)
		xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "%s", strerror(-error));
	if (!error)
		error = open_http(client, ret_error);
	if (!error)
		error = open_parser(ret_error);
	if (error) {
		xmlrpc_free(client);
		return error;
	}
	client->request = (struct http_request){
		.url = client->url, .unix_socket = client->unix_socket, .username = server->username,
		.password = server->password, .content_type = "text/xml", .timeout_ms = server->timeout_ms,
	};
	*ret = client;
	return 0;
}

void xmlrpc_free(struct xmlrpc_client *client)
{
	if (!client)
		return;
	http_free(client->http);
	free(client->url);
	free(client->unix_socket);
	free(client);
}

/* The beginning of what came instead of XML-RPC tells most: a web server's error page, another program's greeting. */
static enum xmlrpc_outcome bad_answer(struct xmlrpc_error *ret_error, int error, const struct buf *body)
{
	if (error != -EBADMSG)
		return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "cannot read the answer: %s", strerror(-error));
	return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "the answer is not XML-RPC: \"%.80s\"%s",
			   body->data ? body->data : "", body->len > 80 ? "..." : "");
}

static enum xmlrpc_outcome judge_fault(struct xmlrpc_error *ret_error, const struct xmlrpc_value *fault)
{
	const char *text = xmlrpc_member_string(fault, "faultString", "a fault without a text");
	int64_t code = xmlrpc_member_int(fault, "faultCode", 0);

	xmlrpc_fail(ret_error, XMLRPC_FAULT, 0, "%s", text);
	if (ret_error)
		ret_error->fault_code = code >= INT32_MIN && code <= INT32_MAX ? (int)code : 0;
	return XMLRPC_FAULT;
}

static enum xmlrpc_outcome judge(struct xmlrpc_value *ret, struct xmlrpc_error *ret_error, long status,
				 const struct buf *body)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value value = { .type = XMLRPC_NONE };
	int result;

	if (status == 401)
		return xmlrpc_fail(ret_error, XMLRPC_UNAUTHORIZED, 0, "HTTP 401");
	if (status != 200)
		return xmlrpc_fail(ret_error, XMLRPC_FAILED, -EPROTO, "HTTP %ld", status);
	result = xmlrpc_parse(body->data ? body->data : "", body->len, &value);
	if (result < 0)
		return bad_answer(ret_error, result, body);
	if (result > 0)
		return judge_fault(ret_error, &value);
	if (ret) {
		*ret = value;
		value = (struct xmlrpc_value){ .type = XMLRPC_NONE };
	}
	return XMLRPC_OK;
}

enum xmlrpc_outcome xmlrpc_call(struct xmlrpc_client *client, struct xmlrpc_value *ret, struct xmlrpc_error *ret_error,
				const char *method, const char *params, ...)
{
	CLEANUP(buf_done) struct buf call = BUF(CALL_MAX);
	CLEANUP(buf_done) struct buf body = BUF(XMLRPC_ANSWER_MAX);
	long status = 0;
	va_list args;
	int error;

	va_start(args, params);
	error = write_call(&call, method, params, args);
	va_end(args);
	if (error == -EINVAL)
		return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "a name with characters that XML cannot carry");
	if (error)
		return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "%s", strerror(-error));
	client->request.body = call.data;
	error = http_do(client->http, &client->request, &status, &body);
	client->request.body = NULL;
	if (error)
		return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "%s", http_why(client->http));
	return judge(ret, ret_error, status, &body);
}
