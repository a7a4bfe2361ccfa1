#include "applets/cluster/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fault_say(struct fault *fault, const char *file, unsigned line, const char *format, ...)
{
	struct ini_line at = { .file = file, .line = line };
	char place[FAULT_PLACE_SIZE];
	va_list args;
	int n = 0;

	if (file)
		n = snprintf(fault->text, sizeof(fault->text), "%s: ", fault_place(&at, place));
	va_start(args, format);
	vsnprintf(fault->text + n, sizeof(fault->text) - (size_t)n, format, args);
	va_end(args);
	return -EBADMSG;
}

int fault_ini(struct fault *fault, const struct ini_fault *found, int error)
{
	if (error != -ENOMEM)
		fault_say(fault, found->file, found->line, "%s", found->why);
	return error;
}

const char *fault_place(const struct ini_line *line, char ret[FAULT_PLACE_SIZE])
{
	if (!line->file)
		return "default";
	if (line->line)
		snprintf(ret, FAULT_PLACE_SIZE, "%s:%u", line->file, line->line);
	else
		snprintf(ret, FAULT_PLACE_SIZE, "%s", line->file);
	return ret;
}
