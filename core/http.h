/* http.h: one HTTP request, over TCP or a unix socket, by libcurl (http_curl.c), or refused (http_none.c).
 *
 * No proxy, no redirects, no netrc, only http and https, whatever environment and home directory say. */
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

/* -ENOSYS: built without libcurl; -ENOENT: libcurl is not installed. WHY, a constant or per-client text, says so for a person. */
int http_open(struct http_client **ret, const char **ret_why);

/* Do R; RET_STATUS is the HTTP status, RET_BODY its body up to RET_BODY->max (-ENOBUFS: longer). Blocks up to the timeout.
 * -ECONNREFUSED, -ENOENT (no socket file), -ETIMEDOUT, -ECONNRESET, -EPROTO, -EIO. http_why() has the text of the last failure. */
int http_do(struct http_client *client, const struct http_request *r, long *ret_status, struct buf *ret_body);
const char *http_why(const struct http_client *client);

void http_free(struct http_client *client);

#endif
