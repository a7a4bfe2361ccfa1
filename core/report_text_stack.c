/* report_text_stack.c: one stack:
 *
 *   Exception: KeyError: id
 *   ------------------------------------
 *
 *
 *   /srv/app/main.py:12 in main
 *       `run(pool)`
 *           pool = 'db' (str)
 *
 *   /usr/lib/libc.so.6+0x8a3f1 in ??
 *       (source not found)
 *
 * and one that stands below it:
 *
 *   native:
 *       /usr/bin/python3.11+0x2a6f80 in Py_BytesMain
 *       /src/main.c:12 in main
 *           `run(&pool);` */
#include <inttypes.h>
#include <string.h>

#include "core/report.h"
#include "core/report_text_private.h"

bool text_is_not_read(const char *end)
{
	return end && !strncmp(end, TEXT_NOT_READ, strlen(TEXT_NOT_READ));
}

/* FILE:LINE, or MODULE+0xOFFSET, or the bare address. */
static void add_where(struct text *t, const struct value *line)
{
	const char *file = value_string(line, "filename", NULL), *module = value_string(line, "module", NULL);
	const struct value *number = value_get(line, "line"), *offset = value_get(line, "offset");

	if (file) {
		text_add(t, file);
		text_add(t, ":");
		if (number && number->kind == VALUE_INT)
			text_scalar(t, number);
		else
			text_add(t, "?");
		return;
	}
	text_add(t, module ? module : value_string(line, "address", "??"));
	if (module && offset && offset->kind == VALUE_INT)
		text_addf(t, "+0x%" PRIx64, (uint64_t)offset->integer);
	else if (module && offset && offset->kind == VALUE_STRING)
		text_addf(t, "+%s", offset->string);
}

/* With --locals: name, value where there is one, type. */
static void add_locals(struct text *t, const struct value *line)
{
	for (const struct value *local = value_first(value_get(line, "locals")); local; local = local->next) {
		const char *value = value_string(local, "value", NULL);

		text_add(t, "        ");
		text_add(t, value_string(local, "name", "?"));
		text_add(t, value ? " = " : "");
		text_add(t, value ? value : "");
		text_addf(t, " (%s)\n", value_string(local, "type", "?"));
	}
	if (value_bool(line, "locals_cut", false))
		text_add(t, "        ... and more\n");
}

static void add_line(struct text *t, const struct value *line)
{
	const char *code = value_string(line, "code", "");

	text_add(t, "\n");
	add_where(t, line);
	text_add(t, " in ");
	text_add(t, value_string(line, "name", "??"));
	text_add(t, *code ? "\n    `" : "\n    (source not found");
	text_add(t, code);
	text_add(t, *code ? "`\n" : ")\n");
	add_locals(t, line);
}

/* A string, or { "type", "value" }, or { "type", "args" }. */
static void add_exception(struct text *t, const struct value *exception)
{
	const char *value = value_string(exception, "args", value_string(exception, "value", ""));

	if (!exception || exception->kind == VALUE_NULL)
		return;
	text_add(t, "Exception: ");
	if (exception->kind == VALUE_MAP)
		text_addf(t, "%s: %s", value_string(exception, "type", "?"), value);
	else
		text_scalar(t, exception);
	text_add(t, "\n------------------------------------\n\n");
}

/* The words of JSON and XML (core/report.h), for a person. */
static const char *end_words(const char *end)
{
	if (!strcmp(end, "short"))
		return "nothing tells who called";
	if (!strcmp(end, "short, not stopped"))
		return "without a stop nothing tells who called";
	if (!strcmp(end, "truncated"))
		return "the stack was too long to be copied";
	if (!strcmp(end, "truncated: more frames than we take"))
		return end + strlen("truncated: ");
	return end;
}

void text_stack(struct text *t, const struct value *stack)
{
	const struct value *lines = value_get(stack, "lines");
	const char *end = value_string(stack, "end", NULL);

	add_exception(t, value_get(stack, "root_exception"));
	if (end && !strcmp(end, REPORT_IN_THREADS)) {
		text_add(t, "\n(its frames are those of that thread)\n");
		return;
	}
	if (!value_first(lines))
		text_add(t, "\nNo Traceback!\n");
	for (const struct value *line = value_first(lines); line; line = line->next)
		add_line(t, line);
	if (end && !text_is_not_read(end))
		text_addf(t, "\n(%s missing: %s)\n", value_first(lines) ? "outer frames are" : "its frames are",
			  end_words(end));
}

/* Without the lines of source that are not there, which are most. */
void text_native_stack(struct text *t, const struct value *stack)
{
	const char *end = value_string(stack, "end", NULL);

	if (!stack || text_is_not_read(end))
		return;
	text_add(t, "\nnative:\n");
	for (const struct value *line = value_first(value_get(stack, "lines")); line; line = line->next) {
		const char *code = value_string(line, "code", NULL);

		text_add(t, "    ");
		add_where(t, line);
		text_add(t, " in ");
		text_add(t, value_string(line, "name", "??"));
		text_add(t, code ? "\n        `" : "");
		text_add(t, code ? code : "");
		text_add(t, code ? "`\n" : "\n");
	}
	if (end)
		text_addf(t, "    (outer frames are missing: %s)\n", end_words(end));
}
