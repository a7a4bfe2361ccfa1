/* fuzz_notify_message.c: a datagram that any process may send; what is understood is in its documented range, and the
 * same when the datagram stands in memory that ends with it. */
#include "core/notify_message.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_status(const struct notify_message *m, const char *text, size_t size)
{
	if (!m->has_status) {
		if (m->status || m->status_len)
			abort();
		return;
	}
	if (m->status_len > NOTIFY_STATUS_MAX || m->status < text || m->status + m->status_len > text + size)
		abort();
	for (size_t i = 0; i < m->status_len; i++)
		if (strchr("\n\r", m->status[i])) /* finds NUL, too */
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct notify_message m;
	int count = notify_message_parse(text, size, &m);
	bool said = m.ready || m.reloading || m.stopping || m.beat || m.trigger || m.barrier || m.main_pid ||
		    m.watchdog_ms || m.extend_ms || m.error || m.has_status;

	if (count < 0 || (size_t)count > size / strlen("ERRNO=1") || said != (count > 0))
		abort();
	if (m.main_pid < 0 || m.error < 0 || m.watchdog_ms < 0 || m.extend_ms < 0 || m.extend_ms > INT64_MAX / 2)
		abort();
	check_status(&m, text, size);
	return 0;
}
