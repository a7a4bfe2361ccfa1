#include "core/ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/ini_private.h"

struct parser {
	struct ini ini;
	const char *file;
	char *at, *end; /* what is left of the text, a copy of ours */
	unsigned line;
	struct ini_section *section; /* NULL: none yet */
	struct ini_option *option;   /* whose value may go on; NULL: none */
	bool block;                  /* its value begins below it */
	bool apart;                  /* in a conditional section */
	size_t options, lines;
	struct ini_fault *fault;
};

static void parser_done(struct parser *p)
{
	ini_done(&p->ini);
}

static int __attribute__((format(printf, 3, 4))) fault(struct parser *p, int error, const char *format, ...)
{
	va_list args;

	p->fault->file = p->file;
	p->fault->line = p->line;
	va_start(args, format);
	vsnprintf(p->fault->why, sizeof(p->fault->why), format, args);
	va_end(args);
	return error;
}

static int bad_line(struct parser *p, const struct span *line, const char *what)
{
	return fault(p, -EBADMSG, "'%.*s%s' %s", span_len(line) > 80 ? 80 : (int)span_len(line), line->at,
		     span_len(line) > 80 ? "..." : "", what);
}

/* ---- words ---- */

/* Make a string of S, in the copy of the text: what stands behind it is white space or has been understood. */
static const char *string(const struct span *s)
{
	*(char *)s->end = '\0';
	return s->at;
}

/* ---- "[name]", "[name:expression] # comment" ---- */

struct header { struct span name, expression; bool conditional; };

static bool is_name(char c, const char *not_in)
{
	return c != '\0' && !strchr(not_in, c);
}

static void take_name(struct span *s, const char *not_in, struct span *ret)
{
	ret->at = s->at;
	while (s->at < s->end && is_name(*s->at, not_in) && ini_space(s->at, s->end) == 0)
		s->at++;
	ret->end = s->at;
}

/* Behind the name: the expression up to the last "]" before a comment. */
static bool take_expression(struct span *s, struct span *ret)
{
	struct span rest = *s;

	while (rest.at < rest.end && *rest.at != '#' && *rest.at != ';')
		rest.at++;
	*ret = (struct span){ .at = s->at, .end = rest.at };
	ini_strip_right(ret);
	if (span_len(ret) == 0 || ret->end[-1] != ']')
		return false;
	ret->end--;
	return true;
}

static bool is_header(struct span line, struct header *ret)
{
	*ret = (struct header){ 0 };
	if (!span_take_prefix(&line, "["))
		return false;
	ini_strip_left(&line);
	take_name(&line, "#[]:;{}", &ret->name);
	ini_strip_left(&line);
	if (span_len(&ret->name) == 0)
		return false;
	if (span_take_prefix(&line, ":")) {
		if (!take_expression(&line, &ret->expression))
			return false;
		ret->conditional = span_len(&ret->expression) > 0;
		return true;
	}
	if (!span_take_prefix(&line, "]"))
		return false;
	ini_strip_left(&line);
	return span_len(&line) == 0 || *line.at == '#' || *line.at == ';';
}

static int add_condition(struct parser *p, const struct header *header)
{
	const struct ini_condition condition = {
		.section = string(&header->name), .expression = string(&header->expression),
		.file = p->ini.texts->file, .line = p->line,
	};

	return ini_condition_add(&p->ini, &condition);
}

static int take_header(struct parser *p, const struct header *header)
{
	const char *name;

	p->option = NULL;
	p->apart = header->conditional;
	if (p->ini.count + p->ini.condition_count >= INI_SECTIONS_MAX)
		return fault(p, -E2BIG, "more than %d sections", INI_SECTIONS_MAX);
	if (header->conditional)
		return add_condition(p, header);
	name = string(&header->name);
	p->section = ini_find(&p->ini, name);
	return p->section ? 0 : ini_section_add(&p->ini, name, &p->section);
}

/* ---- "name = value", "name += value", "=> parts" ---- */

static int add_line(struct parser *p, const struct span *text)
{
	if (++p->lines > INI_LINES_MAX)
		return fault(p, -E2BIG, "more than %d lines of values", INI_LINES_MAX);
	return ini_value_add(&p->option->value, (struct ini_line){ string(text), p->ini.texts->file, p->line });
}

struct assignment { struct span name, value; enum ini_op op; };

/* The sign may stand behind white space, or be the last of the name: "a+=b", "a += b", "a++=b". */
static void take_sign(struct span *line, struct assignment *ret)
{
	const char *last = ret->name.end - 1;

	ini_strip_left(line);
	if (line->at < line->end && (*line->at == '+' || *line->at == '-'))
		last = line->at++;
	ret->op = *last == '+' ? INI_ADD : *last == '-' ? INI_REMOVE : INI_SET;
	while (ret->op != INI_SET && ret->name.end > ret->name.at && ret->name.end[-1] == *last)
		ret->name.end--;
}

/* False: LINE is of another form. */
static bool is_assignment(struct span line, struct assignment *ret)
{
	take_name(&line, "{}[]=:", &ret->name);
	if (span_len(&ret->name) == 0)
		return false;
	take_sign(&line, ret);
	if (!span_take_prefix(&line, "="))
		return false;
	ini_strip_left(&line);
	ini_strip_right(&line);
	ret->value = line;
	return true;
}

