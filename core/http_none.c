/* http_none.c: no HTTP: this build has no libcurl. */
#include "core/http.h"

#include <errno.h>

int http_open(struct http_client **ret, const char **ret_why)
{
	(void)ret;
	*ret_why = "built without libcurl";
	return -ENOSYS;
}

int http_do(struct http_client *client, const struct http_request *r, long *ret_status, struct buf *ret_body)
{
	(void)client;
	(void)r;
	(void)ret_status;
	(void)ret_body;
	return -ENOSYS;
}

const char *http_why(const struct http_client *client)
{
	(void)client;
	return "built without libcurl";
}

void http_free(struct http_client *client)
{
	(void)client;
}
