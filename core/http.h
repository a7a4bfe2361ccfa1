/* http.h: one HTTP request, over TCP or a unix socket, by libcurl (http_curl.c), or refused (http_none.c).
 *
 * No proxy, no redirects, no netrc, no compression, only http and https, whatever environment and home directory
 * say. */
#ifndef CORE_HTTP_H
#define CORE_HTTP_H

#include "core/buf.h"

struct http_request {
	const char *url;         /* http://..., https://... */
	const char *unix_socket; /* path, or NULL for TCP */
	const char *username;    /* basic authentication, or NULL */
	const char *password;
	const char *body;        /* POST it, or NULL: GET */
	const char *content_type;
	int timeout_ms;          /* for connection and answer together */
};

struct http_client; /* keeps a connection between requests */

/* -ENOSYS: built without libcurl; -ENOENT: libcurl is not installed; -ENOEXEC: it lacks a function; -ENOMEM. RET_WHY
 * says so for a person (valid until the next call into core/dl.h). Loads the library: milliseconds the first time. */
int http_open(struct http_client **ret, const char **ret_why);

/* Do R: RET_STATUS is the HTTP status, any; its body is appended to RET_BODY (NULL: it is read to its end and dropped).
 * Blocks up to the timeout. -ENOBUFS: the body is longer than RET_BODY->max allows, or the headers than 256 KiB;
 * -ECONNREFUSED, -ENOENT (no socket file), -EACCES, -ETIMEDOUT, -ECONNRESET, -EHOSTUNREACH, -EPROTO (not HTTP),
 * -EINVAL (not a URL of ours), -EIO. */
int http_do(struct http_client *client, const struct http_request *r, long *ret_status, struct buf *ret_body);

/* The last failure, for a person: "Connection refused". Never NULL; valid until the next http_do(). Holds no
 * credentials. */
const char *http_why(const struct http_client *client);

/* Close its connection and free it. Takes NULL. */
void http_free(struct http_client *client);

#endif
