/* xmlrpc.h: an XML-RPC client (xmlrpc.com/spec) for supervisord's interface.
 *
 * The call is written here; the answer is read by libxml2 (xmlrpc_xml2.c), or not at all (xmlrpc_none.c). DTDs, entities and
 * network access are off; control characters that XML does not allow (supervisord sends them as they are) are read as '?'. */
#ifndef CORE_XMLRPC_H
#define CORE_XMLRPC_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum xmlrpc_type { XMLRPC_NONE, XMLRPC_INT, XMLRPC_BOOL, XMLRPC_STRING, XMLRPC_ARRAY, XMLRPC_STRUCT };

/* A value; strings, items and members belong to the whole, which xmlrpc_value_done() frees. Types that supervisord never sends (double, base64,
 * dateTime, nil) are read as strings of their text. */
struct xmlrpc_value {
	enum xmlrpc_type type;
	char *name;                  /* the member's name in a struct, else NULL */
	char *string;                /* XMLRPC_STRING: UTF-8 */
	int64_t number;              /* XMLRPC_INT, XMLRPC_BOOL */
	struct xmlrpc_value *items;  /* XMLRPC_ARRAY, XMLRPC_STRUCT */
	size_t count;
};

/* The member NAME of a struct; NULL: none. */
const struct xmlrpc_value *xmlrpc_member(const struct xmlrpc_value *value, const char *name);
/* Its number or string; FALLBACK where it is missing or of another type. */
int64_t xmlrpc_member_int(const struct xmlrpc_value *value, const char *name, int64_t fallback);
const char *xmlrpc_member_string(const struct xmlrpc_value *value, const char *name, const char *fallback);

void xmlrpc_value_done(struct xmlrpc_value *value);

/* Parse a methodResponse. 0: RET is the value; 1: it is a fault, RET its struct (faultCode, faultString). -EBADMSG: not XML-RPC, or DTD,
 * or deeper or larger than the caps; -ENOSYS: built without libxml2; -ENOENT: libxml2 is not installed. */
int xmlrpc_parse(const char *text, size_t len, struct xmlrpc_value *ret);

/* Write a methodCall into RET: PARAMS says the types: "s" a string, "b" a bool (int). Strings are escaped. -ENOBUFS, -EINVAL. */
int xmlrpc_write_call(struct buf *ret, const char *method, const char *params, ...);

struct xmlrpc_client;

struct xmlrpc_server {
	const char *url;      /* SUPERVISOR_SERVER_URL: unix://PATH or http(s)://HOST[:PORT] */
	const char *username; /* or NULL */
	const char *password;
	int timeout_ms;       /* of one call */
};

/* What a call came to. */
enum xmlrpc_outcome {
	XMLRPC_OK,
	XMLRPC_FAULT,        /* the server's answer: fault_code, text */
	XMLRPC_UNAUTHORIZED, /* HTTP 401 */
	XMLRPC_FAILED,       /* no connection, an HTTP error, a broken answer; text says which. May pass. */
	XMLRPC_MISSING,      /* a library is not there; text says which. Will not pass. */
};

struct xmlrpc_error { enum xmlrpc_outcome outcome; int fault_code; char text[256]; };

/* -EINVAL: the URL is of no kind we speak; -ENOMEM. The strings of SERVER must outlive the client. */
int xmlrpc_open(const struct xmlrpc_server *server, struct xmlrpc_client **ret, struct xmlrpc_error *ret_error);
void xmlrpc_free(struct xmlrpc_client *client);

/* Call METHOD with PARAMS as xmlrpc_write_call(); RET (may be NULL) is freed by the caller with xmlrpc_value_done() on XMLRPC_OK. Blocks up to the timeout. */
enum xmlrpc_outcome xmlrpc_call(struct xmlrpc_client *client, struct xmlrpc_value *ret, struct xmlrpc_error *ret_error,
				const char *method, const char *params, ...);

#endif
