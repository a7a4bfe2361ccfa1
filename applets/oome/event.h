/* event.h: the supervisord event protocol, as a listener sees it (supervisord's manual, "Events").
 *
 * listener: "READY\n"; supervisord: one header line of "key:value" pairs, then `len` bytes of payload; listener:
 * "RESULT 2\nOK".
 *
 *   ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:TICK_5 len:15
 *   when:1201063880                                                                          (the payload)
 *
 * A pure state machine over bytes that arrive in any pieces. */
#ifndef OOME_EVENT_H
#define OOME_EVENT_H

#include <stdbool.h>
#include <stddef.h>

enum { EVENT_HEADER_MAX = 4096 };

struct event_reader {
	char header[EVENT_HEADER_MAX];
	size_t have;      /* bytes of the header line so far */
	size_t skip;      /* bytes of the payload still to come; payloads are not kept */
	bool tick;        /* the event whose payload is being skipped is a TICK_ */
	bool in_payload;
};

enum event_result {
	EVENT_MORE,  /* no whole event yet, all of DATA is used */
	EVENT_TICK,  /* one whole event: TICK_5, TICK_60, TICK_3600 */
	EVENT_OTHER, /* one whole event of another kind */
	EVENT_BAD,   /* not the protocol; *USED stands behind the bad line */
};

/* Feed bytes; RET_USED says how many of them belong to what is returned; call again with the rest. */
enum event_result event_feed(struct event_reader *reader, const char *data, size_t len, size_t *ret_used);

#endif
