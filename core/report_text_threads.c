/* report_text_threads.c: threads and their stacks:
 *
 *   ------                       Thread #4711                       ------
 *   worker, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for thread 12, read asleep
 *
 *   /src/main.c:12 in main
 *       `run(&pool);`
 *
 *   /usr/lib/libc.so.6+0x8a3f1 in ??
 *       (source not found) */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/report.h"
#include "core/report_text_private.h"

#define NOT_READ "not read"

enum {
	HEADING_WIDTH = 60,
	NAMED_ALL = 3, /* so many folded threads are all named in the heading, of more the first two */
	NAMED_SOME = 2,
};

static const char *end_of(const struct value *stack)
{
	return value_string(stack, "end", NULL);
}

static bool is_not_read(const char *end)
{
	return end && !strncmp(end, NOT_READ, strlen(NOT_READ));
}

/* --- a stack --- */

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
}

/* A string, or { "type", "value" }. */
static void add_exception(struct text *t, const struct value *exception)
{
	if (!exception || exception->kind == VALUE_NULL)
		return;
	text_add(t, "Exception: ");
	if (exception->kind == VALUE_MAP)
		text_addf(t, "%s: %s", value_string(exception, "type", "?"), value_string(exception, "value", ""));
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
	return end;
}

static void add_stack(struct text *t, const struct value *stack)
{
	const struct value *line = value_first(value_get(stack, "lines"));
	const char *end = end_of(stack);

	add_exception(t, value_get(stack, "root_exception"));
	if (end && !strcmp(end, REPORT_IN_THREADS)) {
		text_add(t, "\n(its frames are those of that thread)\n");
		return;
	}
	if (!line)
		text_add(t, "\nNo Traceback!\n");
	for (; line; line = line->next)
		add_line(t, line);
	if (end && !is_not_read(end))
		text_addf(t, "\n(outer frames are missing: %s)\n", end_words(end));
}

/* --- a thread --- */

static void add_heading(struct text *t, const char *heading)
{
	text_add(t, "------");
	text_centre(t, heading, HEADING_WIDTH);
	text_add(t, "------\n");
}

/* A thread's number, as text if it comes as text: `%s`, which has room for it. */
static const char *id_of(const struct value *id, char number[static 24])
{
	if (id && id->kind == VALUE_STRING)
		return id->string;
	if (!id || id->kind != VALUE_INT)
		return "?";
	snprintf(number, 24, "%" PRId64, id->integer);
	return number;
}

static bool is_folded(const struct value *ids)
{
	return ids && ids->kind == VALUE_LIST && ids->count > 1;
}

/* " Threads #5, #6 and 498 more ", " Green Threads alice, bob, ? " */
static void add_folded_heading(struct text *t, const char *what, const char *mark, const struct value *ids)
{
	size_t named = ids->count <= NAMED_ALL ? ids->count : NAMED_SOME, n = 0;
	struct buf heading = BUF(4096);
	struct text part = { .out = &heading };
	char number[24];

	text_addf(&part, " %s ", what);
	for (const struct value *id = value_first(ids); id && n < named; id = id->next, n++)
		text_addf(&part, "%s%s%s", n ? ", " : "", mark, id_of(id, number));
	if (n < ids->count)
		text_addf(&part, " and %zu more", ids->count - n);
	text_add(&part, " ");
	if (part.error)
		t->error = t->error ? t->error : part.error;
	else
		add_heading(t, heading.data);
	buf_done(&heading);
}

static void add_thread_heading(struct text *t, const struct value *thread)
{
	const struct value *ids = value_get(thread, "thread_ids");
	char number[24], heading[64];

	if (is_folded(ids)) {
		add_folded_heading(t, "Threads", "#", ids);
		return;
	}
	snprintf(heading, sizeof(heading), " Thread #%s ", id_of(value_get(thread, "thread_id"), number));
	add_heading(t, heading);
}

/* A part of the line below a heading; BEFORE comes first, and ", " behind the part before it. */
static void add_part(struct text *t, size_t begin, const char *before, const char *part)
{
	if (!part)
		return;
	if (t->out->len > begin)
		text_add(t, ", ");
	text_add(t, before);
	text_add(t, part);
}

/* "name, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for thread 12, read asleep" */
static void add_state(struct text *t, const struct value *thread)
{
	const char *call = value_string(thread, "system_call", NULL), *wchan = value_string(thread, "wchan", NULL);
	const char *end = end_of(value_get(thread, "stack_trace"));
	const struct value *owner = value_get(thread, "waits_for"), *read = value_get(thread, "read");
	size_t begin = t->out->len;
	char number[24];

	add_part(t, begin, "", value_string(thread, "name", NULL));
	add_part(t, begin, "", value_string(thread, "state", NULL));
	add_part(t, begin, "in ", call);
	if (call && wchan)
		text_addf(t, " wchan %s", wchan);
	else
		add_part(t, begin, "wchan ", wchan);
	if (owner && owner->kind != VALUE_NULL)
		add_part(t, begin, "waits for thread ", id_of(owner, number));
	if (is_not_read(end))
		add_part(t, begin, "", end);
	else if (read && read->kind != VALUE_STRING)
		add_part(t, begin, "", NOT_READ);
	else
		add_part(t, begin, "read ", value_string(thread, "read", NULL));
	if (t->out->len > begin)
		text_add(t, "\n");
}

void text_threads(struct text *t, const struct value *threads)
{
	for (const struct value *thread = value_first(threads); thread; thread = thread->next) {
		add_thread_heading(t, thread);
		add_state(t, thread);
		add_stack(t, value_get(thread, "stack_trace"));
		text_add(t, "\n");
	}
}

/* What a green thread is called, and what it does, is up to who knows its kind: the same keys as a thread's. */
void text_green_threads(struct text *t, const struct value *threads)
{
	if (!value_first(threads))
		text_add(t, "No green threads are known in this process.\n");
	for (const struct value *thread = value_first(threads); thread; thread = thread->next) {
		if (is_folded(value_get(thread, "names")))
			add_folded_heading(t, "Green Threads", "", value_get(thread, "names"));
		else
			add_heading(t, " Green Thread ");
		add_state(t, thread);
		add_stack(t, value_get(thread, "stack_trace"));
		text_add(t, "\n");
	}
}
