/* fuzz_control_request.c: a packet of `heart ctl`; what is understood is written and is the same packet again. Its
 * argument then goes where commands, callbacks and options go. */
#include "applets/heart/control_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "applets/heart/settings.h"

static void check_settings(const struct control_request *request)
{
	struct settings settings;

	settings_reset(&settings, NULL, NULL, false);
	if (settings_set_command(&settings, request->argument, request->len) == 0 &&
	    strlen(settings_command(&settings)) != request->len)
		abort();
	if (settings_set_callback(&settings, request->argument, request->len) == 0 &&
	    strlen(settings_callback(&settings)) != request->len)
		abort();
	if (settings_set_options(&settings, request->argument, request->len) < 0 && settings.schedulers)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *packet = (const char *)data;
	char again[CONTROL_PACKET_MAX];
	struct control_request request;

	if (control_request_parse(packet, size, &request) < 0)
		return 0;
	if (request.argument && request.argument + request.len != packet + size)
		abort();
	if (control_request_write(&request, again) != size || memcmp(again, packet, size) != 0)
		abort();
	if (request.argument)
		check_settings(&request);
	return 0;
}