static int take_option(struct parser *p, const char *name, enum ini_op op, const struct span *value)
{
	int r = 0;

	if (++p->options > INI_OPTIONS_MAX)
		return fault(p, -E2BIG, "more than %d options", INI_OPTIONS_MAX);
	p->option = ini_option_of(p->section, name, op);
	if (p->option)
		ini_value_done(&p->option->value);
	else
		r = ini_option_add(p->section, name, op, &p->option);
	p->block = span_len(value) == 0;
	return r < 0 ? r : add_line(p, value);
}

static int take_other(struct parser *p, const struct span *line)
{
	struct span parts = *line;
	struct assignment a;
	struct header header;

	if (is_header(*line, &header))
		return take_header(p, &header);
	if (!p->section && !p->apart)
		return bad_line(p, line, "stands before the first [SECTION]");
	if (span_take_prefix(&parts, "=>")) {
		ini_strip_left(&parts);
		ini_strip_right(&parts);
		return p->apart ? 0 : take_option(p, "<part-dependencies>", INI_SET, &parts);
	}
	if (!is_assignment(*line, &a))
		return bad_line(p, line, line->at[0] == '[' ? "is no [SECTION]" : "is no OPTION = VALUE");
	return p->apart ? 0 : take_option(p, string(&a.name), a.op, &a.value);
}

/* ---- values of several lines ---- */

static int take_continuation(struct parser *p, struct span line)
{
	ini_strip_right(&line);
	if (!p->block) {
		ini_strip_left(&line);
		if (span_len(&line) == 0)
			return 0;
	}
	return add_line(p, &line);
}

/* The blanks and tabs that all lines begin with. Other white space is no indentation to Python's textwrap.dedent(). */
static size_t margin(const struct ini_value *value)
{
	const char *first = NULL;
	size_t width = 0;

	for (size_t i = 0; i < value->count; i++) {
		const char *text = value->lines[i].text;
		size_t same = 0;

		if (!*text)
			continue;
		if (!first) {
			first = text;
			width = strspn(text, " \t");
		}
		while (same < width && text[same] == first[same])
			same++;
		width = same;
	}
	return width;
}

/* A value that stands below its option: without the blank lines around it and without what all are indented by. */
static void tidy(struct ini_value *value)
{
	size_t width = margin(value), lead = 0;

	while (value->count > 1 && !*value->lines[value->count - 1].text)
		value->count--;
	while (lead < value->count - 1 && !*value->lines[lead].text)
		lead++;
	value->count -= lead;
	if (lead)
		memmove(value->lines, value->lines + lead, value->count * sizeof(*value->lines));
	for (size_t i = 0; i < value->count; i++)
		if (*value->lines[i].text)
			value->lines[i].text += width;
}

static void tidy_all(struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++)
		for (size_t j = 0; j < ini->sections[i].count; j++)
			tidy(&ini->sections[i].options[j].value);
}

/* ---- lines ---- */

/* The next line without its end: a newline, a carriage return or both, as Python reads text. */
static struct span next_line(struct parser *p)
{
	struct span line = { .at = p->at, .end = p->at + strcspn(p->at, "\r\n") };

	p->line++;
	p->at = (char *)line.end;
	if (p->at < p->end && p->at[0] == '\r' && p->at[1] == '\n')
		p->at++;
	if (p->at < p->end)
		p->at++;
	return line;
}

static int take_line(struct parser *p, struct span line)
{
	struct span text = line;

	if (span_len(&line) > 0 && (*line.at == '#' || *line.at == ';'))
		return 0;
	if (span_len(&line) > 0 && ini_space(line.at, line.end) == 0)
		return take_other(p, &line);
	ini_strip_left(&text);
	ini_strip_right(&text);
	if (p->option)
		return take_continuation(p, line);
	if (span_len(&text) == 0 || p->apart)
		return 0;
	return bad_line(p, &text, p->section ? "is indented, but there is no option above it"
					     : "stands before the first [SECTION]");
}

/* A copy of the text that ends with NUL, with the name of its file behind it. */
static int copy(struct parser *p, const char *text, size_t len)
{
	size_t name_size = strlen(p->file) + 1;
	struct ini_text *node = malloc(sizeof(*node));
	char *data = node ? malloc(len + 1 + name_size) : NULL;

	if (!data) {
		free(node);
		return -ENOMEM;
	}
	if (len > 0)
		memcpy(data, text, len);
	data[len] = '\0';
	memcpy(data + len + 1, p->file, name_size);
	*node = (struct ini_text){ .data = data, .file = data + len + 1 };
	p->ini.texts = node;
	p->at = data;
	p->end = data + len;
	return 0;
}

static int parse(struct parser *p)
{
	static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF */
	int r = 0;

	if (!strncmp(p->at, mark, strlen(mark)))
		p->at += strlen(mark);
	while (r == 0 && p->at < p->end) {
		struct span line = next_line(p);

		if (line.end < p->end && *line.end == '\0')
			return fault(p, -EBADMSG, "a NUL byte: this is no text");
		r = take_line(p, line);
	}
	return r;
}

int ini_parse(const char *file, const char *text, size_t len, struct ini *ret, struct ini_fault *ret_fault)
{
	CLEANUP(parser_done) struct parser p = { .file = file, .fault = ret_fault };
	int r = copy(&p, text, len);

	if (r == 0)
		r = parse(&p);
	if (r < 0)
		return r;
	tidy_all(&p.ini);
	*ret = p.ini;
	p.ini = (struct ini){ 0 };
	return 0;
}
