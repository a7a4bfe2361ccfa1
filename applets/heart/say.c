#include "applets/heart/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/log.h"

enum { SAY_MAX = 8192, CTIME_SIZE = 26, CTIME_SHOWN = 24 };

void say(const char *format, ...)
{
	char text[SAY_MAX], line[SAY_MAX + 64], when[CTIME_SIZE] = "";
	struct buf out = { .data = line, .size = sizeof(line), .max = sizeof(line) - sizeof("\r\n") };
	time_t now = time(NULL);
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line[0] = '\0';
	buf_printf(&out, "heart: %.*s: ", CTIME_SHOWN, ctime_r(&now, when) ? when : "");
	buf_add_escaped_part(&out, text, strlen(text), false);
	out.max = sizeof(line) - 1;
	buf_adds(&out, "\r\n");
	log_bytes(out.data, out.len);
}
