#include "applets/gmr/sections.h"

#include <stdarg.h>

#include "core/cleanup.h"

enum { NOTE_MAX = 4096 };

void section_note(struct gmr_report *report, const char *section, const char *format, ...)
{
	CLEANUP(buf_done) struct buf text = BUF(NOTE_MAX);
	struct value *note;
	va_list args;

	va_start(args, format);
	(void)buf_vprintf(&text, format, args);
	va_end(args);
	note = value_add_map(&report->tree, report->notes, NULL);
	value_add_string(&report->tree, note, "section", section);
	value_add_bytes(&report->tree, note, "text", text.data, text.len);
}
