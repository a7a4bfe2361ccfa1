/* http_curl.c: HTTP by libcurl, see libcurl-easy(3). The only file that knows curl. */
#define CURL_DISABLE_TYPECHECK  /* its macros call curl_easy_setopt() by name, which is not linked */
#define CURL_DISABLE_DEPRECATION /* CURLOPT_PROTOCOLS: its successor needs 7.85, Debian 11 and RHEL 9 have older ones */

#include "core/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/dl.h"

DL_SONAMES(curl_sonames, "rpc", "XML-RPC to supervisord and callback URLs, by HTTP", "recommended",
	   "libcurl.so.4", "libcurl-gnutls.so.4");

enum { HEADERS_MAX = 256 * 1024 };

struct curl_functions {
	__typeof__(curl_easy_init) *curl_easy_init;
	__typeof__(curl_easy_setopt) *curl_easy_setopt;
	__typeof__(curl_easy_perform) *curl_easy_perform;
	__typeof__(curl_easy_getinfo) *curl_easy_getinfo;
	__typeof__(curl_easy_strerror) *curl_easy_strerror;
	__typeof__(curl_easy_cleanup) *curl_easy_cleanup;
	__typeof__(curl_slist_append) *curl_slist_append;
	__typeof__(curl_slist_free_all) *curl_slist_free_all;
};

struct http_client {
	struct curl_functions f;
	CURL *handle;
	char curl_text[CURL_ERROR_SIZE]; /* written by curl while it works */
	char why[CURL_ERROR_SIZE];
};

/* What one answer brings. */
struct answer {
	struct buf *body; /* NULL: it is not kept */
	size_t headers; /* bytes of header lines so far */
	int error;      /* why receiving was broken off, or 0 */
};

static int load_functions(struct curl_functions *f, const char **ret_why)
{
	const struct dl_symbol symbols[] = {
		DL_SYMBOL(*f, curl_easy_init),     DL_SYMBOL(*f, curl_easy_setopt),  DL_SYMBOL(*f, curl_easy_perform),
		DL_SYMBOL(*f, curl_easy_getinfo),  DL_SYMBOL(*f, curl_easy_strerror), DL_SYMBOL(*f, curl_easy_cleanup),
		DL_SYMBOL(*f, curl_slist_append), DL_SYMBOL(*f, curl_slist_free_all),
	};
	const struct dl_library library = { curl_sonames, symbols, sizeof(symbols) / sizeof(*symbols) };

	return dl_load(&library, ret_why);
}

/* Called by curl; a return other than N breaks the transfer off. */
static size_t take_body(char *data, size_t size, size_t n, void *context)
{
	struct answer *answer = context;

	answer->error = answer->body ? buf_add(answer->body, data, size * n) : 0;
	return answer->error ? 0 : size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
	struct answer *answer = context;

	(void)data;
	answer->headers += size * n;
	if (answer->headers <= HEADERS_MAX)
		return size * n;
	answer->error = -ENOBUFS;
	return 0;
}

/* What holds for every request. A library that refuses one of these is not used: it cannot be told to leave proxies
 * alone. */
static CURLcode set_rules(struct http_client *client)
{
	CURL *h = client->handle;
	const struct { CURLoption option; long value; } numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP09_ALLOWED, 0 },
		{ CURLOPT_FAILONERROR, 0 },
	};
	const struct { CURLoption option; const void *value; } pointers[] = {
		{ CURLOPT_PROXY, "" },
		{ CURLOPT_NOPROXY, "*" },
		{ CURLOPT_ACCEPT_ENCODING, NULL },
		{ CURLOPT_ERRORBUFFER, client->curl_text },
		{ CURLOPT_WRITEFUNCTION, (const void *)take_body },
		{ CURLOPT_HEADERFUNCTION, (const void *)take_header },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; !code && i < sizeof(numbers) / sizeof(*numbers); i++)
		code = client->f.curl_easy_setopt(h, numbers[i].option, numbers[i].value);
	for (size_t i = 0; !code && i < sizeof(pointers) / sizeof(*pointers); i++)
		code = client->f.curl_easy_setopt(h, pointers[i].option, pointers[i].value);
	return code;
}

static CURLcode set_request(struct http_client *client, const struct http_request *r, struct curl_slist *headers,
			    struct answer *answer)
{
	CURL *h = client->handle;
	const struct { CURLoption option; const void *value; } pointers[] = {
		{ CURLOPT_URL, r->url },
		{ CURLOPT_UNIX_SOCKET_PATH, r->unix_socket },
		{ CURLOPT_USERNAME, r->username },
		{ CURLOPT_PASSWORD, r->username ? r->password : NULL },
		{ CURLOPT_HTTPHEADER, headers },
		{ CURLOPT_WRITEDATA, answer },
		{ CURLOPT_HEADERDATA, answer },
	};
	CURLcode code = client->f.curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);

	if (!code)
		code = client->f.curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)r->timeout_ms);
	for (size_t i = 0; !code && i < sizeof(pointers) / sizeof(*pointers); i++)
		code = client->f.curl_easy_setopt(h, pointers[i].option, pointers[i].value);
	/* Setting the body makes it a POST; HTTPGET undoes that for the next one. */
	if (!code && r->body)
		code = client->f.curl_easy_setopt(h, CURLOPT_POSTFIELDS, r->body);
	if (!code && r->body)
		return client->f.curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)strlen(r->body));
	return code ? code : client->f.curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
}

