/* control_request.c: see control_request.h. */
#include "applets/heart/control_request.h"

#include <errno.h>
#include <string.h>

static const struct { const char *name; enum control_takes takes; } verbs[CONTROL_VERBS] = {
	[CONTROL_SET_CMD] = { "set-cmd", CONTROL_TAKES_ONE },
	[CONTROL_GET_CMD] = { "get-cmd", CONTROL_TAKES_NOTHING },
	[CONTROL_CLEAR_CMD] = { "clear-cmd", CONTROL_TAKES_NOTHING },
	[CONTROL_SET_CALLBACK] = { "set-callback", CONTROL_TAKES_ONE },
	[CONTROL_GET_CALLBACK] = { "get-callback", CONTROL_TAKES_NOTHING },
	[CONTROL_CLEAR_CALLBACK] = { "clear-callback", CONTROL_TAKES_NOTHING },
	[CONTROL_SET_OPTIONS] = { "set-options", CONTROL_MAY_TAKE },
	[CONTROL_GET_OPTIONS] = { "get-options", CONTROL_TAKES_NOTHING },
	[CONTROL_STATUS] = { "status", CONTROL_TAKES_NOTHING },
	[CONTROL_STATUS_JSON] = { "status-json", CONTROL_TAKES_NOTHING },
	[CONTROL_SNOOZE] = { "snooze", CONTROL_TAKES_ONE },
	[CONTROL_BEAT] = { "beat", CONTROL_TAKES_NOTHING },
};

enum control_verb control_verb_find(const char *name, size_t len)
{
	enum control_verb verb = 0;

	while (verb < CONTROL_VERBS && (strlen(verbs[verb].name) != len || memcmp(verbs[verb].name, name, len) != 0))
		verb++;
	return verb;
}

const char *control_verb_name(enum control_verb verb)
{
	return verb < CONTROL_VERBS ? verbs[verb].name : "no verb";
}

enum control_takes control_verb_takes(enum control_verb verb)
{
	return verb < CONTROL_VERBS ? verbs[verb].takes : CONTROL_TAKES_NOTHING;
}

int control_request_parse(const char *packet, size_t len, struct control_request *ret)
{
	const char *blank = len ? memchr(packet, ' ', len) : NULL;
	size_t verb_len = blank ? (size_t)(blank - packet) : len;
	struct control_request request = { .verb = control_verb_find(packet, verb_len) };

	if (len > CONTROL_PACKET_MAX || request.verb == CONTROL_VERBS)
		return -EBADMSG;
	if (verbs[request.verb].takes == (blank ? CONTROL_TAKES_NOTHING : CONTROL_TAKES_ONE))
		return -EBADMSG;
	if (blank) {
		request.argument = blank + 1;
		request.len = len - verb_len - 1;
	}
	*ret = request;
	return 0;
}

size_t control_request_write(const struct control_request *request, char ret[CONTROL_PACKET_MAX])
{
	const char *name = control_verb_name(request->verb);
	size_t at = strlen(name), room = CONTROL_PACKET_MAX - at - 1;
	size_t len = request->len < room ? request->len : room;

	memcpy(ret, name, at);
	if (!request->argument)
		return at;
	ret[at++] = ' ';
	memcpy(ret + at, request->argument, len);
	return at + len;
}
