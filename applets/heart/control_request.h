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

struct control_request {
	enum control_verb verb;
	const char *argument; /* in the packet; no NUL behind it */
	size_t len;
};

/* -EBADMSG: no such verb; an argument where the verb takes none, or none where it needs one (set-options may have
 * none); an overlong packet. */
int control_request_parse(const char *packet, size_t len, struct control_request *ret);

/* "set-cmd"; never NULL. */
const char *control_verb_name(enum control_verb verb);

#endif