/* -errno of a transfer that failed with CODE, where the system call's own number says nothing better. */
static int code_errno(CURLcode code)
{
	static const struct { CURLcode code; int error; } table[] = {
		{ CURLE_OUT_OF_MEMORY, -ENOMEM },          { CURLE_URL_MALFORMAT, -EINVAL },
		{ CURLE_UNSUPPORTED_PROTOCOL, -EPROTO },   { CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH },
		{ CURLE_COULDNT_CONNECT, -ECONNREFUSED },  { CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
		{ CURLE_GOT_NOTHING, -ECONNRESET },        { CURLE_RECV_ERROR, -ECONNRESET },
		{ CURLE_SEND_ERROR, -ECONNRESET },         { CURLE_PARTIAL_FILE, -ECONNRESET },
		{ CURLE_WEIRD_SERVER_REPLY, -EPROTO },     { CURLE_BAD_CONTENT_ENCODING, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].code == code)
			return table[i].error;
	return -EIO;
}

static int fail(struct http_client *client, int error, const char *text)
{
	snprintf(client->why, sizeof(client->why), "%s", text);
	return error;
}

/* A transfer failed with CODE. "Connection refused" says more than curl's "Couldn't connect to server". */
static int fail_transfer(struct http_client *client, CURLcode code, const struct answer *answer)
{
	long os_error = 0;

	client->f.curl_easy_getinfo(client->handle, CURLINFO_OS_ERRNO, &os_error);
	if (answer->error == -ENOBUFS)
		return fail(client, answer->error, "the answer is too long");
	if (answer->error)
		return fail(client, answer->error, strerror(-answer->error));
	if (code == CURLE_COULDNT_CONNECT && os_error > 0)
		return fail(client, -(int)os_error, strerror((int)os_error));
	return fail(client, code_errno(code),
		    client->curl_text[0] ? client->curl_text : client->f.curl_easy_strerror(code));
}

static void free_headers(struct http_client *client, struct curl_slist *headers)
{
	if (headers)
		client->f.curl_slist_free_all(headers);
}

/* "Expect:" without a value: curl must not send "Expect: 100-continue", which supervisord's server does not answer. */
static int make_headers(struct http_client *client, const struct http_request *r, struct curl_slist **ret)
{
	CLEANUP(buf_done) struct buf line = BUF(256);
	struct curl_slist *list = client->f.curl_slist_append(NULL, "Expect:");
	struct curl_slist *longer = list;
	int error = list ? 0 : -ENOMEM;

	if (!error && r->content_type)
		error = buf_printf(&line, "Content-Type: %s", r->content_type);
	if (!error && r->content_type)
		longer = client->f.curl_slist_append(list, line.data);
	if (error || !longer) {
		free_headers(client, list);
		return error ? error : -ENOMEM;
	}
	*ret = longer;
	return 0;
}

static bool is_web_url(const char *url)
{
	return !strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8);
}

int http_do(struct http_client *client, const struct http_request *r, long *ret_status, struct buf *ret_body)
{
	struct answer answer = { .body = ret_body };
	struct curl_slist *headers = NULL;
	size_t before = ret_body ? ret_body->len : 0;
	CURLcode code;
	int error;

	client->curl_text[0] = '\0';
	if (!is_web_url(r->url))
		return fail(client, -EINVAL, "not a URL of http or https");
	error = make_headers(client, r, &headers);
	if (error)
		return fail(client, error, strerror(-error));
	code = set_request(client, r, headers, &answer);
	if (!code)
		code = client->f.curl_easy_perform(client->handle);
	/* The list must not be freed while the handle still points at it. */
	client->f.curl_easy_setopt(client->handle, CURLOPT_HTTPHEADER, NULL);
	free_headers(client, headers);
	if (!code) {
		client->f.curl_easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, ret_status);
		return 0;
	}
	if (ret_body && ret_body->data) {
		ret_body->len = before;
		ret_body->data[before] = '\0';
	}
	return fail_transfer(client, code, &answer);
}

const char *http_why(const struct http_client *client)
{
	return client->why;
}

int http_open(struct http_client **ret, const char **ret_why)
{
	struct http_client *client = calloc(1, sizeof(*client));
	int error;

	*ret_why = strerror(ENOMEM);
	if (!client)
		return -ENOMEM;
	error = load_functions(&client->f, ret_why);
	if (!error) {
		client->handle = client->f.curl_easy_init();
		error = client->handle ? 0 : -ENOMEM;
	}
	if (!error && set_rules(client)) {
		*ret_why = "this libcurl is not usable";
		error = -ENOEXEC;
	}
	if (error) {
		http_free(client);
		return error;
	}
	*ret = client;
	return 0;
}

void http_free(struct http_client *client)
{
	if (client && client->handle)
		client->f.curl_easy_cleanup(client->handle);
	free(client);
}
