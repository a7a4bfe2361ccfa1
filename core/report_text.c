/* report_text.c: a report as text:
 *
 *   ========================================================================
 *   ====                        Guru Meditation                         ====
 *   ========================================================================
 *   ||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||
 *   procguard 0.1.0, 2026-11-21T20:00:00Z, host web1, pid 4711, complete
 *
 *
 *   ========================================================================
 *   ====                            Package                             ====
 *   ========================================================================
 *   product = postgres
 *
 * Nothing here trusts the shape of the report: what is missing is left out, what is of another kind is shown as keys
 * and values. */
#include "core/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/report_text_private.h"

#define RULE "========================================================================\n"
#define BAR  "||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||\n"

enum { TITLE_WIDTH = 64, PROCESS_STEP = 4 };

static const char *const package_first[] = { "product", "vendor", "version", NULL };
static const struct text_keys package_keys = { .map_mark = " = ", .first = package_first };
static const struct text_keys sorted_keys = { .map_mark = " = ", .sort = true };
static const struct text_keys configuration_keys = { .map_mark = ": ", .blank_before = true, .sort = true };

/* --- adding --- */

void text_add(struct text *t, const char *string)
{
	if (!t->error)
		t->error = buf_adds(t->out, string);
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!t->error)
		t->error = buf_vprintf(t->out, format, args);
	va_end(args);
}

void text_pad(struct text *t, size_t blanks)
{
	if (blanks > 0)
		text_addf(t, "%*s", (int)blanks, "");
}

/* Its characters; it is UTF-8 (core/value.h). */
static size_t width_of(const char *string)
{
	size_t width = 0;

	for (; *string; string++)
		if (((unsigned char)*string & 0xc0) != 0x80)
			width++;
	return width;
}

void text_centre(struct text *t, const char *string, size_t width)
{
	size_t taken = width_of(string), blanks = taken < width ? width - taken : 0;

	text_pad(t, blanks / 2);
	text_add(t, string);
	text_pad(t, blanks - blanks / 2);
}

void text_scalar(struct text *t, const struct value *value)
{
	char number[24];

	switch (value->kind) {
	case VALUE_BOOL:
		text_add(t, value->boolean ? "True" : "False");
		break;
	case VALUE_INT:
		snprintf(number, sizeof(number), "%" PRId64, value->integer);
		text_add(t, number);
		break;
	case VALUE_STRING:
		text_add(t, value->string);
		break;
	default:
		text_add(t, "None");
	}
}

/* --- sections --- */

static void add_package(struct text *t, const struct value *package)
{
	text_values(t, package, &package_keys);
}

static void add_configuration(struct text *t, const struct value *configuration)
{
	text_values(t, configuration, &configuration_keys);
}

/* A field of a process, or `None`. */
static void add_field(struct text *t, const char *before, const struct value *field)
{
	text_add(t, before);
	text_scalar(t, field ? field : &(struct value){ .kind = VALUE_NULL });
}

/* Process 12 (under 1) [ run by: root (0), state: sleeping ]
 *     Process 13 (under 12) [ ... ]
 *
 * Two levels of the tree for each of the processes, so at most VALUE_DEPTH_MAX / 2 deep. */
static void add_process(struct text *t, const struct value *process, size_t indent)
{
	const struct value *real = value_get(value_get(process, "uids"), "real");

	text_pad(t, indent);
	add_field(t, "Process ", value_get(process, "pid"));
	add_field(t, " (under ", value_get(process, "parent_pid"));
	add_field(t, ") [ run by: ", value_get(process, "username"));
	if (real && real->kind == VALUE_INT)
		add_field(t, " (", real);
	else
		text_add(t, " (unknown uid");
	add_field(t, "), state: ", value_get(process, "state"));
	text_add(t, " ]\n");
	for (const struct value *c = value_first(value_get(process, "children")); c; c = c->next)
		add_process(t, c, indent + PROCESS_STEP);
}

static void add_processes(struct text *t, const struct value *process)
{
	add_process(t, process, 0);
	text_add(t, "\n");
}

/* A section that a program has registered, or one of ours in a shape that it should not have. A list is lines. */
static void add_other(struct text *t, const struct value *section)
{
	if (section->kind == VALUE_MAP || section->kind == VALUE_LIST) {
		text_values(t, section, &sorted_keys);
		return;
	}
	text_scalar(t, section);
	text_add(t, "\n");
}

