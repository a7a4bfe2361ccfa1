/* control_request.h: what `heart ctl` asks of a guard: one packet, a verb and what follows it.
 *
 *   set-cmd /srv/app restart
 *
 * One blank separates; the rest of the packet is the argument, whatever is in it. Pure. */
#ifndef HEART_CONTROL_REQUEST_H
#define HEART_CONTROL_REQUEST_H

#include <stddef.h>

enum { CONTROL_PACKET_MAX = 4096 };

enum control_verb {
	CONTROL_SET_CMD, CONTROL_GET_CMD, CONTROL_CLEAR_CMD,
	CONTROL_SET_CALLBACK, CONTROL_GET_CALLBACK, CONTROL_CLEAR_CALLBACK,
	CONTROL_SET_OPTIONS, CONTROL_GET_OPTIONS,
	CONTROL_STATUS, CONTROL_STATUS_JSON, CONTROL_SNOOZE, CONTROL_BEAT,
	CONTROL_VERBS
};

/* What stands behind a verb: CONTROL_MAY_TAKE: an argument or nothing. */
enum control_takes { CONTROL_TAKES_NOTHING, CONTROL_TAKES_ONE, CONTROL_MAY_TAKE };

struct control_request {
	enum control_verb verb;
	const char *argument; /* in the packet; no NUL behind it; NULL: none. An empty one is one. */
	size_t len;
};

/* -EBADMSG: no such verb; an argument where the verb takes none, or none where it needs one; an overlong packet. */
int control_request_parse(const char *packet, size_t len, struct control_request *ret);

/* Write a request as a packet, for the other end. Returns its length. What is beyond CONTROL_PACKET_MAX is cut: the
 * guard takes no such argument, and says so. */
size_t control_request_write(const struct control_request *request, char ret[CONTROL_PACKET_MAX]);

/* The verb that the LEN bytes of NAME are; CONTROL_VERBS: none. */
enum control_verb control_verb_find(const char *name, size_t len);

/* "set-cmd"; never NULL. */
const char *control_verb_name(enum control_verb verb);

enum control_takes control_verb_takes(enum control_verb verb);

#endif
