#include "applets/gmr/stated.h"

#include <inttypes.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/report.h"

enum {
	TREE_MAX = 64 << 20, /* of STATEMENT_TOTAL_MAX bytes, which may be keys and values of a byte each */
	KEY_MAX = 8 * STATEMENT_TITLE_MAX,
	STACK_MAX = 64 << 10,
};

void stated_read(int fd, int64_t deadline_ns, struct stated *ret)
{
	*ret = (struct stated){ .tree = VALUE_TREE(TREE_MAX) };
	ret->sections = value_add_map(&ret->tree, &ret->tree.root, "sections");
	ret->notes = value_add_list(&ret->tree, &ret->tree.root, "notes");
	ret->error = statement_read(fd, deadline_ns, &ret->tree, ret->sections, ret->notes, ret->late,
				    STATEMENT_SECTIONS_MAX, &ret->late_count);
}

void stated_done(struct stated *stated)
{
	if (stated)
		value_tree_done(&stated->tree);
}

bool stated_is_late(const struct stated *stated, pid_t tid)
{
	for (size_t i = 0; stated && i < stated->late_count; i++)
		if (stated->late[i].tid == tid)
			return true;
	return false;
}

/* --- a generator that is late --- */

/* As keys are in a tree. */
static bool is_titled(const struct statement_late *late, const char *key)
{
	CLEANUP(buf_done) struct buf title = BUF(KEY_MAX);

	return buf_add_escaped(&title, late->title, strlen(late->title), false) == 0 && title.data &&
	       !strcmp(title.data, key);
}

static const struct statement_late *find_late(const struct stated *stated, const char *key)
{
	for (size_t i = 0; i < stated->late_count; i++)
		if (is_titled(&stated->late[i], key))
			return &stated->late[i];
	return NULL;
}

static const struct value *stack_of(pid_t tid, const struct capture *capture, const struct decoded *decoded)
{
	for (size_t i = 0; capture && decoded && i < capture->thread_count && i < decoded->count; i++)
		if (capture->threads[i].tid == tid)
			return decoded->stacks[i];
	return NULL;
}

/* "  /src/queue.c:12 in wait_for_all", "  /usr/lib/libc.so.6+0x8a3f1 in ??" */
static void add_line(const struct value *line, struct buf *ret)
{
	const char *file = value_string(line, "filename", NULL), *name = value_string(line, "name", "??");

	if (file)
		(void)buf_printf(ret, "\n  %s:%" PRId64 " in %s", file, value_int(line, "line", 0), name);
	else
		(void)buf_printf(ret, "\n  %s+0x%" PRIx64 " in %s", value_string(line, "module", "??"),
				 (uint64_t)value_int(line, "offset", 0), name);
}

/* "did not answer: thread 4713 is still in it", and the lines of that one's stack, outermost first. */
static void add_late(struct gmr_report *report, const struct value *section, const struct statement_late *late,
		     const struct capture *capture, const struct decoded *decoded)
{
	CLEANUP(buf_done) struct buf text = BUF(STACK_MAX);
	const struct value *line = value_first(value_get(stack_of(late->tid, capture, decoded), "lines"));

	(void)buf_printf(&text, "%s: thread %d is still in it", section->string, (int)late->tid);
	for (; line; line = line->next)
		add_line(line, &text);
	if (text.data)
		value_add_text(&report->tree, &report->tree.root, section->key, text.data, text.len);
}

/* --- all of it --- */

static bool is_own(const char *title)
{
	static const char *const own[] = {
		"report", REPORT_PACKAGE, REPORT_THREADS, REPORT_GREEN_THREADS, REPORT_PROCESSES, REPORT_CONFIGURATION,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (!strcmp(title, own[i]))
			return true;
	return false;
}

static void add_section(struct gmr_report *report, const struct value *section, const struct stated *stated,
			const struct capture *capture, const struct decoded *decoded)
{
	const struct statement_late *late = section->kind == VALUE_STRING ? find_late(stated, section->key) : NULL;

	if (is_own(section->key) || value_get(&report->tree.root, section->key)) {
		report->incomplete = true;
		section_note(report, "report", "the program's own section '%s' is left out: there is one of that name",
			     section->key);
	} else if (late) {
		report->incomplete = true;
		add_late(report, section, late, capture, decoded);
	} else {
		value_add_copy(&report->tree, &report->tree.root, section->key, section);
	}
}

void stated_add(struct gmr_report *report, const struct stated *stated, const struct capture *capture,
		const struct decoded *decoded)
{
	if (stated->error || stated->tree.error)
		report->incomplete = true;
	for (const struct value *v = value_first(stated->sections); v; v = v->next)
		add_section(report, v, stated, capture, decoded);
	for (const struct value *v = value_first(stated->notes); v; v = v->next)
		if (v->kind == VALUE_STRING)
			section_note(report, "report", "%s", v->string);
}
