/* green_python.c: see green_private.h: greenlets and tasks of a CPython process (decode.h: decoded_python). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/fold.h"
#include "applets/gmr/green_private.h"
#include "core/cleanup.h"
#include "core/report.h"

struct greens {
	struct gmr_report *report;
	const struct capture *capture;
	const struct value **all; /* in the order in which they are shown */
	size_t count;
	size_t *next;             /* by index: the next one that is folded with it, or itself */
};

/* A task that runs: its frames are its thread's. */
static bool is_running(const struct value *green)
{
	return value_bool(green, "running", false);
}

static bool item_to_fold(const void *context, size_t index, struct fold_item *ret)
{
	const struct value *green = ((const struct greens *)context)->all[index];

	ret->stack = value_get(green, "stack_trace");
	ret->other = value_int(green, "thread", -1) * 2 + (*value_string(green, "green", "") == 't');
	return !is_running(green);
}

/* In this order they are shown. */
enum rank { MAIN_GREENLET, OTHER_GREENLET, TASK };

/* A main greenlet has no parent. */
static enum rank rank(const struct value *green)
{
	const struct value *parent = value_get(green, "parent");

	if (*value_string(green, "green", "") == 't')
		return TASK;
	return parent && parent->kind == VALUE_INT ? OTHER_GREENLET : MAIN_GREENLET;
}

/* --- one of them --- */

/* "Task-7", "greenlet 0x7f3120c1b4c0", "main greenlet 0x7f3120c1b4d8" */
static void add_name(const struct greens *greens, const struct value *green, struct value *in, const char *key)
{
	const char *name = value_string(green, "name", NULL);

	if (name && *name)
		section_masked(&greens->report->tree, in, key, name, strlen(name));
	else
		value_add_format(&greens->report->tree, in, key, "%s%s 0x%" PRIx64,
				 rank(green) == MAIN_GREENLET ? "main " : "", value_string(green, "green", "?"),
				 (uint64_t)value_int(green, "id", 0));
}

static void add_names(const struct greens *greens, size_t first, struct value *entry)
{
	struct value *names;

	if (greens->next[first] == first)
		return;
	names = value_add_list(&greens->report->tree, entry, "names");
	for (size_t i = first;; i = greens->next[i]) {
		add_name(greens, greens->all[i], names, NULL);
		if (greens->next[i] == i)
			return;
	}
}

/* What KEY is of all that are folded with FIRST, else NULL. */
static const struct value *common(const struct greens *greens, size_t first, const char *key)
{
	const struct value *value = value_get(greens->all[first], key);

	for (size_t i = first; value && greens->next[i] != i; i = greens->next[i]) {
		const struct value *other = value_get(greens->all[greens->next[i]], key);

		if (!other || !value_equal(value, other))
			return NULL;
	}
	return value;
}

static void add_parent(const struct greens *greens, size_t index, struct value *entry)
{
	const struct value *parent = common(greens, index, "parent");

	if (parent && parent->kind == VALUE_INT)
		value_add_format(&greens->report->tree, entry, "parent", "0x%" PRIx64, (uint64_t)parent->integer);
	else
		value_add_null(&greens->report->tree, entry, "parent");
}

static void add_thread(const struct greens *greens, const struct value *green, struct value *entry)
{
	int64_t index = value_int(green, "thread", -1);

	if (index >= 0 && (size_t)index < greens->capture->thread_count)
		value_add_int(&greens->report->tree, entry, "thread_id", greens->capture->threads[index].tid);
	else
		value_add_null(&greens->report->tree, entry, "thread_id");
}

static void add_green(const struct greens *greens, size_t index, struct value *list)
{
	const struct value *green = greens->all[index], *waits = common(greens, index, "waits");
	struct value_tree *tree = &greens->report->tree;
	struct value *entry = value_add_map(tree, list, NULL);

	add_name(greens, green, entry, "name");
	add_names(greens, index, entry);
	value_add_string(tree, entry, "kind", value_string(green, "green", NULL));
	value_add_format(tree, entry, "id", "0x%" PRIx64, (uint64_t)value_int(green, "id", 0));
	value_add_string(tree, entry, "state", is_running(green) ? "running" : "suspended");
	if (value_string(value_get(green, "stack_trace"), "end", NULL))
		greens->report->incomplete = true;
	section_masked(tree, entry, "waits_for", waits && waits->kind == VALUE_STRING ? waits->string : NULL,
		       waits ? waits->count : 0);
	add_parent(greens, index, entry);
	add_thread(greens, green, entry);
	section_stack(greens->report, entry, "stack_trace", is_running(green) ? NULL : value_get(green, "stack_trace"),
		      REPORT_IN_THREADS);
}

/* --- their order --- */

/* Those of no thread that is known are the last of their kind. */
static int in_order(const void *one, const void *other)
{
	const struct value *a = *(const struct value *const *)one, *b = *(const struct value *const *)other;
	uint64_t thread_a = (uint64_t)value_int(a, "thread", -1), thread_b = (uint64_t)value_int(b, "thread", -1);
	uint64_t id_a = (uint64_t)value_int(a, "id", 0), id_b = (uint64_t)value_int(b, "id", 0);

	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	if (thread_a != thread_b)
		return thread_a < thread_b ? -1 : 1;
	return (id_a > id_b) - (id_a < id_b);
}

/* --- all of them --- */

static void say_rest(struct gmr_report *report, const struct decoded *decoded)
{
	const struct decoded_python *python = &decoded->python;

	if (python->greens_rest)
		section_note(report, REPORT_GREEN_THREADS, "greenlets without frames, which are not shown: %zu "
			     "(running, not started, or finished)", python->greens_rest);
	if (python->greens_why[0]) {
		report->incomplete = true;
		section_note(report, REPORT_GREEN_THREADS, "Python: %s", python->greens_why);
	}
	if (python->green_count > 0 && !python->settled) {
		report->incomplete = true;
		section_note(report, REPORT_GREEN_THREADS, "the process ran while these were read: stacks of greenlets "
			     "and tasks may be of different moments");
	}
	if (python->has_greens && !python->is_whole) {
		report->incomplete = true;
		section_note(report, REPORT_GREEN_THREADS, python->green_count > 0 ?
			     "there are more greenlets and tasks than these: %s" :
			     "greenlets and tasks could not be read: %s", decoded->why);
	}
}

void green_python_add(struct gmr_report *report, const struct capture *capture, const struct decoded *decoded,
		      const struct sections_options *options, struct value *list)
{
	size_t count = decoded->python.green_count, i = 0;
	CLEANUP(free_done) const struct value **all = calloc(count + 1, sizeof(*all));
	CLEANUP(free_done) size_t *next = calloc(count + 1, sizeof(*next));
	CLEANUP(free_done) bool *is_first = calloc(count + 1, sizeof(*is_first));
	const struct greens greens = { report, capture, all, count, next };

	say_rest(report, decoded);
	if (!all || !next || !is_first) {
		report->incomplete = true;
		section_note(report, REPORT_GREEN_THREADS, "out of memory");
		return;
	}
	for (const struct value *v = value_first(decoded->python.greens); v && i < count; v = v->next, i++) {
		all[i] = v;
		next[i] = i;
		is_first[i] = true;
	}
	qsort(all, count, sizeof(*all), in_order);
	if (options->fold)
		(void)fold_stacks(item_to_fold, &greens, count, next, is_first);
	for (i = 0; i < count; i++)
		if (is_first[i])
			add_green(&greens, i, list);
}
