/* control_ask.h: ask a guard through its control socket (control.h), from the other end. */
#ifndef HEART_CONTROL_ASK_H
#define HEART_CONTROL_ASK_H

#include <stdint.h>

#include "applets/heart/control_request.h"
#include "core/buf.h"

/* Ask the guard at the socket PATH; the answer is appended to RET. Blocks for TIMEOUT_MS at most; who is dropped
 * without an answer asks again until then. -ENOENT, -ECONNREFUSED: no guard is there; -ETIMEDOUT: it does not answer;
 * -EPROTOTYPE, -EBADMSG: that is no guard; -ENAMETOOLONG; -ENOMEM; else connect(2)'s. */
int control_ask(const char *path, const struct control_request *request, int64_t timeout_ms, struct buf *ret);

#endif
