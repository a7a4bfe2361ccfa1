/* report_xml_xml2.c: a report as XML, by libxml2's xmlTextWriter. The only file that knows libxml2 for it.
 *
 *   <report>
 *    <about><version>0.1.0</version>...</about>              what JSON has under "report"
 *    <section title="Green Threads">
 *     <item><stack_trace><lines/><end null="true"/></stack_trace></item>
 *    </section>
 *   </report>
 *
 * What stands under a key in a map is an element of that name, or, where the key is none that XML allows or one that
 * has a meaning here, <entry name="the key">; what stands in a list is <item>. null is an empty element with
 * null="true". man/procguard-gmr.rng is the schema.
 *
 * Only functions are used, never fields of its structs: these differ between libxml2.so.2 and libxml2.so.16. */
#include "core/report.h"

#include <errno.h>
#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/dl.h"

DL_SONAMES(xml2_sonames, "report", "Reports as XML", "suggested", "libxml2.so.2", "libxml2.so.16");

struct xml_functions {
	__typeof__(xmlOutputBufferCreateIO) *xmlOutputBufferCreateIO;
	__typeof__(xmlOutputBufferClose) *xmlOutputBufferClose;
	__typeof__(xmlNewTextWriter) *xmlNewTextWriter;
	__typeof__(xmlFreeTextWriter) *xmlFreeTextWriter;
	__typeof__(xmlTextWriterSetIndent) *xmlTextWriterSetIndent;
	__typeof__(xmlTextWriterStartElement) *xmlTextWriterStartElement;
	__typeof__(xmlTextWriterEndElement) *xmlTextWriterEndElement;
	__typeof__(xmlTextWriterWriteAttribute) *xmlTextWriterWriteAttribute;
	__typeof__(xmlTextWriterWriteString) *xmlTextWriterWriteString;
};

struct writer {
	struct xml_functions f;
	xmlTextWriterPtr to;
	struct buf *out;
	int error;
};

static int load_functions(struct xml_functions *f, const char **ret_why)
{
	const struct dl_symbol symbols[] = {
		DL_SYMBOL(*f, xmlOutputBufferCreateIO),   DL_SYMBOL(*f, xmlOutputBufferClose),
		DL_SYMBOL(*f, xmlNewTextWriter),          DL_SYMBOL(*f, xmlFreeTextWriter),
		DL_SYMBOL(*f, xmlTextWriterSetIndent),    DL_SYMBOL(*f, xmlTextWriterStartElement),
		DL_SYMBOL(*f, xmlTextWriterEndElement),   DL_SYMBOL(*f, xmlTextWriterWriteAttribute),
		DL_SYMBOL(*f, xmlTextWriterWriteString),
	};
	const struct dl_library library = { xml2_sonames, symbols, sizeof(symbols) / sizeof(*symbols) };

	return dl_load(&library, ret_why);
}

/* libxml2 gives its bytes here. After an error they are thrown away: it would print about a failure to stderr. */
static int take_bytes(void *context, const char *data, int len)
{
	struct writer *w = context;

	if (!w->error && len > 0)
		w->error = buf_add(w->out, data, (size_t)len);
	return len;
}

/* All that these functions can fail for is memory. */
static void note(struct writer *w, int result)
{
	if (result < 0 && !w->error)
		w->error = -ENOMEM;
}

/* --- strings --- */

/* U+FFFE and U+FFFF, the only characters of a value's string that XML 1.0 does not have (its production 2, Char). */
static bool is_no_character(const char *text)
{
	return !strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3);
}

/* TEXT with such as \xNN in RET; 0 and an empty RET: it has none. */
static int replace_no_characters(const char *text, struct buf *ret)
{
	const char *rest = text;
	int r = 0;

	if (!strstr(text, "\xef\xbf\xbe") && !strstr(text, "\xef\xbf\xbf"))
		return 0;
	for (; r == 0 && *rest; rest++) {
		if (is_no_character(rest)) {
			r = buf_printf(ret, "\\xef\\xbf\\x%02x", (unsigned char)rest[2]);
			rest += 2;
		} else {
			r = buf_add(ret, rest, 1);
		}
	}
	return r;
}

