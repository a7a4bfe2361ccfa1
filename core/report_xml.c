/* report_xml.c: a report as XML 1.0.
 *
 *   <report>
 *    <about><version>0.1.0</version>...</about>              what JSON has under "report"
 *    <section title="Green Threads">
 *     <item><stack_trace><lines/><end null="true"/></stack_trace></item>
 *    </section>
 *   </report>
 *
 * each element on a line of its own. What stands under a key in a map is an element of that name, or, where the key is
 * none that XML allows or one that has a meaning here, <entry name="the key">; what stands in a list is <item>. null is
 * an empty element with null="true". man/procguard-gmr.rng is the schema. */
#include "core/report.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/utf8.h"

/* An element: its name, and its one attribute, if it has one. */
struct element {
	const char *name;
	const char *attribute, *text;
};

struct writer {
	struct buf *out;
	int error; /* the first: nothing is added behind it */
};

static void add_bytes(struct writer *w, const char *data, size_t len)
{
	if (!w->error)
		w->error = buf_add(w->out, data, len);
}

static void add(struct writer *w, const char *text)
{
	add_bytes(w, text, strlen(text));
}

/* --- texts --- */

static const char *entity_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

/* How many bytes of TEXT stand for themselves. */
static size_t plain_length(const char *text)
{
	size_t len = 0;

	while (text[len] && !(text[len] & 0x80) && !entity_of(text[len]))
		len++;
	return len;
}

/* The character at TEXT, of more than one byte; returns how many it has. U+FFFE and U+FFFF are the only ones of a value
 * that XML 1.0 does not have (its production 2, Char). Attributes have all of them by number. */
static size_t add_wide(struct writer *w, const char *text, bool by_number)
{
	uint32_t code = 0;
	size_t len = utf8_char(text, strlen(text), &code);

	if (w->error)
		return len ? len : 1;
	if (len == 0)
		w->error = buf_printf(w->out, "\\x%02x", (unsigned char)*text);
	else if (code == 0xfffe || code == 0xffff)
		w->error = buf_printf(w->out, "\\xef\\xbf\\x%02x", (unsigned char)text[2]);
	else if (by_number)
		w->error = buf_printf(w->out, "&#x%" PRIX32 ";", code);
	else
		add_bytes(w, text, len);
	return len ? len : 1;
}

static void add_text(struct writer *w, const char *text, bool is_attribute)
{
	while (*text && !w->error) {
		size_t len = plain_length(text);

		add_bytes(w, text, len);
		text += len;
		if (*text & 0x80)
			text += add_wide(w, text, is_attribute);
		else if (*text)
			add(w, entity_of(*text++));
	}
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

static void indent(struct writer *w, size_t depth)
{
	static const char blanks[] = "                ";

	for (; depth > sizeof(blanks) - 1; depth -= sizeof(blanks) - 1)
		add(w, blanks);
	add_bytes(w, blanks, depth);
}

static void add_attribute(struct writer *w, const char *name, const char *text)
{
	add(w, " ");
	add(w, name);
	add(w, "=\"");
	add_text(w, text, true);
	add(w, "\"");
}

static void end(struct writer *w, const char *name)
{
	add(w, "</");
	add(w, name);
	add(w, ">\n");
}

static void add_scalar(struct writer *w, const struct value *value)
{
	if (value->kind == VALUE_STRING)
		add_text(w, value->string, false);
	else if (value->kind == VALUE_BOOL)
		add(w, value->boolean ? "true" : "false");
	else if (!w->error)
		w->error = buf_printf(w->out, "%" PRId64, value->integer);
}

static void add_element(struct writer *w, const struct element *element, const struct value *value, size_t depth);

static void add_item(struct writer *w, const struct value *item, size_t depth)
{
	struct element element = { .name = "item" };

	if (item->key && is_name(item->key))
		element.name = item->key;
	else if (item->key)
		element = (struct element){ "entry", "name", item->key };
	add_element(w, &element, item, depth);
}

/* On lines of its own. As deep as values nest: VALUE_DEPTH_MAX. */
static void add_element(struct writer *w, const struct element *element, const struct value *value, size_t depth)
{
	bool has_items = value->kind == VALUE_LIST || value->kind == VALUE_MAP;

	indent(w, depth);
	add(w, "<");
	add(w, element->name);
	if (element->attribute)
		add_attribute(w, element->attribute, element->text);
	if (value->kind == VALUE_NULL)
		add_attribute(w, "null", "true");
	if (value->kind == VALUE_NULL || (has_items && !value_first(value))) {
		add(w, "/>\n");
		return;
	}
	add(w, has_items ? ">\n" : ">");
	for (const struct value *item = value_first(value); item && !w->error; item = item->next)
		add_item(w, item, depth + 1);
	if (has_items)
		indent(w, depth);
	else
		add_scalar(w, value);
	end(w, element->name);
}

static void add_section(struct writer *w, const struct value *section)
{
	const char *title = section->key ? section->key : "";
	struct element element = { "section", "title", title };

	if (!strcmp(title, "report"))
		element = (struct element){ .name = "about" };
	add_element(w, &element, section, 1);
}

int report_xml(const struct value *report, struct buf *ret)
{
	struct writer w = { .out = ret };
	size_t before = ret->len;

	add(&w, value_first(report) ? "<report>\n" : "<report/>\n");
	for (const struct value *section = value_first(report); section && !w.error; section = section->next)
		add_section(&w, section);
	if (value_first(report))
		end(&w, "report");
	if (w.error && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return w.error;
}
