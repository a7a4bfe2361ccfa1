/* xmlrpc.h: an XML-RPC client (xmlrpc.com/spec) for supervisord's interface.
 *
 * The call is written here; the answer is read by libxml2 (xmlrpc_xml2.c), or not at all (xmlrpc_none.c). It is
 * UTF-8, whatever it declares. DTDs, entities and network access are off. What XML does not allow (supervisord sends
 * a program's control characters as they are) is read as '?'.
 *
 * Caps: an answer of 16 MiB, of 100,000 values, nested 16 deep (getAllProcessInfo of 5,000 programs has 75,000
 * values in 5 MB). */
#ifndef CORE_XMLRPC_H
#define CORE_XMLRPC_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum { XMLRPC_ANSWER_MAX = 16 * 1024 * 1024, XMLRPC_VALUES_MAX = 100000, XMLRPC_DEPTH_MAX = 16 };

enum xmlrpc_type { XMLRPC_NONE, XMLRPC_INT, XMLRPC_BOOL, XMLRPC_STRING, XMLRPC_ARRAY, XMLRPC_STRUCT };

/* A value; strings, items and members belong to the whole, which xmlrpc_value_done() frees. Types that supervisord
 * never sends (double, base64, dateTime, nil) are read as strings of their text. */
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

/* Free all that is below VALUE, not VALUE itself, which is XMLRPC_NONE then. Takes NULL. */
void xmlrpc_value_done(struct xmlrpc_value *value);

/* Bytes of the UTF-8 character at the start of TEXT if XML 1.0 allows it (its production 2, Char); else 0. Pure. */
size_t xmlrpc_char(const char *text, size_t len);

/* Append to RET what xmlrpc_parse() gives to the parser: TEXT with '?' in place of each byte and each character
 * reference that XML does not allow. -EBADMSG: it has a DOCTYPE; -ENOBUFS, -ENOMEM. Pure. */
int xmlrpc_clean(const char *text, size_t len, struct buf *ret);

/* Parse a methodResponse. 0: RET is the value; 1: it is a fault, RET its struct (faultCode, faultString). -EBADMSG:
 * not XML-RPC, or DTD, or over a cap; -ENOMEM; -ENOSYS: built without libxml2; -ENOENT: libxml2 is not installed;
 * -ENOEXEC: it lacks a function. */
int xmlrpc_parse(const char *text, size_t len, struct xmlrpc_value *ret);

/* Append a methodCall to RET: PARAMS says the types: "s" a string, "b" a bool (int). Strings are escaped. -ENOBUFS;
 * -ENOMEM; -EINVAL: a string that XML cannot carry. On failure RET is not to be used. */
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
	XMLRPC_FAILED,       /* no connection, an HTTP error, a broken answer: text and cause say which. May pass. */
	XMLRPC_MISSING,      /* a library is not there, or no URL; text says which. Will not pass. */
};

/* TEXT is for a person and never holds credentials; what of it comes from the server is raw, so log it escaped. */
struct xmlrpc_error {
	enum xmlrpc_outcome outcome;
	int fault_code;
	int cause;      /* XMLRPC_FAILED: -errno: -ECONNREFUSED, -ENOENT (no socket file), -EBADMSG... */
	char text[256];
};

/* Note an OUTCOME and a text in ERROR (may be NULL), and return OUTCOME. */
enum xmlrpc_outcome xmlrpc_fail(struct xmlrpc_error *error, enum xmlrpc_outcome outcome, int cause,
				const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Connects not yet, but makes sure that the libraries are there: a call whose answer cannot be read must not be
 * made. -EINVAL: the URL is of no kind we speak; -ENOSYS, -ENOENT, -ENOEXEC: a library (XMLRPC_MISSING); -ENOMEM.
 * The strings of SERVER but its URL must outlive the client. */
int xmlrpc_open(const struct xmlrpc_server *server, struct xmlrpc_client **ret, struct xmlrpc_error *ret_error);
void xmlrpc_free(struct xmlrpc_client *client); /* takes NULL */

/* Call METHOD with PARAMS as xmlrpc_write_call(); RET (may be NULL) is freed by the caller with xmlrpc_value_done()
 * on XMLRPC_OK. Blocks up to the timeout. */
enum xmlrpc_outcome xmlrpc_call(struct xmlrpc_client *client, struct xmlrpc_value *ret, struct xmlrpc_error *ret_error,
				const char *method, const char *params, ...);

#endif