/* TEXT as the text of the element that is open, or as its attribute NAME. */
static void add_text(struct writer *w, const char *name, const char *text)
{
	CLEANUP(buf_done) struct buf replaced = BUF(w->out->max);
	int r = replace_no_characters(text, &replaced);
	const xmlChar *string = (const xmlChar *)(replaced.len > 0 ? replaced.data : text);

	if (r < 0)
		w->error = w->error ? w->error : r;
	else if (name)
		note(w, w->f.xmlTextWriterWriteAttribute(w->to, (const xmlChar *)name, string));
	else
		note(w, w->f.xmlTextWriterWriteString(w->to, string));
}

/* --- elements --- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Names beginning with "xml" are reserved, "entry" and "item" have a meaning here. */
static bool is_name(const char *key)
{
	if (!is_letter(key[0]) || !strncasecmp(key, "xml", 3) || !strcmp(key, "entry") || !strcmp(key, "item"))
		return false;
	for (const char *c = key; *c; c++)
		if (!is_letter(*c) && !(*c >= '0' && *c <= '9') && *c != '-' && *c != '.')
			return false;
	return true;
}

static void start(struct writer *w, const char *name)
{
	note(w, w->f.xmlTextWriterStartElement(w->to, (const xmlChar *)name));
}

static void end(struct writer *w)
{
	note(w, w->f.xmlTextWriterEndElement(w->to));
}

static void start_key(struct writer *w, const char *key)
{
	bool named = is_name(key);

	start(w, named ? key : "entry");
	if (!named)
		add_text(w, "name", key);
}

static void add_scalar(struct writer *w, const struct value *value)
{
	char number[24];

	switch (value->kind) {
	case VALUE_BOOL:
		add_text(w, NULL, value->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		snprintf(number, sizeof(number), "%" PRId64, value->integer);
		add_text(w, NULL, number);
		break;
	case VALUE_STRING:
		add_text(w, NULL, value->string);
		break;
	default:
		add_text(w, "null", "true");
	}
}

/* What is in the element that is open. As deep as values nest: VALUE_DEPTH_MAX. */
static void add_inside(struct writer *w, const struct value *value)
{
	if (value->kind != VALUE_LIST && value->kind != VALUE_MAP) {
		add_scalar(w, value);
		return;
	}
	for (const struct value *item = value_first(value); item && !w->error; item = item->next) {
		if (item->key)
			start_key(w, item->key);
		else
			start(w, "item");
		add_inside(w, item);
		end(w);
	}
}

static void add_report(struct writer *w, const struct value *report)
{
	start(w, "report");
	for (const struct value *section = value_first(report); section && !w->error; section = section->next) {
		const char *title = section->key ? section->key : "";

		if (!strcmp(title, "report")) {
			start(w, "about");
		} else {
			start(w, "section");
			add_text(w, "title", title);
		}
		add_inside(w, section);
		end(w);
	}
	end(w);
}

static int write_report(struct writer *w, const struct value *report)
{
	xmlOutputBufferPtr out = w->f.xmlOutputBufferCreateIO(take_bytes, NULL, w, NULL);

	if (!out)
		return -ENOMEM;
	w->to = w->f.xmlNewTextWriter(out);
	if (!w->to) {
		w->f.xmlOutputBufferClose(out);
		return -ENOMEM;
	}
	note(w, w->f.xmlTextWriterSetIndent(w->to, 1));
	add_report(w, report);
	w->f.xmlFreeTextWriter(w->to); /* gives take_bytes() what is left, and closes OUT */
	return w->error;
}

int report_xml(const struct value *report, struct buf *ret, const char **ret_why)
{
	struct writer w = { .out = ret };
	size_t before = ret->len;
	int r = load_functions(&w.f, ret_why);

	if (r == 0)
		r = write_report(&w, report);
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}