static void add_body(struct text *t, const struct value *section)
{
	static const struct {
		const char *title;
		enum value_kind kind;
		void (*add)(struct text *t, const struct value *section);
	} views[] = {
		{ REPORT_PACKAGE, VALUE_MAP, add_package },
		{ REPORT_THREADS, VALUE_LIST, text_threads },
		{ REPORT_GREEN_THREADS, VALUE_LIST, text_green_threads },
		{ REPORT_PROCESSES, VALUE_MAP, add_processes },
		{ REPORT_CONFIGURATION, VALUE_MAP, add_configuration },
	};

	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		if (!strcmp(section->key, views[i].title) && section->kind == views[i].kind) {
			views[i].add(t, section);
			return;
		}
	}
	add_other(t, section);
}

/* --- what stands above them --- */

static void add_title(struct text *t, const char *title)
{
	text_add(t, RULE "====");
	text_centre(t, title, TITLE_WIDTH);
	text_add(t, "====\n" RULE);
}

/* Does ENTRY, of "denied" or "notes", belong to SECTION; NULL: to none that REPORT has? */
static bool belongs(const struct value *entry, const struct value *report, const char *section)
{
	const char *its = value_string(entry, "section", "");

	return section ? !strcmp(its, section) : !strcmp(its, "report") || !value_get(report, its);
}

/* "cannot read stacks: it is being traced by 12 (end that)", and what else a person should know. True: something could
 * not be read. */
static bool add_notes(struct text *t, const struct value *report, const char *section)
{
	const struct value *about = value_get(report, "report"), *entry;
	const char *remedy;
	bool is_denied = false;

	for (entry = value_first(value_get(about, "denied")); entry; entry = entry->next) {
		if (!belongs(entry, report, section))
			continue;
		is_denied = true;
		remedy = value_string(entry, "remedy", "");
		text_addf(t, "cannot read %s: ", value_string(entry, "what", "?"));
		text_add(t, value_string(entry, "reason", "?"));
		text_addf(t, *remedy ? " (%s)\n" : "%s\n", remedy);
	}
	for (entry = value_first(value_get(about, "notes")); entry; entry = entry->next)
		if (belongs(entry, report, section))
			text_addf(t, "%s\n", value_string(entry, "text", ""));
	return is_denied;
}

/* "deadlock: 12 -> 14 -> 12" */
static void add_deadlocks(struct text *t, const struct value *deadlocks)
{
	const struct value *cycle, *thread;

	for (cycle = value_first(deadlocks); cycle; cycle = cycle->next) {
		if (!value_first(cycle))
			continue;
		text_add(t, "deadlock: ");
		for (thread = value_first(cycle); thread; thread = thread->next) {
			text_scalar(t, thread);
			text_add(t, " -> ");
		}
		text_scalar(t, value_first(cycle));
		text_add(t, "\n");
	}
}

static void add_head(struct text *t, const struct value *report)
{
	const struct value *about = value_get(report, "report"), *complete = value_get(about, "complete");
	const struct value *pid = value_get(about, "pid");

	add_title(t, "Guru Meditation");
	text_add(t, BAR);
	if (about) {
		text_addf(t, "procguard %s, %s, host %s", value_string(about, "version", "?"),
			  value_string(about, "time", "?"), value_string(about, "host", "?"));
		add_field(t, ", pid ", pid);
		text_add(t, complete && complete->kind == VALUE_BOOL && complete->boolean ? ", complete\n" :
											     ", incomplete\n");
		(void)add_notes(t, report, NULL);
	}
	text_add(t, "\n\n");
}

static void add_section(struct text *t, const struct value *report, const struct value *section)
{
	bool is_denied;
	size_t begin;

	add_title(t, section->key);
	begin = t->out->len;
	is_denied = add_notes(t, report, section->key);
	if (!strcmp(section->key, REPORT_THREADS))
		add_deadlocks(t, value_get(value_get(report, "report"), "deadlocks"));
	if (!is_denied || section->kind != VALUE_LIST || value_first(section)) /* of what it has none, nobody knows */
		add_body(t, section);
	if (t->out->len == begin)
		text_add(t, "\n");
}

int report_text(const struct value *report, struct buf *ret)
{
	struct text t = { .out = ret };
	size_t before = ret->len;

	add_head(&t, report);
	for (const struct value *section = value_first(report); section; section = section->next)
		if (section->key && strcmp(section->key, "report") != 0)
			add_section(&t, report, section);
	if (t.error && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return t.error;
}
