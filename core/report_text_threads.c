/* report_text_threads.c: threads:
 *
 *   ------                       Thread #4711                       ------
 *   worker, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for thread 12, read asleep
 *
 *   (its stack) */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/report.h"
#include "core/report_text_private.h"

enum {
	HEADING_WIDTH = 60,
	NAMED_ALL = 3, /* so many folded threads are all named in the heading, of more the first two */
	NAMED_SOME = 2,
};

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

/* What stands in the way of its stack: that of the native one, where Python's has its place. */
static const char *unread_of(const struct value *thread)
{
	const struct value *native = value_get(thread, "native_stack_trace");
	const char *end = value_string(native ? native : value_get(thread, "stack_trace"), "end", NULL);

	return text_is_not_read(end) ? end : NULL;
}

/* "holds the GIL, its frames may be of several moments" */
static void add_python(struct text *t, size_t begin, const struct value *python)
{
	const char *gil = value_string(python, "gil", "");

	if (!strcmp(gil, "holds"))
		add_part(t, begin, "", "holds the GIL");
	else if (!strcmp(gil, "waits"))
		add_part(t, begin, "", "waits for the GIL");
	if (!value_bool(python, "settled", true))
		add_part(t, begin, "", "ran while it was read: Python's frames may be of several moments");
}

/* "name, sleeping, in futex(0x7f0c) wchan futex_do_wait, waits for thread 12, holds the GIL, read asleep" */
static void add_state(struct text *t, const struct value *thread)
{
	const char *call = value_string(thread, "system_call", NULL), *wchan = value_string(thread, "wchan", NULL);
	const char *unread = unread_of(thread);
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
	add_python(t, begin, value_get(thread, "python"));
	if (unread)
		add_part(t, begin, "", unread);
	else if (read && read->kind != VALUE_STRING)
		add_part(t, begin, "", TEXT_NOT_READ);
	else
		add_part(t, begin, "read ", value_string(thread, "read", NULL));
	if (t->out->len > begin)
		text_add(t, "\n");
}

/* Interpreters of Python that run in this thread, too. */
static void add_interpreters(struct text *t, const struct value *interpreters)
{
	char number[24];
	size_t begin;

	for (const struct value *i = value_first(interpreters); i; i = i->next) {
		begin = t->out->len;
		text_addf(t, "\ninterpreter %s", id_of(value_get(i, "interpreter_id"), number));
		add_python(t, begin, i);
		text_add(t, ":\n");
		text_stack(t, value_get(i, "stack_trace"));
	}
}

void text_threads(struct text *t, const struct value *threads)
{
	for (const struct value *thread = value_first(threads); thread; thread = thread->next) {
		add_thread_heading(t, thread);
		add_state(t, thread);
		text_stack(t, value_get(thread, "stack_trace"));
		add_interpreters(t, value_get(thread, "interpreters"));
		text_native_stack(t, value_get(thread, "native_stack_trace"));
		text_add(t, "\n");
	}
}

/* "alice, waiting", "Task-7, waits for <Future at 0x7f0c>, in thread 12",
 * "greenlet 0x7f0c, suspended, in thread 12, parent 0x7f08" */
static void add_green_state(struct text *t, const struct value *green)
{
	const char *waits = value_string(green, "waits_for", NULL), *unread = unread_of(green);
	const struct value *thread = value_get(green, "thread_id");
	size_t begin = t->out->len;
	char number[24];

	add_part(t, begin, "", value_string(green, "name", NULL));
	if (waits)
		add_part(t, begin, "waits for ", waits);
	else
		add_part(t, begin, "", value_string(green, "state", NULL));
	if (thread && thread->kind != VALUE_NULL)
		add_part(t, begin, "in thread ", id_of(thread, number));
	add_part(t, begin, "parent ", value_string(green, "parent", NULL));
	add_part(t, begin, "", unread);
	if (t->out->len > begin)
		text_add(t, "\n");
}

void text_green_threads(struct text *t, const struct value *threads)
{
	if (!value_first(threads))
		text_add(t, "No green threads are known in this process.\n");
	for (const struct value *thread = value_first(threads); thread; thread = thread->next) {
		if (is_folded(value_get(thread, "names")))
			add_folded_heading(t, "Green Threads", "", value_get(thread, "names"));
		else
			add_heading(t, " Green Thread ");
		add_green_state(t, thread);
		text_stack(t, value_get(thread, "stack_trace"));
		text_add(t, "\n");
	}
}
